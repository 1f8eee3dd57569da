import { type Dict, dictBytes } from '../../../fop/dict.js';
import { O_TRUNC } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Client, Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import { NO_IATT } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import { INVALIDATED } from '../../../fop/upcall.js';
import { outcomeOf } from '../../../fop/wind.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import type { Clock } from '../../../platform/platform.js';
import { type Changed, EFFECTS, type Effect, type Victim } from './effects.js';
import { RecentChanges } from './recent-changes.js';
import { Rememberers } from './rememberers.js';
import { WatchedXattrs } from './watched-xattrs.js';

/** The `ipc` operation by which a client says which extended attributes it keeps. */
const WATCH_XATTRS_OP = 2;
/** Pairs of inode and client; some 35 MB. */
const MAX_PAIRS = 131_072;
/** Changes that may be made while one answer is on its way. */
const MAX_RECENT = 4096;
/** Of an inode of which nothing is known any more: look again, at everything. */
const ALL_OF_IT = INVALIDATED.nlink | INVALIDATED.everything;
const ACCESS_ACL = 'system.posix_acl_access';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'cache-invalidation',
    kind: 'bool',
    default: 'off',
    doc: 'Tell clients that what they remember has changed.',
  },
  {
    key: 'cache-invalidation-timeout',
    kind: 'time',
    default: '60',
    max: 600,
    doc: 'How long a client counts as remembering an inode after it was last there, in seconds.',
  },
];

/**
 * features/upcall: clients that were at an inode lately hear when another client has changed it.
 *
 * Promises: whoever has had an answer about an inode within the timeout is told of each change after it, but for the client that
 * makes it. Of a bounded number of inodes: one that is given up for newer ones is reported as changed first.
 *
 * Relies on: protocol/server, which names the client of each frame and carries what is told; below, replies with attributes.
 *
 *     volume vol-upcall
 *         type features/upcall
 *         option cache-invalidation on
 *         option cache-invalidation-timeout 600
 *         subvolumes vol-locks
 *     end-volume
 */
export class Upcalls extends PassThrough {
  readonly type = 'features/upcall';
  protected readonly handlers: Handlers = {};
  private readonly isOn: boolean;
  private readonly clock: Clock;
  private readonly timeoutSeconds: number;
  private readonly rememberers: Rememberers;
  private readonly recent = new RecentChanges(MAX_RECENT);
  private readonly xattrs = new WatchedXattrs();

  constructor({ name, options, children: [child], platform }: CreateContext) {
    if (child === undefined) throw new TypeError('features/upcall has one child');
    super(name, child);
    this.clock = platform.clock;
    this.isOn = options.bool('cache-invalidation');
    this.timeoutSeconds = options.int('cache-invalidation-timeout');
    this.rememberers = new Rememberers(this.timeoutSeconds * 1000, MAX_PAIRS, (gfid, client) =>
      this.invalidate(client, { ...NOTHING, gfid, flags: ALL_OF_IT }),
    );
  }

