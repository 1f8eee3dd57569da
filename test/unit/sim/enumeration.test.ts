import assert from 'node:assert/strict';
import { enumerationWorld, runCase, SHORT, WHOLE } from '../../sim/enumeration.js';
import { type Fault, LAYOUTS, type Layout, type Operation } from '../../sim/enumeration-cases.js';
import { runSeeds } from '../../sim/seeds.js';

const CLIENT_CALLS = 10;

/** The client dies before each call of the last operation, in turn. */
async function atEveryCall(layout: Layout, operations: readonly Operation[], brick?: number) {
  for (let call = 0; call <= CLIENT_CALLS; call += 1) {
    const during = operations.length - 1;
    const fault = { during, brick, isClient: true, call, when: 'before', isLong: true } as const;
    const bricks = layout === 'replica 2' ? 2 : 3;
    const given = { layout, bricks, operations, faults: [fault], isSlow: true };
    assert.deepEqual(await runCase(given), [], `${layout}: before call ${call}`);
  }
}

describe('sim short histories of a replica set', () => {
  it('hold for 25 of all, and 10 of the shortest', async () => {
    const whole = { name: 'enumeration', world: enumerationWorld(WHOLE) };
    const short = { name: 'enumeration-short', world: enumerationWorld(SHORT) };
    assert.deepEqual(await runSeeds([whole], { from: 1, count: 25 }), []);
    assert.deepEqual(await runSeeds([short], { from: 1, count: 10 }), []);
  });

  it('are numbered: each number is a case, each seed a number', () => {
    assert.throws(() => SHORT.at(SHORT.count), RangeError);
    assert.equal(SHORT.at(SHORT.count - 1).layout, 'arbiter');
    const seen = new Set(Array.from({ length: SHORT.count }, (_, seed) => SHORT.ofSeed(seed)));
    assert.equal(seen.size, SHORT.count);
  });

  it('attributes of which a client dies are the same everywhere', async () => {
    await atEveryCall('replica 3', ['chmod']);
    await atEveryCall('replica 2', ['setxattr']);
  });

  for (const layout of LAYOUTS)
    it(`${layout}: a file is never nameless after a rename in which a client died`, async () => {
      await atEveryCall(layout, ['rename']);
      if (layout === 'replica 2') await atEveryCall(layout, ['unlink', 'rename over']);
      if (layout === 'replica 3') await atEveryCall(layout, ['link', 'rename'], 1);
    });

  it('what a dead client was at is found though another one is at the same names', async () => {
    const dead: Fault = {
      during: 0,
      brick: 2,
      isClient: true,
      call: 5,
      when: 'before',
      isLong: true,
    };
    const lost: Fault = { ...dead, during: 1, brick: 1, isClient: false, call: 4, when: 'after' };
    const given = { layout: 'replica 3', bricks: 3, faults: [dead, lost], isSlow: false } as const;
    assert.deepEqual(await runCase({ ...given, operations: ['mkdir', 'rename', 'append'] }), []);
  });
}).timeout(120_000);
