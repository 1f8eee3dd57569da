import { dictBytes } from '../../../fop/dict.js';
import { FopError } from '../../../fop/error.js';
import { O_ACCMODE, O_RDONLY, O_TRUNC } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Handlers, type Notice, Xlator } from '../../../fop/translator.js';
import { outcomesOf } from '../../../fop/wind.js';
import type { CreateContext, TranslatorSpec } from '../../../graph/spec.js';
import type { Standing } from './children.js';
import type { DataFops } from './data-fops.js';
import type { DataSessions } from './data-sessions.js';
import { errorOf } from './errno-rank.js';
import { Examiner } from './examiner.js';
import { SPLIT_BRAIN_FINALIZE } from './heal/heal-info.js';
import { healSettings } from './heal/heal-settings.js';
import { ReplicaHealer } from './heal/replica-healer.js';
import { Listing } from './listing.js';
import { Lookup } from './lookup.js';
import { Mender } from './mender.js';
import { OpenFds, type OpenFop } from './open-fds.js';
import { REPLICATE_OPTIONS } from './options.js';
import type { ReadPolicy } from './read-order.js';
import { Reader, type ReadKind } from './reader.js';
import { Replica } from './replica.js';
import { replicateSettings } from './settings.js';
import { fullest } from './statfs.js';
import { Writing } from './writing.js';

type FdRead = 'readv' | 'fstat' | 'fgetxattr' | 'seek' | 'rchecksum';

/*
 * One volume out of several subvolumes that each hold all of it.
 *
 * Promises: an answer comes from a copy that is good by all that is known: nobody among those that are up accuses it
 * of having missed a change (copies.ts), and it is the inode that was asked for. Which copies are good is found
 * by a lookup at all children, and found anew after a child went or came. A copy that fails is left for another good
 * one. Where no copy is good, EIO; below the quorum, ENOTCONN. It writes and heals nothing: a fop that would change
 * something, or lock, is answered EOPNOTSUPP.
 *
 * Relies on: children that keep GlusterFS's marks, if anybody writes to them (pending.ts), and that say whether they are
 * up. It is up while a quorum of them is.
 *
 *     volume vol-replicate-0
 *         type cluster/replicate
 *         option afr-pending-xattr vol-client-0,vol-client-1,vol-client-2
 *         option quorum-type auto
 *         subvolumes vol-client-0 vol-client-1 vol-client-2
 *     end-volume
 */
export class Replicate extends Xlator {
  readonly type = 'cluster/replicate';
  protected readonly handlers: Handlers;
  /** Heals what is asked of it; nothing but names that a lookup finds to be different things is healed unasked. */
  readonly healer: ReplicaHealer;
  private readonly replica: Replica;
  private readonly reader: Reader;
  private readonly fds: OpenFds;
  private readonly writing: Writing;
  private readonly sessions: DataSessions;
  private readonly data: DataFops;
  private told: Standing = 'unknown';

  constructor({ name, options, children, platform }: CreateContext) {
    super(name, children);
    const settings = replicateSettings(options, children);
    this.replica = new Replica(name, children, settings, platform.clock, (level, message, fields) =>
      this.tell({ event: 'log', from: this, level, message, fields }),
    );
    this.healer = new ReplicaHealer(this.replica, healSettings(options), platform.random);
    const policy: ReadPolicy = {
      preferred: settings.preferred,
      hashMode: settings.hashMode,
      count: children.length,
      salt: platform.random.int(2 ** 31),
      load: (child) => this.replica.load(child),
    };
    const examiner = new Examiner(this.replica);
    const mender = new Mender(this.healer, examiner);
    this.reader = new Reader(this.replica, examiner, mender, policy);
    this.fds = new OpenFds(this.replica);
    const lookup = new Lookup(this.replica, examiner, policy, this.healer);
    const listing = new Listing(this.replica, this.reader, examiner, this.fds, policy);
    this.writing = new Writing(
      this.replica,
      this.fds,
      examiner,
      mender,
      policy,
      platform.random.bytes(8).toString('hex'),
    );
    this.sessions = this.writing.sessions;
    this.data = this.writing.data;
    const { handlers } = this.writing;
    this.handlers = {
      ...this.handlersWith(lookup, listing),
      ...handlers,
      setxattr: (request, frame) => this.setxattr(request, frame, handlers),
    };
  }

