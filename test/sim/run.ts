import { parseArgs } from 'node:util';
import { crashWorld } from './brick-crash-world.js';
import { brickWorld } from './brick-world.js';
import { configWorld } from './config-world.js';
import { enumerationWorld, SHORT, WHOLE } from './enumeration.js';
import { logWorld, rollBackWorld } from './log-world.js';
import { registerWorld } from './register-world.js';
import { runMutants } from './replica-mutants.js';
import { replicaWorld } from './replica-world.js';
import { type NamedWorld, runSeeds, type SeedFailure } from './seeds.js';
import type { World } from './world.js';

const USAGE = `usage: npm run sim -- --seeds N [--from S] [--world NAME] [--twice]
       npm run sim -- SEED [--world NAME]
       npm run sim -- --mutants

The first runs N seeds and ends with one line: seeds, failures, seconds. --twice runs each a second time and compares.
The second replays one seed and prints its trace. The third plants defects in replicate, one after the other, and tells what finds each.
 Without --world every world runs.
`;

const WORLDS: Readonly<Record<string, World>> = {
  register: registerWorld,
  brick: brickWorld,
  crash: crashWorld,
  log: logWorld,
  'roll-back': rollBackWorld,
  config: configWorld,
  replica: replicaWorld,
  enumeration: enumerationWorld(WHOLE),
  'enumeration-short': enumerationWorld(SHORT),
};

class UsageError extends Error {}

function integer(text: string, name: string): number {
  const number = Number(text);
  if (text === '' || !Number.isSafeInteger(number) || number < 0)
    throw new UsageError(`${name} needs a whole number, not "${text}"`);
  return number;
}

function chosen(name: string | undefined): NamedWorld[] {
  const all = Object.entries(WORLDS).map(([key, world]) => ({ name: key, world }));
  const worlds = all.filter((one) => name === undefined || one.name === name);
  if (worlds.length > 0) return worlds;
  throw new UsageError(`no world "${name}"; there are: ${Object.keys(WORLDS).join(', ')}`);
}

function report({ name, seed, failures }: SeedFailure): void {
  process.stdout.write(`FAILED seed ${seed} of ${name}\n`);
  for (const failure of failures) process.stdout.write(`  ${failure.replaceAll('\n', '\n  ')}\n`);
}

async function replay(worlds: readonly NamedWorld[], seed: number): Promise<boolean> {
  let isOk = true;
  for (const { name, world } of worlds) {
    const { failures, trace } = await world(seed, { keepsTrace: true });
    for (const line of trace.lines) process.stdout.write(`${line}\n`);
    process.stdout.write(`seed ${seed} of ${name}: ${trace.count} lines, trace ${trace.hash}\n`);
    if (failures.length > 0) report({ name, seed, failures });
    isOk &&= failures.length === 0;
  }
  return isOk;
}

async function soak(
  worlds: readonly NamedWorld[],
  from: number,
  count: number,
  isTwice: boolean,
): Promise<boolean> {
  const start = performance.now();
  const failed = await runSeeds(worlds, { from, count, isTwice, onFailure: report });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${count} seeds, ${failed.length} failures, ${seconds} seconds\n`);
  return failed.length === 0;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        world: { type: 'string' },
        twice: { type: 'boolean' },
        mutants: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parse(args);
  if (values.mutants) return runMutants((line) => void process.stdout.write(`${line}\n`));
  const worlds = chosen(values.world);
  const [seed] = positionals;
  if (positionals.length > 1 || (seed === undefined) === (values.seeds === undefined))
    throw new UsageError('give either one SEED or --seeds N');
  if (seed === undefined) {
    const count = integer(values.seeds ?? '', '--seeds');
    return soak(worlds, integer(values.from ?? '1', '--from'), count, values.twice ?? false);
  }
  if (values.from !== undefined || values.twice)
    throw new UsageError('--from and --twice go with --seeds');
  return replay(worlds, integer(seed, 'SEED'));
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
