import { EMPTY_DICT } from '../../../fop/dict.js';
import type { Fd } from '../../../fop/fd.js';
import type { Dirent, DirentPlus, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { NO_IATT } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Examiner } from './examiner.js';
import type { OpenFds } from './open-fds.js';

const READ_BYTES = 128 * 1024;
const ENTRY_BYTES = 217;
/** Of one directory; one with more names is listed as one copy has it. */
const MAX_NAMES = 100_000;

/**
 * Listings of directories about which nobody is right, since each copy has missed what another one has (engine reference, H9): the
 * names of all copies, as they were when the listing began. A cookie is a place in that list. Attributes have to be
 * asked for, since a name may stand for several things.
 */
export class MergedListing {
  private readonly listings = new WeakMap<Fd, readonly DirentPlus[]>();

  constructor(
    private readonly examiner: Examiner,
    private readonly fds: OpenFds,
  ) {}

  /** A part of the merged names; undefined where one copy can be read. */
  async part(
    { fd, offset, size }: Request<'readdir'>,
    frame: Frame,
  ): Promise<Reply<'readdirp'> | undefined> {
    if (offset === 0n) await this.begin(fd, frame);
    const names = this.listings.get(fd);
    if (names === undefined) return undefined;
    const entries: DirentPlus[] = [];
    let [at, used] = [Number(offset), 0];
    for (let entry = names[at]; entry !== undefined; entry = names[++at]) {
      used += ENTRY_BYTES + entry.name.length;
      if (used > size && entries.length > 0) break;
      entries.push({ ...entry, offset: BigInt(at + 1) });
    }
    return { entries, isEof: at >= names.length, xdata: null };
  }

  private async begin(fd: Fd, frame: Frame): Promise<void> {
    this.listings.delete(fd);
    const copies = await this.examiner.copiesOf(fd.gfid, frame);
    if (!copies?.isDirectory || copies.data.length > 0 || copies.metadata.length < 2) return;
    const names = new Map<ByteString, DirentPlus>();
    for (const child of copies.metadata)
      for (const entry of await this.namesAt(child, fd, frame))
        if (!names.has(entry.name)) names.set(entry.name, { ...entry, ...NOTHING_ELSE });
    if (names.size <= MAX_NAMES) this.listings.set(fd, [...names.values()]);
  }

  private async namesAt(child: number, fd: Fd, frame: Frame): Promise<readonly Dirent[]> {
    const all: Dirent[] = [];
    for (let offset = 0n; all.length <= MAX_NAMES; ) {
      const request = { fd, offset, size: READ_BYTES, xdata: null };
      const { entries, isEof } = await this.fds.wind(child, 'readdir', fd, request, frame);
      all.push(...entries.map(({ name, ino, type }) => ({ name, ino, type, offset: 0n })));
      const last = entries.at(-1);
      if (isEof || last === undefined || last.offset === offset) break;
      offset = last.offset;
    }
    return all;
  }
}

const NOTHING_ELSE = { stat: NO_IATT, dict: EMPTY_DICT };
