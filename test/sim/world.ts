import type { Kernel } from './kernel.js';
import type { Trace } from './trace.js';

/** What became of one run of a world. */
export interface WorldResult {
  readonly ok: boolean;
  readonly failures: readonly string[];
  readonly trace: Trace;
}

export interface WorldOptions {
  /** Whether the trace's lines will be read. */
  readonly keepsTrace: boolean;
}

/** A whole simulated cluster with its work and its checks. All chance in it comes from the seed. */
export type World = (seed: number, options: WorldOptions) => Promise<WorldResult>;

/** What the kernel saw and what the checks found, in one. */
export function resultOf(kernel: Kernel, faultsFound: readonly string[]): WorldResult {
  const failures = [...kernel.failures, ...faultsFound];
  return { ok: failures.length === 0, failures, trace: kernel.trace };
}
