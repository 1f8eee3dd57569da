import { FopError } from '../../../src/fop/error.js';
import type { FopName, Reply, Request } from '../../../src/fop/fops.js';
import {
  type Handlers,
  type Notice,
  type Translator,
  Xlator,
} from '../../../src/fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../src/graph/spec.js';

/** A translator that writes down what is done to it, and can be told what to answer. */
export class Recorder extends Xlator {
  readonly type = 'test/recorder';
  protected readonly handlers: Handlers = {};
  readonly wound: FopName[] = [];
  readonly requests: unknown[] = [];
  /** Errors by fop; any fop without one is answered by `answers`. */
  readonly failures = new Map<FopName, FopError>();
  readonly answers = new Map<FopName, unknown>();

  constructor(
    name: string,
    children: readonly Translator[] = [],
    private readonly journal: string[] = [],
  ) {
    super(name, children);
  }

  protected async otherwise<F extends FopName>(fop: F, request: Request<F>): Promise<Reply<F>> {
    this.wound.push(fop);
    this.requests.push(request);
    const failure = this.failures.get(fop);
    if (failure) throw failure;
    if (!this.answers.has(fop)) throw new FopError('ENOSYS', this.name);
    return this.answers.get(fop) as Reply<F>;
  }

  override async start(): Promise<void> {
    this.journal.push(`start ${this.name}`);
    if (this.name.startsWith('broken')) throw new Error('it is broken');
  }

  override async stop(): Promise<void> {
    this.journal.push(`stop ${this.name}`);
  }

  say(notice: Pick<Extract<Notice, { event: 'child-up' }>, 'event'>): void;
  say(notice: { event: 'child-down' | 'auth-failed'; why: string }): void;
  say(notice: { event: 'child-up' } | { event: 'child-down' | 'auth-failed'; why: string }): void {
    this.tell({ ...notice, from: this });
  }
}

/** A type for graphs in tests, with an option of each kind. */
export function recorderSpec(
  journal: string[],
  options: readonly OptionSpec[] = [],
  seen: (context: CreateContext) => void = () => {},
): TranslatorSpec {
  return {
    type: 'test/recorder',
    children: { min: 0, max: 3 },
    options,
    create(context) {
      seen(context);
      return new Recorder(context.name, context.children, journal);
    },
  };
}
