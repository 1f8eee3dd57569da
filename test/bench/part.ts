import type { System } from './system.js';
import type { Row } from './table.js';

/** How much is measured. */
export interface Amounts {
  /** Of one round of load, and how many rounds each system gets, in turn. */
  readonly seconds: number;
  readonly rounds: number;
  readonly failovers: number;
  readonly puts: number;
  readonly commands: number;
}

/** What a part of the bench works with. */
export interface Setting {
  readonly hekafs: System;
  /** Undefined where it is not installed. */
  readonly etcd: System | undefined;
  readonly amounts: Amounts;
  say(line: string): void;
}

export type Part = (setting: Setting) => Promise<readonly Row[]>;

/** Ours first in one round, theirs first in the next. */
export function inTurn({ hekafs, etcd }: Setting, round: number): readonly System[] {
  if (etcd === undefined) return [hekafs];
  return round % 2 === 0 ? [hekafs, etcd] : [etcd, hekafs];
}

/** Numbers by system. */
export class Samples<T = number> {
  private readonly bySystem = new Map<System, T[]>();

  add(system: System, sample: T): void {
    const known = this.bySystem.get(system);
    if (known) known.push(sample);
    else this.bySystem.set(system, [sample]);
  }

  of(system: System | undefined): readonly T[] {
    return (system && this.bySystem.get(system)) ?? [];
  }
}
