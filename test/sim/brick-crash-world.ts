import { seeded } from '../contract/platforms.js';
import { BRICK_CHANGES } from './brick-changes.js';
import {
  type CrashState,
  judge,
  judgeRefusals,
  judgeShuffled,
  killedStates,
  record,
  shuffledStates,
  startsCutShort,
} from './brick-crash.js';
import { Trace } from './trace.js';
import type { World } from './world.js';

const SHUFFLES = 40;

/**
 * One change of a brick, cut short in ways that the seed draws: on a disk that keeps no order, in a start after a crash, and by a
 * disk that refuses a call.
 * Seeds one after another go through all changes.
 */
export const crashWorld: World = async (seed, { keepsTrace }) => {
  const trace = new Trace(keepsTrace);
  const failures: string[] = [];
  const change = BRICK_CHANGES[seed % BRICK_CHANGES.length];
  if (change === undefined) throw new RangeError('there are no changes');
  const recorded = await record(change);
  const note = async (state: CrashState, judging: Promise<string[]>): Promise<void> => {
    trace.add(`${change.name}: ${state.title.replace(/ \/.*/, '')}`);
    failures.push(...(await judging));
  };
  for (const state of shuffledStates(recorded, SHUFFLES, seed))
    await note(state, judgeShuffled(recorded, state));
  const killed = killedStates(recorded);
  const picked = killed[seeded(seed).int(killed.length)];
  for (const state of picked === undefined ? [] : await startsCutShort(picked))
    await note(state, judge(recorded, state));
  failures.push(...(await judgeRefusals(recorded, seed % 2 === 0 ? 'EIO' : 'ENOSPC')));
  return { ok: failures.length === 0, failures, trace };
};
