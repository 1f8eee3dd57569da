import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import { type Clock, sleep } from '../../../platform/platform.js';
import { chosenFops, Share } from '../chosen-fops.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'delay-percentage',
    kind: 'int',
    default: '10',
    min: 0,
    max: 100,
    doc: 'How many of a hundred fops are delayed.',
  },
  {
    key: 'delay-duration',
    kind: 'int',
    default: '100000',
    min: 0,
    doc: 'For how many microseconds.',
  },
  {
    key: 'enable',
    kind: 'string',
    doc: 'The fops that are delayed, with commas between; all by default.',
  },
];

/**
 * debug/delay-gen: holds some fops back before it passes them on, to see what becomes of it.
 *
 *     volume vol-delay-gen
 *         type debug/delay-gen
 *         option delay-percentage 50
 *         option delay-duration 200000
 *         option enable readv
 *         subvolumes vol-posix
 *     end-volume
 */
class DelayGen extends PassThrough {
  readonly type = 'debug/delay-gen';
  protected readonly handlers: Handlers = {};
  private readonly clock: Clock;
  private readonly fops: ReadonlySet<FopName>;
  private readonly share: Share;
  private readonly delayMs: number;

  constructor({ name, children: [child], options, platform }: CreateContext) {
    if (!child) throw new TypeError('debug/delay-gen has one child');
    super(name, child);
    this.clock = platform.clock;
    this.fops = chosenFops(options.text('enable'));
    this.share = new Share(options.int('delay-percentage'));
    this.delayMs = options.int('delay-duration') / 1000;
  }

  override async wind<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (this.fops.has(fop) && this.share.next()) await sleep(this.clock, this.delayMs);
    return this.child.wind(fop, request, frame);
  }
}

export const debugDelayGen: TranslatorSpec = {
  type: 'debug/delay-gen',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new DelayGen(context),
};
