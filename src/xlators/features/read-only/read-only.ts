import { type ErrnoName, FopError } from '../../../fop/error.js';
import { O_ACCMODE, O_RDONLY, O_TRUNC } from '../../../fop/fd.js';
import { FOP_KIND, type FopName, type Reply, type Request } from '../../../fop/fops.js';
import type { Client, Frame } from '../../../fop/frame.js';
import { type Handlers, type Notice, PassThrough } from '../../../fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import type { Clock, Timer } from '../../../platform/platform.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'read-only',
    kind: 'bool',
    default: 'off',
    doc: 'Refuses with EROFS what would change something.',
  },
  {
    key: 'writer',
    kind: 'string',
    doc: 'The login that may write although the volume is read-only.',
  },
  {
    key: 'up-while-applied',
    kind: 'bool',
    default: 'off',
    doc: "Serves others than the writer only while the writer's connection says that all is applied.",
  },
];

/** The `ipc` operation by which the writer says whether all is applied. */
export const APPLIED_OP = 0x48454b41;
/** Its word in xdata: an int, 1 opens the volume and 0 closes it. */
export const APPLIED_KEY = 'hekafs.applied';
/** For how many milliseconds: an int beside it. A writer that stands still says nothing, and its connection stays. */
export const APPLIED_MS_KEY = 'hekafs.applied-ms';

/**
 * features/read-only: nobody changes anything, but for one login.
 *
 * Promises: the guard goes by login, never by the number of a process (GlusterFS lets its own workers, whose numbers are
 * negative, through; a client's lookup was seen to make names so). A reader's lookup can create nothing. With
 * `up-while-applied` readers get ENOTCONN until the writer has said that it is done, and again when it says that it is
 * not, when its connection is gone, or when the time is over for which it said so.
 *
 * Relies on: protocol/server, which names the client of each frame.
 *
 *     volume values-guard
 *         type features/read-only
 *         option read-only on
 *         option writer applier
 *         option up-while-applied on
 *         subvolumes values-locks
 *     end-volume
 */
export class ReadOnly extends PassThrough {
  readonly type = 'features/read-only';
  protected readonly handlers: Handlers = {};
  private readonly isReadOnly: boolean;
  private readonly writer: string | undefined;
  private readonly isGated: boolean;
  /** The connection that has opened the gate. */
  private applied: Client | undefined;
  private isChildUp = true;
  private lease: Timer | undefined;
  private readonly clock: Clock;

  constructor({ name, options, children, platform }: CreateContext) {
    const [child] = children;
    if (child === undefined) throw new Error(`${name}: a subvolume is missing`);
    super(name, child);
    this.clock = platform.clock;
    this.isReadOnly = options.bool('read-only');
    this.writer = options.text('writer');
    this.isGated = options.bool('up-while-applied');
    if (this.isGated && this.writer === undefined)
      throw new Error(`${name}: option up-while-applied needs option writer`);
  }

  override async wind<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (this.isWriter(frame)) return this.fromWriter(fop, request, frame);
    if (this.isGated && this.applied === undefined && !GIVES_BACK.has(fop))
      throw this.error('ENOTCONN');
    if (!this.isReadOnly) return this.child.wind(fop, request, frame);
    if (isRefused(fop, request)) throw this.error('EROFS');
    return this.child.wind(fop, harmless(fop, request), frame);
  }

  override clientGone(client: Client): void {
    if (this.applied?.id === client.id) this.close("the writer's connection is gone");
    super.clientGone(client);
  }

  /** While the gate is closed, the child's coming up is not for others to hear. */
  protected override heard(notice: Notice): void {
    if (notice.event === 'child-up') this.isChildUp = true;
    if (notice.event === 'child-down') this.isChildUp = false;
    if (notice.event === 'child-up' && this.isGated && this.applied === undefined) return;
    super.heard(notice);
  }

  private isWriter({ client }: Frame): boolean {
    return this.writer !== undefined && client?.login === this.writer;
  }

  private async fromWriter<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const isOurs = this.isGated && fop === 'ipc' && (request as Request<'ipc'>).op === APPLIED_OP;
    if (!isOurs || frame.client === undefined) return this.child.wind(fop, request, frame);
    const value = request.xdata?.get(APPLIED_KEY);
    if (value?.type !== 'int') throw this.error('EINVAL');
    const forMs = request.xdata?.get(APPLIED_MS_KEY);
    if (value.int === 1n) this.open(frame.client, forMs?.type === 'int' ? Number(forMs.int) : null);
    else this.close('the writer is not done');
    return { xdata: null } as Reply<F>;
  }

  override async stop(): Promise<void> {
    this.lease?.cancel();
    await super.stop();
  }

  private open(client: Client, forMs: number | null): void {
    const wasClosed = this.applied === undefined;
    this.applied = client;
    this.lease?.cancel();
    const over = (): void => this.close('the writer has not said for a while that it is done');
    this.lease = forMs === null ? undefined : this.clock.after(forMs, over);
    if (wasClosed && this.isChildUp) this.tell({ event: 'child-up', from: this });
  }

  private close(why: string): void {
    if (this.applied === undefined) return;
    this.applied = undefined;
    this.lease?.cancel();
    this.tell({ event: 'child-down', from: this, why });
  }

  private error(errno: ErrnoName): FopError {
    return new FopError(errno, this.name);
  }
}

/** What only gives back may come at any time. */
const GIVES_BACK: ReadonlySet<FopName> = new Set(['release', 'releasedir', 'flush']);

/** The kinds that change files; locks and fds are looked at one by one. */
function isRefused<F extends FopName>(fop: F, request: Request<F>): boolean {
  const kind = FOP_KIND[fop];
  if (kind === 'inode-write' || kind === 'entry-write') return true;
  if (fop === 'setactivelk' || fop === 'ipc') return true;
  if (fop !== 'open') return false;
  const { flags } = request as Request<'open'>;
  return (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
}

/** A lookup with a wanted gfid would give it to a name that has none. */
function harmless<F extends FopName>(fop: F, request: Request<F>): Request<F> {
  if (fop !== 'lookup' || !request.xdata?.has('gfid-req')) return request;
  const xdata = new Map(request.xdata);
  xdata.delete('gfid-req');
  return { ...request, xdata };
}

export const featuresReadOnly: TranslatorSpec = {
  type: 'features/read-only',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new ReadOnly(context),
};
