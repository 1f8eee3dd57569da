import type { World, WorldResult } from './world.js';

export interface NamedWorld {
  readonly name: string;
  readonly world: World;
}

export interface SeedFailure {
  readonly name: string;
  readonly seed: number;
  readonly failures: readonly string[];
}

export interface SeedOptions {
  readonly from: number;
  readonly count: number;
  /** Runs each seed a second time; a trace that differs is a failure. */
  readonly isTwice?: boolean;
  readonly onFailure?: (failure: SeedFailure) => void;
}

/** Runs each world under each seed, one after the other; answers what failed. */
export async function runSeeds(
  worlds: readonly NamedWorld[],
  options: SeedOptions,
): Promise<SeedFailure[]> {
  const found: SeedFailure[] = [];
  for (let seed = options.from; seed < options.from + options.count; seed++)
    for (const { name, world } of worlds) {
      const failures = await runSeed(world, seed, options.isTwice ?? false);
      if (failures.length === 0) continue;
      const failure = { name, seed, failures };
      found.push(failure);
      options.onFailure?.(failure);
    }
  return found;
}

/** What failed; a world that throws has failed too. */
async function runSeed(world: World, seed: number, isTwice: boolean): Promise<readonly string[]> {
  try {
    return await failuresOf(world, seed, isTwice);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

async function failuresOf(
  world: World,
  seed: number,
  isTwice: boolean,
): Promise<readonly string[]> {
  const first = await world(seed, { keepsTrace: false });
  if (!isTwice) return first.failures;
  const second = await world(seed, { keepsTrace: false });
  return [...first.failures, ...differences(first, second)];
}

function differences(first: WorldResult, second: WorldResult): string[] {
  if (first.trace.hash === second.trace.hash) return [];
  const counts = `${first.trace.count} and ${second.trace.count} lines`;
  return [`two runs differ: ${counts}, ${first.trace.hash} and ${second.trace.hash}`];
}
