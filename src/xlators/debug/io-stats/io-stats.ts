import type { DictValue } from '../../../fop/dict.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { ByteString } from '../../../fop/name.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import type { Clock } from '../../../platform/platform.js';
import { FopCounts } from './fop-counts.js';

/** The attribute that shows the counts, of any inode, to root. */
const COUNTS_XATTR = 'trusted.hekafs.io-stats';

/**
 * debug/io-stats: counts the fops that pass, and how long they take.
 *
 * Stands at the top of every graph that GlusterFS generates, with both switched off: then every fop passes unchanged. The counts are
 * read as an attribute: `getfattr -n trusted.hekafs.io-stats --only-values MOUNT`. No client has files written on the brick: `trusted.io-stats-dump`,
 * which is for that, is an attribute like any other here. It is kept, as GlusterFS's brick keeps it, so that copies stay equal.
 *
 *     volume vol
 *         type debug/io-stats
 *         option count-fop-hits on
 *         option latency-measurement on
 *         subvolumes vol-replicate-0
 *     end-volume
 */
export class IoStats extends PassThrough {
  readonly type = 'debug/io-stats';
  protected readonly handlers: Handlers;
  private readonly counts: FopCounts | undefined;
  private readonly clock: Clock;

  constructor({ name, options, children: [child], platform }: CreateContext) {
    if (child === undefined) throw new TypeError('debug/io-stats has one child');
    super(name, child);
    this.clock = platform.clock;
    const hasLatency = options.bool('latency-measurement');
    if (options.bool('count-fop-hits') || hasLatency) this.counts = new FopCounts(hasLatency);
    this.handlers = { getxattr: (request, frame) => this.shown(request, frame) };
  }

  override wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    return this.counts === undefined
      ? super.wind(fop, request, frame)
      : this.counted(this.counts, fop, request, frame);
  }

  /** Most of a fop may be done before its promise is there: storage/posix does much at once. */
  private async counted<F extends FopName>(
    counts: FopCounts,
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const sinceMs = this.clock.monotonicMs();
    let hasFailed = true;
    try {
      const reply = await super.wind(fop, request, frame);
      hasFailed = false;
      return reply;
    } finally {
      counts.add(fop, hasFailed, this.clock.monotonicMs() - sinceMs);
    }
  }

  private shown(request: Request<'getxattr'>, frame: Frame): Promise<Reply<'getxattr'>> {
    if (request.name !== COUNTS_XATTR || this.counts === undefined || frame.uid !== 0)
      return this.child.wind('getxattr', request, frame);
    const value: DictValue = { type: 'string', text: this.counts.text() };
    const dict = new Map<ByteString, DictValue>([[COUNTS_XATTR, value]]);
    return Promise.resolve({ dict, xdata: null });
  }
}

const PROGRAM = 'the program that loads the volfile decides';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'volume-id',
    kind: 'uuid',
    doc: 'The id of the volume whose graph this is.',
    inert: 'storage/posix checks the id of a brick',
  },
  {
    key: 'unique-id',
    kind: 'string',
    doc: 'Names this brick in files of counters.',
    inert: 'counts are read as an attribute, not from files',
  },
  {
    key: 'count-fop-hits',
    kind: 'bool',
    default: 'off',
    doc: 'Count fops by name; trusted.hekafs.io-stats shows them to root.',
  },
  {
    key: 'latency-measurement',
    kind: 'bool',
    default: 'off',
    doc: 'Measure how long fops take, and count them.',
  },
  {
    key: 'dump-fd-stats',
    kind: 'bool',
    doc: 'Count per open file.',
    only: ['off'],
    inert: 'open files are not counted one by one',
  },
  { key: 'log-level', kind: 'string', doc: 'Of the whole process.', inert: PROGRAM },
  {
    key: 'threads',
    kind: 'int',
    min: 1,
    doc: 'Threads that poll sockets.',
    inert: 'this engine has one thread',
  },
  {
    key: 'global-threading',
    kind: 'bool',
    doc: 'One pool of threads for all bricks.',
    inert: 'this engine has one thread',
  },
];

export const debugIoStats: TranslatorSpec = {
  type: 'debug/io-stats',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new IoStats(context),
};
