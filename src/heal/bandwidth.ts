import type { Clock } from '../platform/platform.js';
import { sleep } from '../platform/platform.js';

/** Lets so many bytes through in a second, over a second's worth at most at once. Who asks first goes first. */
export class Bandwidth {
  private free: number;
  private at: number;
  private turn: Promise<void> = Promise.resolve();

  /** `bytesPerSecond` undefined: as many as there are. */
  constructor(
    private readonly clock: Clock,
    private readonly bytesPerSecond: number | undefined,
  ) {
    if (bytesPerSecond !== undefined && !(bytesPerSecond > 0))
      throw new RangeError('a bandwidth is more than 0');
    this.free = bytesPerSecond ?? 0;
    this.at = clock.monotonicMs();
  }

  /** Settles when so many bytes may go. More than a second's worth go as soon as the debt before them is paid. */
  take(bytes: number): Promise<void> {
    if (this.bytesPerSecond === undefined) return Promise.resolve();
    const rate = this.bytesPerSecond;
    this.turn = this.turn.then(() => this.wait(bytes, rate));
    return this.turn;
  }

  private async wait(bytes: number, rate: number): Promise<void> {
    this.refill(rate);
    if (this.free < 0) {
      await sleep(this.clock, Math.ceil((-this.free / rate) * 1000));
      this.refill(rate);
    }
    this.free -= bytes;
  }

  private refill(rate: number): void {
    const now = this.clock.monotonicMs();
    this.free = Math.min(rate, this.free + ((now - this.at) / 1000) * rate);
    this.at = now;
  }
}
