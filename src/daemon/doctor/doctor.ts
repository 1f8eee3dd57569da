import type { Disk } from '../../platform/disk.js';
import type { ProcessFacts } from '../../platform/node/process-facts.js';
import type { Clock, Random } from '../../platform/platform.js';
import type { Check } from './check.js';
import { directoryChecks } from './directory-checks.js';
import { diskChecks } from './disk-checks.js';
import { logCheck } from './log-check.js';
import { machineChecks } from './machine-checks.js';
import { spaceChecks } from './space-checks.js';

/** Longer than any check takes by itself. */
export const CHECK_MS = 5000;

/** What can be looked at on this machine, whether or not its hekafsd runs. */
export interface Machine {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly facts: ProcessFacts;
  readonly stateDir: string;
  /** The directory of its brick, where it has one. */
  readonly brick: string | undefined;
}

export function localChecks(machine: Machine): readonly Check[] {
  const { disk, clock, random, facts, stateDir, brick } = machine;
  return [
    ...machineChecks(facts),
    ...directoryChecks(disk, stateDir, facts.uid),
    ...spaceChecks(disk, brick === undefined ? [stateDir] : [stateDir, brick]),
    ...diskChecks(disk, clock, random, brick ?? stateDir),
    ...(brick === undefined ? [] : [logCheck(disk, clock, brick)]),
  ];
}
