import type { Clock } from '../platform/platform.js';

/**
 * A pass owes this many times the pause that it took. What is owed beyond BURST_MS is paused before the next one: under
 * lasting load more commits are gathered, of which only the last of each key is written, and the log keeps the disk.
 */
const PAUSE_FACTOR = 10;
const BURST_MS = 100;
const MAX_PAUSE_MS = 2000;

/** After a quiet time a pass begins this soon; while commits come closer than BUSY_MS, this much later. */
const GATHER_MS = 2;
const BUSY_MS = 20;
const BUSY_GATHER_MS = 500;

/** How much of the disk's time the applier may take. */
export class ApplierPace {
  private startedMs = 0;
  private endedMs = 0;
  private owedMs = 0;
  private touchedMs = Number.NEGATIVE_INFINITY;
  /** How long more commits are gathered before a pass. */
  gatherMs = GATHER_MS;
  /** No pass begins before. */
  pausedUntilMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Forgets what was owed: something has to be looked at now. */
  hurry(): void {
    this.pausedUntilMs = 0;
  }

  /** A commit has come. */
  touched(): void {
    const nowMs = this.clock.monotonicMs();
    this.gatherMs = nowMs - this.touchedMs < BUSY_MS ? BUSY_GATHER_MS : GATHER_MS;
    this.touchedMs = nowMs;
  }

  began(): void {
    this.startedMs = this.clock.monotonicMs();
  }

  /** Adds what the pass just over owes to what is left of earlier ones. */
  ended(): void {
    const nowMs = this.clock.monotonicMs();
    const leftMs = Math.max(0, this.owedMs - (nowMs - this.endedMs));
    const owedMs = leftMs + PAUSE_FACTOR * (nowMs - this.startedMs);
    this.owedMs = Math.min(BURST_MS + MAX_PAUSE_MS, owedMs);
    this.endedMs = nowMs;
    this.pausedUntilMs = nowMs + Math.max(0, this.owedMs - BURST_MS);
  }
}
