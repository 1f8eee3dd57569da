import type { Disk } from './disk.js';
import type { Network } from './network.js';

/*
 * THE OUTSIDE. Everything that is not computation passes through these interfaces, so that the simulator
 * can stand in for the machine. `node.ts` beside this file is the real one.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. Deadlines and intervals use this. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for display and file times. Nothing is decided by it. */
  wallMs(): number;
  /** Calls `run` once, no sooner than `ms` from now. A pending timer does not keep a process alive. */
  after(ms: number, run: () => void): Timer;
}

export interface Random {
  /** Unpredictable bytes, fit for secrets. */
  bytes(count: number): Buffer;
  /** An integer from 0 up to, not including, `below`. */
  int(below: number): number;
  /** A random (version 4) uuid. */
  uuid(): string;
}

export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly disk: Disk;
}

/** Settles after `ms`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
