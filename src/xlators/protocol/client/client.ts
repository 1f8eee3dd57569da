import { FopError } from '../../../fop/error.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Handlers, Xlator } from '../../../fop/translator.js';
import type { CreateContext, TranslatorSpec } from '../../../graph/spec.js';
import type { Network } from '../../../platform/network.js';
import { networkOf } from '../transport-options.js';
import { Connector } from './connector.js';
import { OpenFds } from './open-fds.js';
import { CLIENT_OPTIONS } from './options.js';
import type { ClientSession } from './session.js';
import { targetOf } from './target.js';

/**
 * One brick of another process. It connects when started and again whenever the connection ends, and tells its
 * parents `child-up` and `child-down`. A fop is sent at once or fails: ENOTCONN before it was sent means that it
 * was not done, ENOTCONN after that it may have been. What is open is opened again on a new connection before the
 * parents hear of that; its locks are lost (see `strict-locks`). With `reopen-fds off` an fd belongs to the connection
 * that opened it, and used over a later one it is EBADF.
 *
 *   volume client-0
 *     type protocol/client
 *     option remote-host 192.0.2.1
 *     option remote-port 49152
 *     option remote-subvolume brick
 *   end-volume
 */
export class ProtocolClient extends Xlator {
  readonly type = 'protocol/client';
  protected readonly handlers: Handlers = {};
  private readonly fds: OpenFds;
  private readonly connector: Connector;
  private readonly secured: () => Network;
  private session: ClientSession | undefined;
  /** What the parents were told last. */
  private told: 'up' | { readonly downWhy: string } | undefined;

  constructor({ name, options, platform }: CreateContext) {
    super(name, []);
    this.secured = () => networkOf(options, platform.network);
    const target = targetOf(options);
    this.fds = new OpenFds(name, target.reopens, target.hasStrictLocks);
    this.connector = new Connector(name, target, this.fds, platform, {
      up: (session) => this.up(session),
      upcall: (upcall) => this.tell({ event: 'upcall', from: this, upcall }),
      down: (why) => this.down(why),
      refused: (why) => this.tell({ event: 'auth-failed', from: this, why }),
    });
  }

  /** Whether fops are sent at the moment. */
  get isUp(): boolean {
    return this.session !== undefined;
  }

  /** Begins to connect, and does not wait. Rejects where TLS is wanted and its files cannot be used. */
  override async start(): Promise<void> {
    this.connector.start(this.secured());
  }

  override async stop(): Promise<void> {
    this.connector.stop();
  }

  protected otherwise<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if ((fop === 'release' || fop === 'releasedir') && 'fd' in request) {
      // What is not open there needs no call.
      if (this.session === undefined || !this.fds.isOpen(request.fd)) {
        this.fds.released(request.fd);
        return Promise.resolve({ xdata: null } as Reply<F>);
      }
    }
    if (this.session === undefined)
      return Promise.reject(new FopError('ENOTCONN', this.name, 'not connected'));
    return this.session.wind(fop, request, frame);
  }

  private up(session: ClientSession): void {
    this.session = session;
    this.told = 'up';
    this.tell({ event: 'child-up', from: this });
  }

  private down(why: string): void {
    this.session = undefined;
    if (typeof this.told === 'object' && this.told.downWhy === why) return;
    this.told = { downWhy: why };
    this.tell({ event: 'child-down', from: this, why });
  }
}

export const protocolClient: TranslatorSpec = {
  type: 'protocol/client',
  children: { min: 0, max: 0 },
  options: CLIENT_OPTIONS,
  create: (context) => new ProtocolClient(context),
};
