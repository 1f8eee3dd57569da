import type { Upcall } from '../../../fop/upcall.js';
import { type Endpoint, type Network, NetworkError } from '../../../platform/network.js';
import type { Platform, Timer } from '../../../platform/platform.js';
import { RpcError } from '../../../rpc/error.js';
import { type Dialled, dial, type Line } from './dial.js';
import type { OpenFds } from './open-fds.js';
import { ClientSession } from './session.js';
import { brickPort, HandshakeError, setVolume, type Welcome } from './set-volume.js';
import type { Target } from './target.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** So a server that comes up is found after a third more time than it took. */
const PAUSE_GROWTH = 1.5;
/** After wrong credentials, which only a change of configuration on the other side can cure. */
const REFUSED_PAUSE_MS = 10_000;

export interface ConnectorEvents {
  /** Fops may be sent over the session. */
  up(session: ClientSession): void;
  /** The server tells something unasked. */
  upcall(upcall: Upcall): void;
  /** No session, or none any more; told after every attempt that came to nothing. */
  down(why: string): void;
  /** The server knows the user and the password to be wrong. */
  refused(why: string): void;
}

/** Keeps a client connected: dials, shakes hands, waits for the end, pauses, and begins again. */
export class Connector {
  private isStopped = true;
  private current: Dialled | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private wake: (() => void) | undefined;
  private introductions = 0;
  private readonly processId: string;
  private volumeId: string | undefined;
  /** To the brick; whoever knows its port is asked without TLS, as GlusterFS has it. */
  private toBrick: Network;

  constructor(
    private readonly name: string,
    private readonly target: Target,
    private readonly fds: OpenFds,
    private readonly platform: Platform,
    private readonly events: ConnectorEvents,
  ) {
    this.processId = platform.random.uuid();
    this.toBrick = platform.network;
  }

  start(toBrick = this.platform.network): void {
    if (!this.isStopped) return;
    this.toBrick = toBrick;
    this.isStopped = false;
    void this.run();
  }

  /** An attempt that is still being dialled ends by itself, and nobody is told of it. */
  stop(): void {
    this.isStopped = true;
    this.current?.connection.close('this client stops');
    this.wake?.();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const why = await this.attempt();
      if (this.isStopped) return;
      this.events.down(why);
      await this.pause();
    }
  }

  /** One connection from beginning to end; answers why it ended or did not come about. */
  private async attempt(): Promise<string> {
    try {
      return await this.connect();
    } catch (error) {
      if (error instanceof HandshakeError) return this.turnedAway(error);
      if (error instanceof RpcError || error instanceof NetworkError) return error.message;
      throw error;
    } finally {
      this.current?.connection.close('the handshake failed');
      this.current = undefined;
    }
  }

  private turnedAway(error: HandshakeError): string {
    if (error.errno === 'EACCES') {
      this.pauseMs = REFUSED_PAUSE_MS;
      this.events.refused(error.message);
    }
    return `${error.errno}: ${error.message}`;
  }

  private async connect(): Promise<string> {
    const { endpoint, isBrick } = this.target;
    let dialled = await this.dial(isBrick ? this.toBrick : this.platform.network, endpoint);
    const port = await brickPort(dialled.connection, this.target);
    if (port !== undefined) {
      dialled.connection.close('the brick is elsewhere');
      dialled = await this.dial(this.toBrick, { host: endpoint.host, port });
      if ((await brickPort(dialled.connection, this.target)) !== undefined)
        throw new HandshakeError('ELOOP', 'the port that was named is no brick');
    }
    const welcome = await setVolume(dialled.connection, this.target, this.nextId());
    this.checkVolume(welcome);
    return this.serve(dialled, welcome);
  }

  private async dial(network: Network, endpoint: Endpoint): Promise<Dialled> {
    const dialled = await dial(network, this.platform.clock, endpoint);
    this.current = dialled;
    if (this.isStopped) dialled.connection.close('this client stops');
    return dialled;
  }

  /** Unique to each introduction, in the form that GlusterFS gives it. */
  private nextId(): string {
    const count = this.introductions;
    this.introductions += 1;
    const host = this.current?.connection.stream.local.host ?? 'unknown';
    return `CTX_ID:${this.processId}-GRAPH_ID:0-PID:0-HOST:${host}-PC_NAME:${this.name}-RECON_NO:-${count}`;
  }

  private checkVolume({ volumeId }: Welcome): void {
    if (volumeId === undefined) return;
    this.volumeId ??= volumeId;
    if (volumeId !== this.volumeId)
      throw new HandshakeError('EINVAL', `the server has volume ${volumeId} now`);
  }

  private async serve({ line, connection }: Dialled, { isChildUp }: Welcome): Promise<string> {
    const { clock } = this.platform;
    const session = new ClientSession(connection, this.target, this.fds, clock, this.name);
    this.pauseMs = FIRST_PAUSE_MS;
    this.listenTo(line, session);
    if (isChildUp) void this.comeUp(session);
    else this.events.down('the subvolume of the server is down');
    return line.over;
  }

  /** Nobody hears of the session before all that was open is open there. */
  private async comeUp(session: ClientSession): Promise<void> {
    await session.reopen();
    if (!session.connection.isOver) this.events.up(session);
  }

  private listenTo(line: Line, session: ClientSession): void {
    line.overListener = (why) => {
      session.end();
      this.events.down(why);
    };
    line.upcallListener = (upcall) => this.events.upcall(upcall);
    line.childListener = (isUp) => {
      if (isUp) void this.comeUp(session);
      else this.events.down('the server says that its subvolume is down');
    };
  }

  private async pause(): Promise<void> {
    const ms = this.pauseMs;
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, ms * PAUSE_GROWTH);
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = this.platform.clock.after(ms, resolve);
    });
    timer?.cancel();
    this.wake = undefined;
  }
}
