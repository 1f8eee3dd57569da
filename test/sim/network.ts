import {
  type ByteStream,
  type Endpoint,
  type Listener,
  type Network,
  NetworkError,
  type StreamEvents,
} from '../../src/platform/network.js';
import { Connecting } from './connecting.js';
import type { Fabric } from './fabric.js';
import type { SimProcess } from './process.js';
import { SimStream } from './stream.js';

const LOOPBACK_HOST = '127.0.0.1';
const ANY_HOSTS = ['0.0.0.0', '::'];

/** A listening socket. Its machine's kernel takes connections even while the process is stopped. */
export class SimListener implements Listener {
  private readonly waiting = new Set<SimStream>();
  private readonly forget: () => void;
  private isOpen = true;

  constructor(
    private readonly fabric: Fabric,
    private readonly process: SimProcess,
    readonly endpoint: Endpoint,
    private readonly accept: (stream: ByteStream) => StreamEvents,
  ) {
    this.forget = process.onDeath(() => this.leave());
    fabric.addListener(process.machine.host, endpoint.port, this);
  }

  /** Whether a connection to that address of the machine is for this socket. */
  answersTo(host: string): boolean {
    const { host: own } = this.endpoint;
    return own === host || ANY_HOSTS.includes(own);
  }

  /** A connection has come, from the other machine's end `theirs`. */
  take(theirs: SimStream, from: Endpoint, to: Endpoint, home: string): void {
    const { host } = this.process.machine;
    const mine = new SimStream(this.fabric, this.process, to, from, host, home);
    SimStream.join(mine, theirs);
    this.waiting.add(mine);
    this.fabric.kernel.schedule(0, this.process, `accept ${from.host}:${from.port}`, () => {
      if (this.waiting.delete(mine)) mine.opened(this.accept(mine));
    });
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.forget();
    this.leave();
    for (const stream of this.waiting) stream.close('not accepted');
    this.waiting.clear();
  }

  private leave(): void {
    this.isOpen = false;
    this.fabric.removeListener(this.process.machine.host, this.endpoint.port);
  }
}

/** The network as one process sees it. Every machine has one address and loopback. */
export class SimNetwork implements Network {
  constructor(
    private readonly fabric: Fabric,
    private readonly process: SimProcess,
  ) {}

  connect(
    to: Endpoint,
    events: (stream: ByteStream) => StreamEvents,
    timeoutMs: number,
  ): Promise<ByteStream> {
    const { host: home } = this.process.machine;
    const isLoopback = to.host === LOOPBACK_HOST;
    const from = { host: isLoopback ? LOOPBACK_HOST : home, port: this.process.machine.freePort() };
    const target = isLoopback ? home : to.host;
    return new Promise((resolve, reject) => {
      const { fabric, process } = this;
      new Connecting(fabric, process, from, to, target, timeoutMs, events, resolve, reject);
    });
  }

  async listen(at: Endpoint, accept: (stream: ByteStream) => StreamEvents): Promise<Listener> {
    const { host: home } = this.process.machine;
    if (![home, LOOPBACK_HOST, ...ANY_HOSTS].includes(at.host))
      throw new NetworkError('EADDRNOTAVAIL', at);
    const port = at.port === 0 ? this.process.machine.freePort() : at.port;
    if (this.fabric.listenerAt(home, port) !== undefined) throw new NetworkError('EADDRINUSE', at);
    return new SimListener(this.fabric, this.process, { host: at.host, port }, accept);
  }
}
