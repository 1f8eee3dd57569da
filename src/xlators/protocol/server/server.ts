import { FopError } from '../../../fop/error.js';
import type { FopName, Reply } from '../../../fop/fops.js';
import { type Handlers, type Notice, Xlator } from '../../../fop/translator.js';
import type { CreateContext, Options, TranslatorSpec } from '../../../graph/spec.js';
import {
  type ByteStream,
  type Endpoint,
  endpointText,
  type Listener,
  type StreamEvents,
} from '../../../platform/network.js';
import type { Platform } from '../../../platform/platform.js';
import { type ConnectionLimits, DEFAULT_LIMITS } from '../../../rpc/connection.js';
import { networkOf } from '../transport-options.js';
import { addressFault } from './address.js';
import { AuthRules } from './auth.js';
import { MemoryWatch } from './memory-watch.js';
import { SERVER_OPTIONS } from './options.js';
import { Session, type SessionHost } from './session.js';
import { type Squash, squashOf } from './squash.js';

/** How long stop waits for the fops of its clients. */
const STOP_TIMEOUT_MS = 5000;

/**
 * The border of a brick: listens, lets in who may come, and winds each client's fops to the subvolume that
 * it asked for, on its behalf. What a client held is dropped when its connection ends; nobody inherits it.
 * Relies on its subvolumes to resolve gfids, to check permissions and to drop locks when told that a client is gone.
 *
 *   volume server
 *     type protocol/server
 *     option transport.socket.bind-address 192.0.2.1
 *     option transport.socket.listen-port 49152
 *     option auth.addr.brick.allow 192.0.2.*
 *     subvolumes brick
 *   end-volume
 */
export class ProtocolServer extends Xlator implements SessionHost {
  readonly type = 'protocol/server';
  readonly auth: AuthRules;
  readonly authPath: string | undefined;
  readonly allowsInsecurePorts: boolean;
  readonly squash: Squash;
  readonly limits: ConnectionLimits;
  readonly memory: MemoryWatch;
  readonly processId: string;
  readonly platform: Platform;
  protected readonly handlers: Handlers = {};
  private readonly options: Options;
  private readonly at: Endpoint;
  private readonly connectionLimit: number;
  private readonly sessions = new Set<Session>();
  private listener: Listener | undefined;
  private whenEmpty: (() => void) | undefined;

  constructor({ name, options, children, platform }: CreateContext) {
    super(name, children);
    this.platform = platform;
    this.options = options;
    this.auth = new AuthRules(options);
    this.authPath = options.text('auth-path');
    this.allowsInsecurePorts = options.bool('rpc-auth-allow-insecure');
    this.squash = squashOf(options);
    this.memory = new MemoryWatch(platform.clock, options.size('memory-limit'));
    const calls = options.int('rpc.outstanding-rpc-limit');
    this.limits = { ...DEFAULT_LIMITS, calls, meter: this.memory };
    this.processId = platform.random.uuid();
    this.connectionLimit = options.int('connection-limit');
    this.at = {
      host: options.required('transport.socket.bind-address'),
      port: options.int(
        options.text('listen-port') === undefined ? 'transport.socket.listen-port' : 'listen-port',
      ),
    };
    checkAddressLists(options);
    if (!this.auth.canAccept)
      throw new Error(`${name}: no auth option lets anybody in (auth.addr.NAME.allow, say)`);
  }

  get exports(): ProtocolServer['children'] {
    return this.children;
  }

  /** Where it listens, from start to stop. */
  get endpoint(): Endpoint | undefined {
    return this.listener?.endpoint;
  }

  override async start(): Promise<void> {
    const network = networkOf(this.options, this.platform.network);
    this.listener = await network.listen(this.at, (stream) => this.accept(stream));
  }

  override async stop(): Promise<void> {
    await this.listener?.close();
    this.listener = undefined;
    this.memory.stop();
    for (const session of this.sessions) session.connection.close('the server stops');
    if (this.sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.platform.clock.after(STOP_TIMEOUT_MS, resolve);
      this.whenEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  isKnown(id: string): boolean {
    for (const session of this.sessions) if (session.clientId === id) return true;
    return false;
  }

  noted(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.tell({ event: 'log', from: this, level, message, fields });
  }

  ended(session: Session): void {
    this.sessions.delete(session);
    if (this.sessions.size === 0) this.whenEmpty?.();
  }

  protected override heard(notice: Notice): void {
    if (notice.event === 'upcall') {
      for (const session of this.sessions)
        if (session.clientId === notice.client) session.tell(notice.upcall);
      return;
    }
    super.heard(notice);
    if (notice.event !== 'child-down') return;
    for (const session of this.sessions) if (session.uses(notice.from)) void session.recheck();
  }

  /** Fops come from the network, never from above. */
  protected otherwise<F extends FopName>(): Promise<Reply<F>> {
    return Promise.reject(new FopError('EOPNOTSUPP', this.name));
  }

  private accept(stream: ByteStream): StreamEvents {
    const session = new Session(this, stream);
    this.sessions.add(session);
    if (this.sessions.size > this.connectionLimit) this.closeOne(session);
    return session.connection;
  }

  /** Strangers keep no client out: the oldest of them goes, and only where all are clients the newcomer does. */
  private closeOne(newest: Session): void {
    const strangers = [...this.sessions].filter(({ clientId }) => clientId === undefined);
    const { connection } = strangers[0] ?? newest;
    const address = endpointText(connection.stream.remote);
    this.noted('warn', 'connection closed: option connection-limit is reached', { address });
    connection.close('too many connections');
  }
}

function checkAddressLists(options: CreateContext['options']): void {
  for (const pattern of ['auth.addr.*.allow', 'auth.addr.*.reject', 'auth.ip.*.allow'])
    for (const [subvolume, list] of options.matching(pattern)) {
      const fault = addressFault(list);
      if (fault !== undefined)
        throw new Error(`option ${pattern.replace('*', subvolume)}: ${fault}`);
    }
}

export const protocolServer: TranslatorSpec = {
  type: 'protocol/server',
  children: { min: 1, max: 1024 },
  options: SERVER_OPTIONS,
  create: (context) => new ProtocolServer(context),
};