  private handlersWith(lookup: Lookup, listing: Listing): Handlers {
    return {
      lookup: (request, frame) => lookup.lookup(request, frame),
      stat: (request, frame) => this.read('stat', 'data', request, frame),
      readlink: (request, frame) => this.read('readlink', 'data', request, frame),
      access: (request, frame) => this.read('access', 'metadata', request, frame),
      getxattr: (request, frame) => this.getxattr(request, frame),
      statfs: (request, frame) => this.statfs(request, frame),
      open: (request, frame) => this.open('open', request, frame),
      opendir: (request, frame) => this.open('opendir', request, frame),
      readv: (request, frame) => this.readFd('readv', 'data', request, frame),
      fstat: (request, frame) => this.readFd('fstat', 'data', request, frame),
      fgetxattr: (request, frame) => this.fgetxattr(request, frame),
      seek: (request, frame) => this.readFd('seek', 'data', request, frame),
      rchecksum: (request, frame) => this.readFd('rchecksum', 'data', request, frame),
      readdir: (request, frame) => listing.readdir(request, frame),
      readdirp: (request, frame) => listing.readdirp(request, frame),
      flush: (request, frame) => this.flush(request, frame),
      fsyncdir: (request, frame) => this.fsyncdir(request, frame),
      release: (request, frame) => this.release('release', request, frame),
      releasedir: (request, frame) => this.release('releasedir', request, frame),
    };
  }

  override async start(): Promise<void> {
    this.replica.start();
  }

  override async stop(): Promise<void> {
    this.replica.stop();
    this.writing.stop();
    await this.replica.quiet();
  }

  protected async otherwise<F extends FopName>(fop: F): Promise<Reply<F>> {
    throw this.replica.error('EOPNOTSUPP', `${this.type} does not serve ${fop}`);
  }

  private read<F extends 'stat' | 'readlink' | 'access' | 'getxattr'>(
    fop: F,
    kind: ReadKind,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    return this.reader.read(fop, kind, request.gfid, request, frame);
  }

  /** Reads by fd; at a child where it is not open, it is opened. */
  private async readFd<F extends FdRead>(
    fop: F,
    kind: ReadKind,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { fd } = request;
    this.fds.check(fd);
    return this.reader.readWith(kind, fd.gfid, frame, async (child) => {
      const reply = await this.fds.wind(child, fop, fd, request, frame);
      this.reader.checkInode(reply, fd.gfid);
      return reply;
    });
  }

