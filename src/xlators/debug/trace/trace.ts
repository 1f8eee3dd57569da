import { FopError } from '../../../fop/error.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { readable } from '../../../fop/name.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import type { Clock } from '../../../platform/platform.js';
import { chosenFops } from '../chosen-fops.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'include-ops',
    kind: 'string',
    doc: 'The fops that are told of, with commas between; all by default.',
  },
  { key: 'exclude-ops', kind: 'string', doc: 'Fops that are not.' },
  { key: 'log-file', kind: 'bool', doc: 'Tell the log.', only: ['on', 'yes'] },
  {
    key: 'log-history',
    kind: 'bool',
    doc: 'Keep what was told in memory.',
    only: ['off', 'no'],
  },
];

/** What a line shows of a request, as far as it has it. */
const SHOWN = ['gfid', 'pargfid', 'bname', 'newbname', 'name', 'offset', 'size', 'flags'] as const;

/**
 * debug/trace: tells the log of every fop that passes, when it is over: what it asked, who for, what became of it and how long
 * it took.
 *
 *     volume vol-trace
 *         type debug/trace
 *         option exclude-ops lookup,stat
 *         subvolumes vol-posix
 *     end-volume
 */
class Trace extends PassThrough {
  readonly type = 'debug/trace';
  protected readonly handlers: Handlers = {};
  private readonly clock: Clock;
  private readonly fops: Set<FopName>;

  constructor({ name, children: [child], options, platform }: CreateContext) {
    if (!child) throw new TypeError('debug/trace has one child');
    super(name, child);
    this.clock = platform.clock;
    this.fops = new Set(chosenFops(options.text('include-ops')));
    const excluded = options.text('exclude-ops');
    if (excluded !== undefined) for (const fop of chosenFops(excluded)) this.fops.delete(fop);
  }

  override wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    if (!this.fops.has(fop)) return this.child.wind(fop, request, frame);
    const fromMs = this.clock.monotonicMs();
    const running = this.child.wind(fop, request, frame);
    const tell = (outcome: string): void => {
      const tookMs = Math.round((this.clock.monotonicMs() - fromMs) * 1000) / 1000;
      const { uid, gid, pid, client } = frame;
      const fields = { ...shown(request), uid, gid, pid, client: client?.id, outcome, tookMs };
      this.tell({ event: 'log', from: this, level: 'info', message: fop, fields });
    };
    running.then(
      () => tell('ok'),
      (error: unknown) => tell(error instanceof FopError ? error.errno : String(error)),
    );
    return running;
  }
}

function shown(request: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of SHOWN) {
    const value = (request as Record<string, unknown>)[key];
    if (value === undefined) continue;
    fields[key] = typeof value === 'bigint' ? Number(value) : value;
    if (typeof value === 'string') fields[key] = readable(value);
  }
  const { fd } = request as { readonly fd?: { readonly gfid: string } };
  return fd === undefined ? fields : { ...fields, gfid: fd.gfid };
}

export const debugTrace: TranslatorSpec = {
  type: 'debug/trace',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new Trace(context),
};
