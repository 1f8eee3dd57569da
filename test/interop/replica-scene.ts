import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../program/until.js';
import { copyPicture, errorKinds, owed } from './replica-health.js';
import type { Engine, ServedBrick } from './served-brick.js';
import { shell } from './shell.js';
import { StockVolume } from './stock-volume.js';

const HEAL_MS = 60_000;
const STEPS = 24;

/** Which engines serve a replica set, and which of its bricks goes away in which round. */
export interface Scene {
  readonly engines: readonly Engine[];
  readonly away: readonly number[];
}

/** Plays a scene; answers the kinds of errors that client and self-heal daemon have logged. */
export async function playScene({ engines, away }: Scene): Promise<Set<string>> {
  const volume = await StockVolume.start('replicate', ...engines);
  const logs: string[] = [];
  try {
    const { path, log } = await volume.mount();
    logs.push(log, volume.startHealing());
    for (const index of away) await loseAndReturn(volume, path, index, logs);
    await untilHealed(volume);
    await compareCopies(volume);
    return new Set(logs.flatMap((log) => [...errorKinds(log)]));
  } catch (error) {
    const text = await shell('tail -n 8 "$@"', ...logs, ...volume.bricks.map(({ log }) => log));
    throw new Error(`${(error as Error).message}\n${text}`, { cause: error });
  } finally {
    await volume.stop();
  }
}

/** Programs work all the while; one brick is killed after a third of that, and is back for the last third. */
async function loseAndReturn(
  volume: StockVolume,
  mount: string,
  index: number,
  logs: readonly string[],
): Promise<void> {
  const steps = join(volume.directory, `steps-${index}`);
  const work = shell(WORK, join(mount, `away-${index}`), steps, `${STEPS}`);
  const reached = (step: number) =>
    until(`step ${step}`, () => existsSync(`${steps}-${step}`), 60_000);
  const turns = async () => {
    await reached(STEPS / 3);
    await killBrick(volume.brick(index), steps);
    await reached((2 * STEPS) / 3);
    await whileOnlyBytesAreWritten(steps, () => returnBrick(volume, index, logs));
  };
  await Promise.all([work, turns()]);
  await untilHealed(volume);
}

/**
 * Ours is killed wherever it is. Stock is killed while bytes are written, and nothing else: its half-made directory would have
 * no gfid, and is never healed when the good copy's has another name by then.
 */
async function killBrick(brick: ServedBrick, steps: string): Promise<void> {
  if (brick.engine === 'ours') {
    await brick.kill();
    return;
  }
  await whileOnlyBytesAreWritten(steps, () => brick.kill());
}

async function whileOnlyBytesAreWritten(
  steps: string,
  work: () => Promise<unknown>,
): Promise<void> {
  writeFileSync(`${steps}-hold`, '');
  await until('only bytes are written', () => existsSync(`${steps}-held`), 60_000);
  await work();
  rmSync(`${steps}-hold`);
  rmSync(`${steps}-held`);
}

/**
 * Starts a brick again, until mount and self-heal daemon both have it: names that one of them changes without it, while the
 * other heals, are at times left to nobody by stock.
 */
async function returnBrick(
  volume: StockVolume,
  index: number,
  logs: readonly string[],
): Promise<void> {
  const before = logs.map((log) => connections(log, index));
  await volume.brick(index).start();
  const areBack = () => logs.every((log, at) => connections(log, index) > (before[at] ?? 0));
  await until('both are connected again', areBack, 60_000);
}

/** How often a process of stock GlusterFS has been connected to a brick, by its log. */
function connections(log: string, index: number): number {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter(
    (line) => line.includes('[MSGID: 114046]') && line.includes(`0-v-client-${index}:`),
  ).length;
}

async function untilHealed(volume: StockVolume): Promise<void> {
  const bricks = volume.bricks.map(({ directory }) => directory);
  await until(
    'nothing is owed',
    async () => {
      const left = await owed(bricks);
      if (left.length > 0) throw new Error(left.slice(0, 20).join('\n'));
      return true;
    },
    HEAL_MS,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${(error.cause as Error).message}`);
  });
}

async function compareCopies(volume: StockVolume): Promise<void> {
  const [first, ...others] = volume.bricks;
  assert.ok(first);
  const expected = await copyPicture(first.directory);
  for (const brick of others)
    assert.deepEqual(differences(expected, await copyPicture(brick.directory)), []);
}

function differences(one: readonly string[], other: readonly string[]): string[] {
  const [inOne, inOther] = [new Set(one), new Set(other)];
  return [
    ...one.filter((line) => !inOther.has(line)).map((line) => `- ${line}`),
    ...other.filter((line) => !inOne.has(line)).map((line) => `+ ${line}`),
  ].sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1));
}

/** Nothing moves from one directory to another: stock alone at times never heals what did so while a copy came back. */
const WORK = `
mkdir -p $1; cd $1
for i in $(seq $3); do
  mkdir d$i; echo $i >d$i/file; echo line $i >>log
  head -c $((i * 20000)) /dev/urandom >d$i/data; sha256sum <d$i/data >d$i/sum
  ln d$i/file link$i; ln -s d$i/file pointer$i; mkfifo d$i/pipe
  echo new $i >tmp; mv tmp current
  [ ! -e before ] || mv -T before after$i; echo $i >before
  chmod 6$((i % 8))$((i % 5)) d$i/file; chown $i:$i d$i/data
  setfattr -n user.step -v $i log; setfattr -n user.step$i -v $i d$i
  printf $i | dd of=first bs=1 seek=$((i * 10)) conv=notrunc status=none
  truncate -s $((i * 1000)) sizes
  if [ $i -gt 4 ]; then
    j=$((i - 4)); rm link$j pointer$j; echo changed >>d$j/file
    [ $((j % 3)) != 0 ] || rm -r d$j
    [ $((j % 3)) != 1 ] || mv d$j e$j
    setfattr -x user.step$j d$j 2>/dev/null || true
  fi
  : >$2-$i
  while [ -e $2-hold ]; do printf . >>first; : >$2-held; done
done
for d in d* e*; do sha256sum <$d/data | cmp - $d/sum; done
seq -f "line %.0f" $3 | cmp - log`;
