import type { SimEvent } from './event-queue.js';
import type { Fabric } from './fabric.js';

/** What a sender's kernel takes before the other side has read it. */
const WINDOW_BYTES = 128 * 1024;
const MAX_SEGMENT_BYTES = 64 * 1024;

/** A connection whose bytes find no way for so long is given up. */
const GIVE_UP_MS = 120_000;

/** How often bytes wait a moment for more, to be merged. */
const LINGER_CHANCE = 0.2;
const LINGER_MS = 0.05;

/** A piece on its way, or the sign that no more come. */
export type Segment = Buffer | 'end';

export interface OutgoingEvents {
  arrived(segment: Segment): void;
  /** The queue is empty. */
  emptied(): void;
  gaveUp(): void;
}

/**
 * The bytes of one direction of a connection: a queue of the process, then a wire of limited length. Pieces
 * are cut and merged at random and arrive in order. While the link is cut they wait and arrive after it heals.
 */
export class Outgoing {
  queuedBytes = 0;
  private queue: Uint8Array[] = [];
  private wire: Segment[] = [];
  private wireBytes = 0;
  private lastArrivalMs = 0;
  private isLingering = false;
  private isOver = false;
  private isSilent = false;
  /** Pieces that came to a cut link: the first so many of the wire. */
  private lost = 0;
  private giveUp: SimEvent | undefined;

  constructor(
    private readonly fabric: Fabric,
    private readonly from: string,
    private readonly to: string,
    private readonly label: string,
    private readonly events: OutgoingEvents,
  ) {}

  push(chunks: readonly Uint8Array[]): void {
    if (this.isOver) return;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.queue.push(chunk);
      this.queuedBytes += chunk.length;
    }
    if (!this.isLingering && this.fabric.random.chance(LINGER_CHANCE)) this.linger();
    else this.pump();
  }

  /** The other side has read so many bytes. */
  acknowledge(bytes: number): void {
    this.wireBytes -= bytes;
    this.pump();
  }

  /** No more: what is on the wire arrives, then the end. What is only queued is lost. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.dropQueue();
    this.transmit('end');
  }

  /** Nothing more arrives. */
  abandon(): void {
    this.isOver = true;
    this.dropQueue();
    this.wire = [];
    this.settle();
  }

  /** The sender is gone without a word: packets between the machines arrive, nothing is sent again. */
  fallSilent(): void {
    if (this.lost > 0) this.abandon();
    this.isSilent = true;
    this.isOver = true;
    this.dropQueue();
  }

  private dropQueue(): void {
    this.queue = [];
    this.queuedBytes = 0;
  }

  private linger(): void {
    this.isLingering = true;
    this.fabric.kernel.schedule(LINGER_MS, null, `${this.label} linger`, () => {
      this.isLingering = false;
      this.pump();
    });
  }

  private pump(): void {
    if (this.isLingering || this.isOver || this.queuedBytes === 0) return;
    while (this.queuedBytes > 0 && this.wireBytes < WINDOW_BYTES) {
      const segment = this.take();
      this.wireBytes += segment.length;
      this.transmit(segment);
    }
    if (this.queuedBytes === 0) this.events.emptied();
  }

  /** The next piece: mostly all that there is. */
  private take(): Buffer {
    const { random } = this.fabric;
    const most = Math.min(this.queuedBytes, MAX_SEGMENT_BYTES);
    const size = random.chance(0.75) ? most : 1 + random.int(most);
    const segment = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) filled += this.takeInto(segment, filled);
    this.queuedBytes -= size;
    return segment;
  }

  private takeInto(segment: Buffer, at: number): number {
    const first = this.queue[0] ?? Buffer.alloc(0);
    const part = first.subarray(0, segment.length - at);
    segment.set(part, at);
    if (part.length === first.length) this.queue.shift();
    else this.queue[0] = first.subarray(part.length);
    return part.length;
  }

  private transmit(segment: Segment): void {
    this.wire.push(segment);
    const { kernel } = this.fabric;
    const arrivalMs = kernel.nowMs + this.fabric.delayMs(this.from, this.to);
    this.lastArrivalMs = Math.max(this.lastArrivalMs, arrivalMs);
    const size = segment === 'end' ? segment : segment.length;
    kernel.schedule(this.lastArrivalMs - kernel.nowMs, null, `${this.label} ${size}`, () =>
      this.arrive(),
    );
  }

  private arrive(): void {
    if (this.lost > 0) this.lost++;
    else if (this.fabric.canPass(this.from, this.to)) this.deliver();
    else this.stall();
  }

  private deliver(): void {
    const segment = this.wire.shift();
    if (segment !== undefined) this.events.arrived(segment);
  }

  private stall(): void {
    if (this.wire.length === 0) return;
    if (this.isSilent) {
      this.abandon();
      return;
    }
    this.lost = 1;
    this.giveUp = this.fabric.kernel.schedule(GIVE_UP_MS, null, `${this.label} gives up`, () => {
      this.abandon();
      this.events.gaveUp();
    });
    this.fabric.whenOpen(this.from, this.to, () => this.resend());
  }

  private resend(): void {
    if (this.lost === 0) return;
    if (!this.fabric.canPass(this.from, this.to)) {
      this.fabric.whenOpen(this.from, this.to, () => this.resend());
      return;
    }
    const count = this.lost;
    this.settle();
    for (let at = 0; at < count; at++) this.deliver();
  }

  private settle(): void {
    this.lost = 0;
    this.giveUp?.cancel();
  }
}
