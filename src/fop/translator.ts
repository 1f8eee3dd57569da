import type { FopName, Reply, Request } from './fops.js';
import type { Client, Frame } from './frame.js';
import type { Upcall } from './upcall.js';

/** What travels upwards between translators, beside replies. */
export type Notice =
  /** This subvolume answers, or answers again. */
  | { readonly event: 'child-up'; readonly from: Translator }
  /** It does not any more; `why` is a sentence for the log. */
  | {
      readonly event: 'child-down';
      readonly from: Translator;
      readonly why: string;
    }
  /** A brick cannot serve for as long as this process runs, which should end; `isHanging`: its disk does not answer. */
  | {
      readonly event: 'failed';
      readonly from: Translator;
      readonly why: string;
      readonly isHanging: boolean;
    }
  /** The credentials were refused; trying again is of no use until the volfile changes. */
  | {
      readonly event: 'auth-failed';
      readonly from: Translator;
      readonly why: string;
    }
  /**
   * A brick tells a client something unasked. In a brick graph `client` is whom, by the id of its frames, and protocol/server
   * sends it; above protocol/client it is this side.
   */
  | {
      readonly event: 'upcall';
      readonly from: Translator;
      readonly client?: string;
      readonly upcall: Upcall;
    }
  /** Something an administrator should read; the program logs it. `fields` go into the log line. */
  | {
      readonly event: 'log';
      readonly from: Translator;
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    };

export type NoticeListener = (notice: Notice) => void;

/**
 * One layer of a graph. It knows its children as translators and nothing of its parents but that they
 * listen. All a parent may do is wind fops, listen, start and stop.
 */
export interface Translator {
  /** The volume's name in the volfile. */
  readonly name: string;
  /** Its type there, `storage/posix` and so on. */
  readonly type: string;
  readonly children: readonly Translator[];

  /** Does a fop and answers it, or throws a FopError. Never both, never neither: a deadline holds below. */
  wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>>;

  /** Takes up its work; its children have been started. An error says what is wrong with the volume. */
  start(): Promise<void>;

  /** Gives everything back (files, sockets, timers). Its parents have been stopped. Cannot fail. */
  stop(): Promise<void>;

  /** A client of the brick is gone: drop what is held for it. protocol/server winds it down its exports. */
  clientGone(client: Client): void;

  /** Calls `listener` with each notice from here on; answers how to stop. */
  listen(listener: NoticeListener): () => void;
}

/** The fops that a translator has something of its own to say about. */
export type Handlers = {
  readonly [F in FopName]?: (request: Request<F>, frame: Frame) => Promise<Reply<F>>;
};

/**
 * A translator is its handlers plus `otherwise`: what becomes of every fop without one. A pass-through winds it
 * to its child, protocol/client sends a call, storage/posix answers EOPNOTSUPP.
 */
export abstract class Xlator implements Translator {
  abstract readonly type: string;
  protected abstract readonly handlers: Handlers;
  private readonly listeners = new Set<NoticeListener>();

  constructor(
    readonly name: string,
    readonly children: readonly Translator[],
  ) {
    for (const child of children) child.listen((notice) => this.heard(notice));
  }

  protected abstract otherwise<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>>;

  wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    const handler = this.handlers[fop] as
      | ((request: Request<F>, frame: Frame) => Promise<Reply<F>>)
      | undefined;
    return handler ? handler(request, frame) : this.otherwise(fop, request, frame);
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  clientGone(client: Client): void {
    for (const child of this.children) child.clientGone(client);
  }

  listen(listener: NoticeListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** A notice from a child: passed on as one's own unless overridden. */
  protected heard(notice: Notice): void {
    const isItsOwn = notice.event === 'log' || notice.event === 'failed';
    this.tell({ ...notice, from: isItsOwn ? notice.from : this });
  }

  protected tell(notice: Notice): void {
    for (const listener of this.listeners) listener(notice);
  }
}

/** One child, and every fop without a handler goes there unchanged. */
export abstract class PassThrough extends Xlator {
  constructor(
    name: string,
    protected readonly child: Translator,
  ) {
    super(name, [child]);
  }

  protected otherwise<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    return this.child.wind(fop, request, frame);
  }
}
