import type { Clock, Random } from '../../src/platform/platform.js';

/** A clock of real timers that are over at once, so that tests need not wait. */
export function instantly(): Clock {
  return {
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
    after(_ms, run) {
      const timer = setImmediate(run);
      return { cancel: () => clearImmediate(timer) };
    },
  };
}

/** A clock that stands until it is told to go on; timers run in the order of their times. */
export class ManualClock implements Clock {
  private now = 1_700_000_000_000;
  private timers: { readonly at: number; readonly run: () => void }[] = [];

  monotonicMs(): number {
    return this.now;
  }

  wallMs(): number {
    return this.now;
  }

  after(ms: number, run: () => void) {
    const timer = { at: this.now + ms, run };
    this.timers.push(timer);
    return { cancel: () => this.cancel(timer) };
  }

  private cancel(timer: { readonly at: number }): void {
    this.timers = this.timers.filter((other) => other !== timer);
  }

  /** Lets time pass and runs what comes due. */
  advance(ms: number): void {
    this.now += ms;
    const due = this.timers.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.timers = this.timers.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
  }
}

/** Random numbers that are the same for the same seed (a 32-bit xorshift). */
export function seeded(seed: number): Random {
  let state = seed * 2_654_435_761 + 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const bytes = (count: number) => Buffer.from(Array.from({ length: count }, () => next() & 255));
  return {
    bytes,
    int: (below) => next() % below,
    uuid: () => {
      const hex = bytes(16).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
