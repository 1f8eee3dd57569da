import type { Clock, Timer } from '../../../src/platform/platform.js';

interface Waiting {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  private nowMs = 1000;
  private readonly waiting = new Set<Waiting>();

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.nowMs;
  }

  after(ms: number, run: () => void): Timer {
    const waiting = { dueMs: this.nowMs + ms, run };
    this.waiting.add(waiting);
    return { cancel: () => void this.waiting.delete(waiting) };
  }

  /** Lets time pass, timer by timer, with room for what each of them sets off. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await settle();
      const next = [...this.waiting].toSorted((one, other) => one.dueMs - other.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.waiting.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.run();
    }
    this.nowMs = endMs;
    await settle();
  }
}

/** Gives everything that is on its way in this process time to arrive. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
