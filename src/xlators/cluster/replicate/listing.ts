import { type Dict, EMPTY_DICT } from '../../../fop/dict.js';
import { type FopError, isErrno } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { Dirent, DirentPlus, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import { NO_IATT } from '../../../fop/iatt.js';
import { outcomeOf } from '../../../fop/wind.js';
import { compareCookies } from './cookies.js';
import type { Copies } from './copies.js';
import type { Examiner } from './examiner.js';
import { MergedListing } from './merged-listing.js';
import type { OpenFds } from './open-fds.js';
import { type ReadPolicy, readOrder } from './read-order.js';
import type { Reader } from './reader.js';
import type { Replica } from './replica.js';

type ListFop = 'readdir' | 'readdirp';

/** Where a listing was begun, and the entries that were told last. */
interface Position {
  readonly child: number;
  readonly entries: readonly Dirent[];
}

/** Entries of one reply that are looked up at the same time. */
const MAX_PARALLEL = 16;
const SCAN_BYTES = 128 * 1024;

/**
 * readdir and readdirp: a listing is read at one child from its beginning to its end, since a cookie is a place in one
 * brick's order. Bricks of this engine have one order, by a hash of the names; so when that child is lost, a listing goes
 * on at another one whose cookies are seen to be the same, and fails where they are not. Where no copy is right, the names of
 * all of them are told.
 */
export class Listing {
  private readonly positions = new WeakMap<Fd, Position>();
  private readonly merged: MergedListing;

  constructor(
    private readonly replica: Replica,
    private readonly reader: Reader,
    private readonly examiner: Examiner,
    private readonly fds: OpenFds,
    private readonly policy: ReadPolicy,
  ) {
    this.merged = new MergedListing(examiner, fds);
  }

  async readdir(request: Request<'readdir'>, frame: Frame): Promise<Reply<'readdir'>> {
    const merged = await this.mergedPart(request, frame);
    if (merged) return merged;
    return this.list('readdir', request, frame);
  }

  /** Attributes are told of entries whose copy at that child is good; of others the caller has to ask. */
  async readdirp(request: Request<'readdirp'>, frame: Frame): Promise<Reply<'readdirp'>> {
    const merged = await this.mergedPart(request, frame);
    if (merged) return merged;
    const reply = await this.list('readdirp', request, frame);
    const child = this.positions.get(request.fd)?.child ?? -1;
    const entries = [...reply.entries];
    const indexes = [...entries.keys()];
    const worker = async (): Promise<void> => {
      for (let index = indexes.pop(); index !== undefined; index = indexes.pop()) {
        const entry = entries[index];
        if (entry) entries[index] = await this.checked(entry, child, request.xdata, frame);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, entries.length) }, worker));
    return { ...reply, entries };
  }

  private async mergedPart(request: Request<'readdir'>, frame: Frame) {
    this.fds.check(request.fd);
    await this.replica.ready();
    return this.merged.part(request, frame);
  }

  private async checked(
    entry: DirentPlus,
    child: number,
    asked: Dict,
    frame: Frame,
  ): Promise<DirentPlus> {
    const { gfid } = entry.stat;
    if (gfid === NULL_GFID) return entry;
    const copies = await this.examiner.copiesOf(gfid, frame);
    const isGood = copies?.data.includes(child) && copies.metadata.includes(child);
    if (!copies || !isGood || this.isReadElsewhere(child, gfid, copies))
      return { ...entry, stat: NO_IATT, dict: EMPTY_DICT };
    const { keys } = this.replica.settings;
    return { ...entry, dict: keys.strip(entry.dict, asked) ?? EMPTY_DICT };
  }

  private isReadElsewhere(child: number, gfid: Gfid, copies: Copies): boolean {
    if (!this.replica.settings.isMetadataConsistent) return false;
    return readOrder(copies, 'data', gfid, this.policy)[0] !== child;
  }

  private async list<F extends ListFop>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd, offset } = request as Request<'readdir'>;
    this.fds.check(fd);
    const position = this.positions.get(fd);
    if (offset === 0n || position === undefined)
      return this.reader.readWith('data', fd.gfid, frame, (child) =>
        this.part(child, fop, request, frame),
      );
    await this.replica.ready();
    const outcome = await outcomeOf(this.part(position.child, fop, request, frame));
    if ('reply' in outcome) return outcome.reply;
    if (!isErrno(outcome.error, 'ENOTCONN', 'EIO', 'EBADF')) throw outcome.error;
    return this.goOn(position, outcome.error, fop, request, frame);
  }

  /** One reply of one child, after which the listing stays there. */
  private async part<F extends ListFop>(
    child: number,
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd } = request as Request<'readdir'>;
    const reply = await this.fds.wind(child, fop, fd, request, frame);
    const entries: readonly Dirent[] = (reply as Reply<'readdir'>).entries;
    this.positions.set(fd, { child, entries: entries.map(nameAndCookie) });
    return reply;
  }

  /** Continues at a good copy whose cookies are those of the child that was lost. */
  private async goOn<F extends ListFop>(
    position: Position,
    lost: FopError,
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd } = request as Request<'readdir'>;
    return this.reader.readWith('data', fd.gfid, frame, async (child) => {
      if (child === position.child) throw lost;
      if (!(await this.hasSameCookies(child, position, fd, frame))) throw lost;
      return this.part(child, fop, request, frame);
    });
  }

  private async hasSameCookies(
    child: number,
    { entries }: Position,
    fd: Fd,
    frame: Frame,
  ): Promise<boolean> {
    for (let offset = 0n; ; ) {
      const request = { fd, offset, size: SCAN_BYTES, xdata: null };
      const part = await this.fds.wind(child, 'readdir', fd, request, frame);
      const same = compareCookies(entries, part.entries);
      if (same !== 'unknown') return same === 'same';
      const last = part.entries.at(-1);
      if (part.isEof || last === undefined || last.offset === offset) return false;
      offset = last.offset;
    }
  }
}

function nameAndCookie({ name, offset, ino, type }: Dirent): Dirent {
  return { name, offset, ino, type };
}
