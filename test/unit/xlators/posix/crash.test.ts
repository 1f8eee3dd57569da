import assert from 'node:assert/strict';
import { BRICK_CHANGES } from '../../../sim/brick-changes.js';
import {
  judge,
  judgeShuffled,
  killedStates,
  powerlessStates,
  record,
  shuffledStates,
} from '../../../sim/brick-crash.js';

const SHUFFLES = 12;

describe('posix: a crash between any two calls', () => {
  for (const change of BRICK_CHANGES)
    it(`of ${change.name}`, async () => {
      const recorded = await record(change);
      assert.ok(recorded.effects.length > 0);
      const wrong: string[] = [];
      for (const state of [...killedStates(recorded), ...powerlessStates(recorded)])
        wrong.push(...(await judge(recorded, state)));
      for (const state of shuffledStates(recorded, SHUFFLES, 1))
        wrong.push(...(await judgeShuffled(recorded, state)));
      assert.deepEqual(wrong, []);
    });
});
