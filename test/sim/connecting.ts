import {
  type ByteStream,
  type Endpoint,
  NetworkError,
  type StreamEvents,
} from '../../src/platform/network.js';
import type { Timer } from '../../src/platform/platform.js';
import type { Fabric } from './fabric.js';
import type { SimProcess } from './process.js';
import { SimStream } from './stream.js';

/** The first packet of a connection is sent again after so long, then after twice as long, and so on. */
const RETRY_MS = 1000;

/** One connection being made: a packet there, one back, each of which may get lost and be sent again. */
export class Connecting {
  private isSettled = false;
  private retryMs = RETRY_MS;
  private readonly deadline: Timer;

  constructor(
    private readonly fabric: Fabric,
    private readonly process: SimProcess,
    private readonly from: Endpoint,
    private readonly to: Endpoint,
    /** The target machine's address, where `to` may name loopback. */
    private readonly host: string,
    timeoutMs: number,
    private readonly events: (stream: ByteStream) => StreamEvents,
    private readonly resolve: (stream: ByteStream) => void,
    private readonly reject: (error: NetworkError) => void,
  ) {
    this.deadline = process.clock.after(timeoutMs, () => this.fail('ETIMEDOUT'));
    this.knock();
  }

  private get home(): string {
    return this.process.machine.host;
  }

  private knock(): void {
    const label = `knock ${this.home}>${this.host}:${this.to.port}`;
    this.fabric.send(this.home, this.host, label, () => this.knocked());
  }

  private knocked(): void {
    if (this.isSettled || !this.process.isAlive) return;
    if (this.fabric.link(this.home, this.host).isRefusing) this.refuse();
    else if (!this.fabric.canPass(this.home, this.host)) this.again();
    else this.answer();
  }

  private again(): void {
    const { retryMs } = this;
    this.retryMs *= 2;
    this.fabric.kernel.schedule(retryMs, this.process, 'knock again', () => {
      if (!this.isSettled) this.knock();
    });
  }

  private answer(): void {
    const listener = this.fabric.listenerAt(this.host, this.to.port);
    if (listener === undefined || !listener.answersTo(this.to.host)) {
      this.refuse();
      return;
    }
    const mine = new SimStream(this.fabric, this.process, this.from, this.to, this.home, this.host);
    listener.take(mine, this.from, this.to, this.home);
    this.back('accepted', () => this.established(mine));
  }

  private refuse(): void {
    this.back('refused', () => this.fail('ECONNREFUSED'));
  }

  /** The answering packet; it is sent again while it does not get through. */
  private back(what: string, arrive: () => void): void {
    const arrived = (): void => {
      const isLost = !this.fabric.canPass(this.host, this.home);
      const isRefusing = this.fabric.link(this.host, this.home).isRefusing;
      if (isLost && !isRefusing) this.fabric.whenOpen(this.host, this.home, arrived);
      else this.fabric.kernel.schedule(0, this.process, what, arrive);
    };
    this.fabric.send(this.host, this.home, `${what} ${this.host}>${this.home}`, arrived);
  }

  private established(stream: SimStream): void {
    if (this.isSettled) {
      stream.close('too late');
      return;
    }
    this.settle();
    this.resolve(stream);
    stream.opened(this.events(stream));
  }

  private fail(code: string): void {
    if (this.isSettled) return;
    this.settle();
    this.reject(new NetworkError(code, this.to));
  }

  private settle(): void {
    this.isSettled = true;
    this.deadline.cancel();
  }
}
