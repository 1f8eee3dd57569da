import type { ByteStream, Endpoint, StreamEvents } from '../../src/platform/network.js';
import type { SimEvent } from './event-queue.js';
import type { Fabric } from './fabric.js';
import { Outgoing, type Segment } from './outgoing.js';
import type { Death, SimProcess } from './process.js';

/** Once this much was queued, the owner is told when the queue is empty, as a socket's high-water mark does. */
const DRAIN_MARK_BYTES = 16 * 1024;

/**
 * One end of a simulated TCP connection. Between arrival and `data` lies the buffer of the machine's kernel: it fills
 * while the owner has paused the stream or is itself stopped, and then the other side's window closes.
 */
export class SimStream implements ByteStream {
  private readonly outgoing: Outgoing;
  private other: SimStream | undefined;
  private events: StreamEvents | undefined;
  private isOpen = true;
  private isPaused = false;
  private wantsDrain = false;
  private received: Buffer[] = [];
  private hasEnded = false;
  private why = '';
  private reading: SimEvent | undefined;
  private readonly forget: () => void;

  constructor(
    private readonly fabric: Fabric,
    private readonly process: SimProcess,
    readonly local: Endpoint,
    readonly remote: Endpoint,
    /** The machines' own addresses, where the endpoints may name loopback. */
    private readonly from: string,
    private readonly to: string,
  ) {
    const label = `${process.machine.name}:${local.port}>${remote.host}:${remote.port}`;
    this.outgoing = new Outgoing(fabric, from, to, label, {
      arrived: (segment) => this.other?.take(segment),
      emptied: () => this.drained(),
      gaveUp: () => this.broken('ETIMEDOUT'),
    });
    this.forget = process.onDeath((death) => this.orphaned(death));
    fabric.addStream(this);
  }

  /** Joins two ends. */
  static join(one: SimStream, two: SimStream): void {
    one.other = two;
    two.other = one;
  }

  /** The owner is known: what has arrived goes to it. */
  opened(events: StreamEvents): void {
    this.events = events;
    if (this.isOpen) this.readSoon();
    else this.tellClosed();
  }

  get queuedBytes(): number {
    return this.outgoing.queuedBytes;
  }

  /** Whether this end sends over that link. */
  goes(from: string, to: string): boolean {
    return this.from === from && this.to === to;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (!this.isOpen || !this.process.isAlive) return;
    this.outgoing.push(chunks);
    if (this.outgoing.queuedBytes >= DRAIN_MARK_BYTES) this.wantsDrain = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    if (this.isOpen) this.readSoon();
  }

  close(why = 'closed here'): void {
    if (!this.isOpen) return;
    this.part(this.fabric.random.chance(0.7));
    this.lose(why);
  }

  /** A cut that resets has come between: both ends are told. */
  severed(): void {
    this.broken('ECONNRESET');
    this.other?.broken('ECONNRESET');
  }

  /** Closes this end as its kernel does: with an end after the last byte, or with a reset that overtakes. */
  private part(isOrderly: boolean): void {
    if (isOrderly) {
      this.outgoing.end();
      return;
    }
    this.outgoing.abandon();
    this.sendReset();
  }

  private orphaned(death: Death): void {
    if (!this.isOpen) return;
    this.leave();
    if (death === 'power') this.outgoing.fallSilent();
    else this.part(this.fabric.random.chance(0.5));
  }

  private leave(): void {
    this.isOpen = false;
    this.received = [];
    this.forget();
    this.fabric.removeStream(this);
  }

  /** The connection is over for this end; its owner is told. */
  private lose(why: string): void {
    this.leave();
    this.why = why;
    if (this.events !== undefined) this.tellClosed();
  }

  /** It is over, and nothing of this end arrives any more. */
  private broken(why: string): void {
    if (!this.isOpen) return;
    this.outgoing.abandon();
    this.lose(why);
  }

  private tellClosed(): void {
    const { why } = this;
    this.fabric.kernel.schedule(0, this.process, `closed (${why})`, () => this.events?.closed(why));
  }

  private take(segment: Segment): void {
    if (!this.isOpen) {
      if (segment !== 'end') this.sendReset();
      return;
    }
    if (segment === 'end') this.hasEnded = true;
    else this.received.push(segment);
    const isIdle = this.reading === undefined && this.received.length <= 1;
    if (isIdle && !this.process.isPaused) this.read();
    else this.readSoon();
  }

  private sendReset(): void {
    const arrive = (): void => {
      if (this.fabric.canPass(this.from, this.to)) this.other?.broken('ECONNRESET');
      else this.fabric.whenOpen(this.from, this.to, arrive);
    };
    this.fabric.send(this.from, this.to, `reset ${this.from}>${this.to}`, arrive);
  }

  private readSoon(): void {
    this.reading ??= this.fabric.kernel.schedule(0, this.process, 'read', () => {
      this.reading = undefined;
      this.read();
    });
  }

  /** Hands one piece to the owner; the next comes in an event of its own. */
  private read(): void {
    if (!this.isOpen || this.isPaused || this.events === undefined) return;
    const chunk = this.received.shift();
    if (chunk === undefined) {
      if (this.hasEnded) this.broken('closed by peer');
      return;
    }
    if (this.received.length > 0 || this.hasEnded) this.readSoon();
    this.acknowledge(chunk.length);
    this.events.data(chunk);
  }

  private acknowledge(bytes: number): void {
    const tell = (): void => {
      if (this.fabric.canPass(this.from, this.to)) this.other?.outgoing.acknowledge(bytes);
      else this.fabric.whenOpen(this.from, this.to, tell);
    };
    tell();
  }

  private drained(): void {
    if (!this.wantsDrain || !this.isOpen) return;
    this.wantsDrain = false;
    this.fabric.kernel.schedule(0, this.process, 'drain', () => {
      if (this.isOpen) this.events?.drain();
    });
  }
}
