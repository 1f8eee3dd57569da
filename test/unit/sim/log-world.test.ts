import assert from 'node:assert/strict';
import { type LogBug, logWorld, logWorldWith, rollBackWorld } from '../../sim/log-world.js';
import { runSeeds } from '../../sim/seeds.js';

describe('sim log world', () => {
  it('holds for 15 seeds', async () => {
    const worlds = [{ name: 'log', world: logWorld }];
    assert.deepEqual(await runSeeds(worlds, { from: 1, count: 15 }), []);
  });

  it('holds for 15 seeds in which a disk is rolled back, and that disk has no vote', async () => {
    const worlds = [{ name: 'roll-back', world: rollBackWorld }];
    assert.deepEqual(await runSeeds(worlds, { from: 1, count: 15 }), []);
  });

  it('gives one trace for one seed', async () => {
    const worlds = [{ name: 'log', world: logWorld }];
    assert.deepEqual(await runSeeds(worlds, { from: 201, count: 4, isTwice: true }), []);
  });

  /** They have found a bug once; what happens in them changes with the code. */
  for (const seed of [98, 908])
    it(`holds for seed ${seed}, which once failed`, async () => {
      const worlds = [{ name: 'log', world: logWorld }];
      assert.deepEqual(await runSeeds(worlds, { from: seed, count: 1 }), []);
    });

  it('finds no-sync', async () => {
    const bug: LogBug = 'no-sync';
    const failed = await runSeeds([{ name: bug, world: logWorldWith(bug) }], {
      from: 1,
      count: 20,
    });
    assert.ok(failed.length > 0);
  });
}).timeout(120_000);
