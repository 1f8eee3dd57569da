import type { Clock, Timer } from '../platform/platform.js';
import type { VoterLength } from './log/entry.js';
import { KnownLengths } from './log/known-lengths.js';

/** New lengths are kept this much later at most; a sync for each commit would cost more than it tells. */
const REMEMBER_MS = 2000;

/** What is known of the logs' lengths, kept for the next start: now and then, and at the end. */
export class RememberedLengths {
  readonly known: KnownLengths;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    lengths: readonly VoterLength[],
    private readonly remember: (lengths: readonly VoterLength[]) => void,
  ) {
    this.known = new KnownLengths(lengths, () => this.changed());
  }

  private changed(): void {
    this.timer ??= this.clock.after(REMEMBER_MS, () => this.flush());
  }

  /** Keeps what is new, if anything is. */
  flush(): void {
    if (this.timer === undefined) return;
    this.timer.cancel();
    this.timer = undefined;
    this.remember(this.known.all());
  }
}
