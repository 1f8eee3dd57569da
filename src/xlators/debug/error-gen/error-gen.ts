import { type ErrnoName, errnoNumber, FopError } from '../../../fop/error.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import { chosenFops, Share } from '../chosen-fops.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'failure',
    kind: 'int',
    default: '10',
    min: 0,
    max: 100,
    doc: 'How many of a hundred fops fail.',
  },
  { key: 'error-no', kind: 'string', default: 'EIO', doc: 'The errno that they fail with.' },
  {
    key: 'enable',
    kind: 'string',
    doc: 'The fops that may fail, with commas between; all by default.',
  },
  {
    key: 'random-failure',
    kind: 'bool',
    default: 'off',
    doc: 'Which ones fail is drawn by lot, instead of every so many.',
  },
];

/**
 * debug/error-gen: fails some fops, to see what becomes of it. What fails was not done: nothing reaches the child.
 *
 *     volume vol-error-gen
 *         type debug/error-gen
 *         option failure 25
 *         option error-no ENOSPC
 *         option enable writev,create
 *         subvolumes vol-posix
 *     end-volume
 */
class ErrorGen extends PassThrough {
  readonly type = 'debug/error-gen';
  protected readonly handlers: Handlers = {};
  private readonly fops: ReadonlySet<FopName>;
  private readonly errno: ErrnoName;
  private readonly isFailing: () => boolean;

  constructor({ name, children: [child], options, platform }: CreateContext) {
    if (!child) throw new TypeError('debug/error-gen has one child');
    super(name, child);
    this.fops = chosenFops(options.text('enable'));
    this.errno = readErrno(options.required('error-no'));
    const percent = options.int('failure');
    const share = new Share(percent);
    this.isFailing = options.bool('random-failure')
      ? () => platform.random.int(100) < percent
      : () => share.next();
  }

  override wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    if (this.fops.has(fop) && this.isFailing())
      return Promise.reject(new FopError(this.errno, `${this.name}: on purpose`));
    return this.child.wind(fop, request, frame);
  }
}

function readErrno(text: string): ErrnoName {
  const name = text as ErrnoName;
  if (errnoNumber(name) === undefined) throw new Error(`there is no errno ${text}`);
  return name;
}

export const debugErrorGen: TranslatorSpec = {
  type: 'debug/error-gen',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new ErrorGen(context),
};
