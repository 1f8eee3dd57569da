import { type ErrnoName, FopError } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Client, Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import type { Iatt } from '../../../fop/iatt.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import { outcomeOf } from '../../../fop/wind.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import type { Clock } from '../../../platform/platform.js';
import { Contention } from './contention.js';
import { entryLock } from './entry-lock.js';
import { inodeLock } from './inode-lock.js';
import { asksForCounts, type LockTables, type NamedBy, withCounts } from './lock-counts.js';
import { ENTRY_LOCKS, INODE_LOCKS, POSIX_LOCKS, UNLOCK } from './lock-rules.js';
import { LockTable } from './lock-table.js';
import { activeLocks, dropLocksOfFd, dropPosixLocks, posixLock } from './posix-lock.js';
import { mustBeGranted } from './refusal.js';
import { Removals } from './removals.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'enforce-mandatory-lock',
    kind: 'string',
    default: 'off',
    only: ['off'],
    doc: 'Locks that reads and writes obey; only "off" is served.',
  },
  {
    key: 'notify-contention',
    kind: 'bool',
    default: 'on',
    doc: 'Whether who holds an inodelk or entrylk is told that another client waits for it.',
  },
  {
    key: 'notify-contention-delay',
    kind: 'time',
    default: '5',
    doc: 'Seconds before the holder of a lock is told again.',
  },
];

/**
 * features/locks: who may work on what, as long as all ask.
 *
 * Promises: inodelk and entrylk by domain, lk as fcntl(2). The owner of a lock is the connection together with the
 * lock owner of the frame. Waiting requests are granted in their order and answered when they are; all of a client's
 * locks and requests end with its connection. Locks are kept by gfid, so those of an inode that is
 * gone can still be given back. Nothing is enforced: locks are between those who ask for them. But a name is not removed
 * while another client holds an inodelk on its inode (removals.ts).
 *
 * Who holds an inodelk or entrylk is told when another client begins to wait for it.
 *
 * Relies on lookups below, to know which inode a name is.
 *
 *     volume locks
 *         type features/locks
 *         subvolumes brick
 *     end-volume
 */
export class Locks extends PassThrough {
  readonly type = 'features/locks';
  private readonly tables: LockTables;
  private readonly removals: Removals;
  private readonly refuse = (errno: ErrnoName, why?: string): FopError =>
    new FopError(errno, why === undefined ? this.name : `${this.name}: ${why}`);

  constructor({ name, children: [child], options, platform }: CreateContext) {
    if (child === undefined) throw new Error(`${name}: a subvolume is missing`);
    super(name, child);
    this.tables = options.bool('notify-contention')
      ? this.telling(platform.clock, options.int('notify-contention-delay') * 1000)
      : {
          inode: new LockTable(INODE_LOCKS),
          entry: new LockTable(ENTRY_LOCKS),
          posix: new LockTable(POSIX_LOCKS),
        };
    this.removals = new Removals(this.tables.inode);
  }

  private telling(clock: Clock, delayMs: number): LockTables {
    const contention = new Contention(clock, delayMs, (client, upcall) =>
      this.tell({ event: 'upcall', from: this, client, upcall }),
    );
    return {
      inode: new LockTable(INODE_LOCKS, (...held) => contention.inodeLock(...held)),
      entry: new LockTable(ENTRY_LOCKS, (...held) => contention.entryLock(...held)),
      posix: new LockTable(POSIX_LOCKS),
    };
  }

  protected readonly handlers: Handlers = {
    inodelk: (request, frame) => this.inodelk(request.gfid, request, frame),
    finodelk: (request, frame) => this.inodelk(request.fd.gfid, request, frame),
    entrylk: (request, frame) => this.entrylk(request.gfid, request, frame),
    fentrylk: (request, frame) => this.entrylk(request.fd.gfid, request, frame),
    lk: async (request, frame) => {
      const flock = await posixLock(this.tables.posix, request, owner(frame), this.refuse);
      return { flock, xdata: null };
    },
    getactivelk: async ({ gfid }) => ({
      locks: activeLocks(this.tables.posix, gfid),
      xdata: null,
    }),
    flush: (request, frame) => {
      dropPosixLocks(this.tables.posix, request.fd.gfid, owner(frame));
      return this.otherwise('flush', request, frame);
    },
    release: (request, frame) => {
      dropLocksOfFd(this.tables.posix, request.fd);
      return this.child.wind('release', request, frame);
    },
    unlink: (request, frame) => this.unnaming('unlink', request, frame),
    rmdir: (request, frame) => this.unnaming('rmdir', request, frame),
    rename: async (request, frame) => {
      const { newpargfid: pargfid, newbname: bname } = request;
      const reply = await this.removing('rename', request, frame, { pargfid, bname });
      return this.answered<'rename'>(request, reply, reply.stat.gfid);
    },
    lookup: async (request, frame) => {
      const reply = await this.child.wind('lookup', request, frame);
      const { xdata } = request;
      if (!asksForCounts(xdata)) return reply;
      const by = request.bname === '' ? undefined : request;
      return { ...reply, xdata: withCounts(this.tables, xdata, reply.xdata, reply.stat.gfid, by) };
    },
    readdirp: async (request, frame) => {
      const reply = await this.child.wind('readdirp', request, frame);
      const { xdata } = request;
      if (!asksForCounts(xdata)) return reply;
      const entries = reply.entries.map((entry) => ({
        ...entry,
        dict: withCounts(this.tables, xdata, entry.dict, entry.stat.gfid),
      }));
      return this.answered<'readdirp'>(request, { ...reply, entries }, request.fd.gfid);
    },
  };

