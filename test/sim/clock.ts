import type { Clock, Timer } from '../../src/platform/platform.js';
import type { Owner } from './event-queue.js';
import type { Kernel } from './kernel.js';
import type { SimRandom } from './random.js';

/** The wall time at which every simulation begins: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000;

/** A timer fires up to this much later than asked for, as real ones do. */
const TIMER_SLACK_MS = 1;

/** How the time of one machine runs: its wall clock may be off and jump, its crystal may be fast or slow. */
export class MachineTime {
  private offsetMs = 0;
  private readonly bootMs: number;

  constructor(
    private readonly kernel: Kernel,
    random: SimRandom,
    /** Its seconds per true second, near 1. */
    readonly rate = 1,
  ) {
    this.bootMs = random.int(1_000_000);
  }

  monotonicMs(): number {
    return this.bootMs + this.kernel.nowMs * this.rate;
  }

  wallMs(): number {
    return Math.floor(EPOCH_MS + this.offsetMs + this.kernel.nowMs * this.rate);
  }

  /** Sets the wall clock forward, or back with a negative number. */
  jumpWall(byMs: number): void {
    this.offsetMs += byMs;
  }

  /** How long `ms` of this machine's time truly are. */
  trueMs(ms: number): number {
    return ms / this.rate;
  }
}

/** A machine's time as one process sees it; its timers die with the process. A machine has one too, for its disk. */
export class SimClock implements Clock {
  constructor(
    private readonly kernel: Kernel,
    /** Null where nobody's death ends its timers. */
    private readonly owner: Owner | null,
    private readonly time: MachineTime,
    private readonly random: SimRandom,
  ) {}

  monotonicMs(): number {
    return this.time.monotonicMs();
  }

  wallMs(): number {
    return this.time.wallMs();
  }

  after(ms: number, run: () => void): Timer {
    const delayMs = this.time.trueMs(Math.max(0, ms)) + this.random.float() * TIMER_SLACK_MS;
    return this.kernel.schedule(delayMs, this.owner, 'timer', run);
  }
}
