import { performance } from 'node:perf_hooks';
import type { Clock } from '../platform.js';

/** The machine's clocks. */
export const nodeClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.max(0, Math.ceil(ms)));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