  override clientGone(client: Client): void {
    for (const table of Object.values(this.tables)) table.dropClient(client.id);
    this.removals.dropClient(client.id);
    super.clientGone(client);
  }

  private async inodelk(
    gfid: Gfid,
    request: Request<'inodelk'> | Request<'finodelk'>,
    frame: Frame,
  ) {
    const who = owner(frame);
    const isUnlock = request.type === UNLOCK;
    const removal = isUnlock ? undefined : this.removals.before(gfid, who.client);
    if (removal) mustBeGranted(await removal, this.refuse);
    await inodeLock(this.tables.inode, gfid, request, who, this.refuse);
    if (isUnlock) this.removals.serve(gfid);
    return { xdata: null };
  }

  private async entrylk(
    gfid: Gfid,
    request: Request<'entrylk'> | Request<'fentrylk'>,
    frame: Frame,
  ) {
    await entryLock(this.tables.entry, gfid, request, owner(frame), this.refuse);
    return { xdata: null };
  }

  /** Winds what takes a name away, once nobody else has its inode locked. */
  private async removing<F extends 'unlink' | 'rmdir' | 'rename'>(
    fop: F,
    request: Request<F>,
    frame: Frame,
    { pargfid, bname }: NamedBy,
  ): Promise<Reply<F>> {
    if (this.removals.isIdle) return this.child.wind(fop, request, frame);
    const victim = { gfid: NULL_GFID, pargfid, bname, xdata: null };
    const found = await outcomeOf(this.child.wind('lookup', victim, frame));
    if ('error' in found) return this.child.wind(fop, request, frame);
    const { gfid } = found.reply.stat;
    mustBeGranted(await this.removals.begin(gfid, owner(frame).client), this.refuse);
    try {
      return await this.child.wind(fop, request, frame);
    } finally {
      this.removals.end(gfid);
    }
  }

  /** The same for what is told of by its name alone: its counts are those of what the name stood for. */
  private async unnaming<F extends 'unlink' | 'rmdir'>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { pargfid, bname } = request;
    if (!asksForCounts(request.xdata)) return this.removing(fop, request, frame, request);
    const named = { gfid: NULL_GFID, pargfid, bname, xdata: null };
    const found = await outcomeOf(this.child.wind('lookup', named, frame));
    const reply = await this.removing(fop, request, frame, request);
    return 'error' in found ? reply : this.answered(request, reply, found.reply.stat.gfid);
  }

  /** Passes a fop on and adds the counts that it asks for: every fop may. */
  protected override otherwise<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    return asksForCounts(request.xdata)
      ? this.counted(fop, request, frame)
      : this.child.wind(fop, request, frame);
  }

  private async counted<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const reply = await this.child.wind(fop, request, frame);
    const gfid = inodeOf(request, reply);
    return gfid === undefined ? reply : this.answered(request, reply, gfid);
  }

  private answered<F extends FopName>(request: Request<F>, reply: Reply<F>, gfid: Gfid): Reply<F> {
    if (!asksForCounts(request.xdata)) return reply;
    return { ...reply, xdata: withCounts(this.tables, request.xdata, reply.xdata, gfid) };
  }
}

/** What a fop is about: the inode that it names, or the one that it has made. */
function inodeOf(request: object, reply: object): Gfid | undefined {
  if ('fd' in request && !('pargfid' in request)) return (request.fd as Fd).gfid;
  if ('gfid' in request) return request.gfid as Gfid;
  return 'stat' in reply ? (reply.stat as Iatt).gfid : undefined;
}

function owner({ client, lkOwner, pid }: Frame): {
  client: string;
  lkOwner: string;
  pid: number;
} {
  return { client: client?.id ?? '', lkOwner, pid };
}

export const featuresLocks: TranslatorSpec = {
  type: 'features/locks',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new Locks(context),
};