  override wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    return this.isOn ? this.watched(fop, request, frame) : this.child.wind(fop, request, frame);
  }

  private async watched<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (fop === 'ipc' && (request as Request<'ipc'>).op === WATCH_XATTRS_OP) {
      this.xattrs.register(request.xdata);
      return { xdata: null } as Reply<F>;
    }
    const effectOf = EFFECTS[fop] as EffectOf<F> | undefined;
    if (effectOf === undefined) return this.child.wind(fop, request, frame);
    const since = this.recent.now;
    const victim = await this.victimOf(fop, request, frame);
    const reply = await this.child.wind(fop, request, frame);
    const { seen, changed } = effectOf(request, reply, victim);
    for (const one of changed) await this.spread(one, frame);
    if (isEmptying(fop, request)) await this.spreadEmptied(request as Request<'open'>, frame);
    if (frame.client !== undefined) this.note(seen, frame.client, since);
    return reply;
  }

  override clientGone(client: Client): void {
    this.rememberers.gone(client.id);
    super.clientGone(client);
  }

  private async spread(change: Changed, frame: Frame): Promise<void> {
    const changed = await this.withXattrs(change, frame);
    if (changed === undefined) return;
    const nowMs = this.clock.monotonicMs();
    const by = frame.client?.id;
    this.recent.add(changed, by);
    for (const client of this.rememberers.of(changed.gfid, nowMs))
      if (client !== by) this.invalidate(client, changed);
  }

  /** With those attributes that clients keep; undefined where it is about others only. */
  private async withXattrs(change: Changed, frame: Frame): Promise<Changed | undefined> {
    const { gfid, flags, xattrs } = change;
    if (xattrs !== undefined) {
      const kept = this.xattrs.of(xattrs);
      return kept.size === 0 ? undefined : { ...change, xattrs: kept };
    }
    const isAclChanged = (flags & INVALIDATED.xattr) !== 0 && this.xattrs.has(ACCESS_ACL);
    const acl = isAclChanged ? await this.aclOf(gfid, frame) : undefined;
    return acl === undefined ? change : { ...change, xattrs: new Map([[ACCESS_ACL, acl]]) };
  }

  /** The ACL that has followed a mode; undefined where there is none. */
  private async aclOf(gfid: Gfid, frame: Frame): Promise<Buffer | undefined> {
    const asked: Dict = new Map([[ACCESS_ACL, { type: 'int', int: 0n }]]);
    const reply = await this.lookedAt(gfid, asked, frame);
    return dictBytes(reply?.xdata ?? null, ACCESS_ACL);
  }

  /** The client has an answer about these inodes, as they were after change `since`. */
  private note(gfids: readonly Gfid[], { id }: Client, since: number): void {
    const nowMs = this.clock.monotonicMs();
    for (const gfid of gfids) {
      this.rememberers.seen(gfid, id, nowMs);
      const changed = this.recent.after(since, gfid, id);
      if (changed === undefined) continue;
      this.invalidate(id, changed === 'unknown' ? { ...NOTHING, gfid, flags: ALL_OF_IT } : changed);
    }
  }

  /** open with O_TRUNC has changed the file, and its reply does not say to what. */
  private async spreadEmptied({ gfid }: Request<'open'>, frame: Frame): Promise<void> {
    const stat = (await this.lookedAt(gfid, null, frame))?.stat;
    const flags = stat === undefined ? ALL_OF_IT : INVALIDATED.size | INVALIDATED.times;
    await this.spread({ ...NOTHING, gfid, flags, ...(stat && { stat }) }, frame);
  }

  /** After a fop that has succeeded, whatever has become of the inode since. */
  private async lookedAt(
    gfid: Gfid,
    xdata: Dict,
    frame: Frame,
  ): Promise<Reply<'stat'> | undefined> {
    const outcome = await outcomeOf(this.child.wind('stat', { gfid, xdata }, frame));
    return 'reply' in outcome ? outcome.reply : undefined;
  }

  /** What the name stands for that the fop takes away. */
  private async victimOf<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Victim> {
    if (fop === 'unlink' || fop === 'rmdir') {
      const { pargfid, bname } = request as Request<'unlink'>;
      return this.named(pargfid, bname, frame);
    }
    if (fop !== 'rename') return undefined;
    const { newpargfid, newbname } = request as Request<'rename'>;
    return this.named(newpargfid, newbname, frame);
  }

  private async named(pargfid: Gfid, bname: ByteString, frame: Frame): Promise<Victim> {
    const request = { gfid: NULL_GFID, pargfid, bname, xdata: null };
    // What the fop itself will answer is better than what a lookup does.
    const outcome = await outcomeOf(this.child.wind('lookup', request, frame));
    return 'reply' in outcome ? outcome.reply.stat : undefined;
  }

  private invalidate(client: string, changed: Changed): void {
    const upcall = {
      kind: 'invalidate' as const,
      expireSeconds: this.timeoutSeconds,
      ...changed,
    };
    this.tell({ event: 'upcall', from: this, client, upcall });
  }
}

type EffectOf<F extends FopName> = (request: Request<F>, reply: Reply<F>, victim: Victim) => Effect;

const NOTHING = { stat: NO_IATT, parent: NO_IATT, oldParent: NO_IATT };

function isEmptying<F extends FopName>(fop: F, request: Request<F>): boolean {
  return fop === 'open' && ((request as Request<'open'>).flags & O_TRUNC) !== 0;
}

export const featuresUpcall: TranslatorSpec = {
  type: 'features/upcall',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new Upcalls(context),
};
