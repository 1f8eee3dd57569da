import type { Engine } from './engine.js';

/** How much is measured. */
export interface BrickAmounts {
  readonly rounds: number;
  /** Of one load over the wire. */
  readonly ms: number;
  readonly files: number;
  readonly fileMib: number;
  /** Blocks of 4 KiB, read or written at random. */
  readonly blocks: number;
  readonly inodes: number;
}

export const FULL: BrickAmounts = {
  rounds: 5,
  ms: 2000,
  files: 2000,
  fileMib: 512,
  blocks: 20_000,
  inodes: 100_000,
};

/** For a look while something is being made faster. */
export const SMALL: BrickAmounts = {
  rounds: 2,
  ms: 500,
  files: 400,
  fileMib: 64,
  blocks: 4000,
  inodes: 10_000,
};

export interface BrickSetting {
  readonly engines: readonly Engine[];
  readonly amounts: BrickAmounts;
  say(line: string): void;
}
