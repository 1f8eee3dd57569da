import assert from 'node:assert/strict';
import { BRICK_CHANGES } from '../../../sim/brick-changes.js';
import {
  judge,
  judgeAnswered,
  judgeRefusals,
  judgeShuffled,
  killedStates,
  powerlessStates,
  record,
  shuffledStates,
  startsCutShort,
} from '../../../sim/brick-crash.js';
import { ORDER_BUGS, type OrderBug } from '../../../sim/brick-order-bugs.js';

const SHUFFLES = 4;
/** The others go round in `npm run sim -- --world crash`. */
const SOME =
  /^(create|mkdir|unlink|rmdir|rename over a file|rename of a d.* empty one|put over a file)$/;
const SOME_CHANGES = BRICK_CHANGES.filter(({ name }) => SOME.test(name));

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
      if (change.isDurable) wrong.push(...(await judgeAnswered(recorded)));
      assert.deepEqual(wrong, []);
    });
});

describe('posix: a disk that refuses one call', () => {
  it('leaves nothing half done', async () => {
    const wrong: string[] = [];
    for (const change of SOME_CHANGES)
      wrong.push(...(await judgeRefusals(await record(change), 'EIO')));
    assert.deepEqual(wrong, []);
  });
});

describe('posix: a crash of a start after a crash', () => {
  it('comes to the same', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const change of SOME_CHANGES) {
      const recorded = await record(change);
      for (const state of killedStates(recorded))
        for (const cut of await startsCutShort(state)) {
          count += 1;
          wrong.push(...(await judge(recorded, cut)));
        }
    }
    assert.deepEqual(wrong, []);
    assert.ok(count > 100, `${count} states`);
  });
});

describe('posix: the walk through its crashes', () => {
  for (const bug of ORDER_BUGS)
    it(`finds out that ${bug.name}`, async () => {
      const complaints = await complaintsWith(bug);
      assert.notDeepEqual(complaints, []);
    });
});

/** What the walk says of a brick with a defect. */
async function complaintsWith({ on, plant }: OrderBug): Promise<string[]> {
  const change = BRICK_CHANGES.find(({ name }) => name === on);
  assert.ok(change);
  const recorded = await record(change, plant);
  const wrong: string[] = [];
  for (const state of [...killedStates(recorded), ...powerlessStates(recorded)])
    wrong.push(...(await judge(recorded, state, plant)));
  if (change.isDurable) wrong.push(...(await judgeAnswered(recorded, plant)));
  return wrong;
}