  private async open<F extends OpenFop>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (fop === 'open' && isForWriting(request as Request<'open'>))
      return (await this.openForWriting(request as Request<'open'>, frame)) as Reply<F>;
    const { gfid, fd } = request;
    return this.reader.readWith('data', gfid, frame, async (child) => {
      const reply = await this.replica.windTo(child, fop, request, frame);
      this.fds.opened(fop, fd, [child]);
      return reply;
    });
  }

  /** Everywhere. Who could not open it does so when it is written, or is blamed then. */
  private async openForWriting(request: Request<'open'>, frame: Frame): Promise<Reply<'open'>> {
    const { gfid, fd, flags } = request;
    const up = await this.replica.ready();
    const opening = { ...request, flags: flags & ~O_TRUNC };
    const outcomes = await this.replica.windAll(up, 'open', opening, frame);
    const replies = outcomes.flatMap(({ child, outcome }) =>
      'reply' in outcome ? [{ child, reply: outcome.reply }] : [],
    );
    const errors = outcomes.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
    const [first] = replies;
    if (first === undefined)
      throw errorOf(errors) ?? this.replica.error('ENOTCONN', 'nobody is up');
    this.fds.opened(
      'open',
      fd,
      replies.map(({ child }) => child),
    );
    if ((flags & O_TRUNC) !== 0) await this.data.truncate({ gfid, offset: 0, xdata: null }, frame);
    return first.reply;
  }

  /** Whoever closes a file is done writing: others need not wait for its lock. */
  private async flush(request: Request<'flush'>, frame: Frame): Promise<Reply<'flush'>> {
    if (request.fd.isAnonymous) return { xdata: null };
    this.sessions.hurry(request.fd.gfid);
    await this.fds.windWhereOpen('flush', request, frame);
    return { xdata: null };
  }

  private async fsyncdir(request: Request<'fsyncdir'>, frame: Frame): Promise<Reply<'fsyncdir'>> {
    this.fds.check(request.fd);
    const up = await this.replica.ready();
    const outcomes = await outcomesOf(
      up.map((child) => this.fds.wind(child, 'fsyncdir', request.fd, request, frame)),
    );
    const done = up.filter((_, index) => outcomes[index] && 'reply' in outcomes[index]);
    if (this.replica.isEnough(done)) return { xdata: null };
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    throw errorOf(errors) ?? this.replica.error('ENOTCONN', 'too few subvolumes answered');
  }

  private async release(
    fop: 'release' | 'releasedir',
    request: Request<'release'>,
    frame: Frame,
  ): Promise<Reply<'release'>> {
    if (fop === 'release') await this.sessions.end(request.fd.gfid);
    await this.fds.release(fop, request, frame);
    return { xdata: null };
  }

  /** Marks are the bricks' own: who reads the volume sees none. GlusterFS's own workers do. */
  private async getxattr(request: Request<'getxattr'>, frame: Frame): Promise<Reply<'getxattr'>> {
    this.checkName(request.name, frame);
    const virtual = await this.healer.virtualXattr(request.gfid, request.name);
    if (virtual) return { dict: virtual, xdata: null };
    const reply = await this.read('getxattr', 'metadata', request, frame);
    return frame.pid < 0 ? reply : { ...reply, dict: this.replica.settings.keys.hide(reply.dict) };
  }

  /** One attribute is an order to heal, whose answer is what became of it (engine reference, H11). */
  private async setxattr(
    request: Request<'setxattr'>,
    frame: Frame,
    { setxattr }: Handlers,
  ): Promise<Reply<'setxattr'>> {
    const value = dictBytes(request.dict, SPLIT_BRAIN_FINALIZE)?.toString().replace(/\0+$/, '');
    if (value === undefined) {
      if (setxattr === undefined) throw new TypeError('nobody sets attributes');
      return setxattr(request, frame);
    }
    await this.healer.finalize(request.gfid, value);
    return { xdata: null };
  }

  private async fgetxattr(
    request: Request<'fgetxattr'>,
    frame: Frame,
  ): Promise<Reply<'fgetxattr'>> {
    this.checkName(request.name, frame);
    const reply = await this.readFd('fgetxattr', 'metadata', request, frame);
    return frame.pid < 0 ? reply : { ...reply, dict: this.replica.settings.keys.hide(reply.dict) };
  }

  private checkName(name: string | undefined, frame: Frame): void {
    if (frame.pid < 0 || name === undefined) return;
    if (this.replica.settings.keys.isMark(name)) throw new FopError('ENODATA', this.name);
  }

  /** Of all children that hold data. */
  private async statfs(request: Request<'statfs'>, frame: Frame): Promise<Reply<'statfs'>> {
    const { replica } = this;
    const up = await replica.ready();
    const holders = up.filter((child) => child !== replica.settings.arbiter);
    const outcomes = await replica.windAll(holders, 'statfs', request, frame);
    const replies = outcomes.flatMap(({ outcome }) => ('reply' in outcome ? [outcome.reply] : []));
    const least = fullest(replies.map(({ statfs }) => statfs));
    const found = replies.find(({ statfs }) => statfs === least);
    if (found) return found;
    const errors = outcomes.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
    throw errorOf(errors) ?? replica.error('ENOTCONN', 'only the arbiter is up');
  }

  protected override heard(notice: Notice): void {
    if (notice.event === 'log') {
      this.tell(notice);
      return;
    }
    if (notice.event === 'upcall') {
      const { upcall } = notice;
      if (upcall.kind === 'inodelk-contention' && upcall.domain === this.name)
        this.sessions.hurry(upcall.gfid);
      this.tell({ ...notice, from: this });
      return;
    }
    // That child has said before that it is down.
    if (notice.event === 'failed') return;
    const { children } = this.replica;
    children.set(notice.from, STATE_AFTER[notice.event]);
    const standing = children.standing(this.told);
    this.replica.changed();
    this.writing.hurry();
    if (standing === this.told || standing === 'unknown') return;
    this.told = standing;
    const why = 'why' in notice ? notice.why : '';
    this.tell({ event: EVENT_OF[standing], from: this, why });
  }
}

const STATE_AFTER = { 'child-up': 'up', 'child-down': 'down', 'auth-failed': 'refused' } as const;
const EVENT_OF = { up: 'child-up', down: 'child-down', refused: 'auth-failed' } as const;

function isForWriting({ flags }: Request<'open'>): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
}

export const clusterReplicate: TranslatorSpec = {
  type: 'cluster/replicate',
  children: { min: 1, max: 1024 },
  options: REPLICATE_OPTIONS,
  create: (context) => new Replicate(context),
};
