import assert from 'node:assert/strict';
import { replicaWorld } from '../../sim/replica-world.js';
import { runSeeds } from '../../sim/seeds.js';

describe('sim replica world', () => {
  const worlds = [{ name: 'replica', world: replicaWorld }];

  it('holds for 3 seeds', async () => {
    assert.deepEqual(await runSeeds(worlds, { from: 1, count: 3 }), []);
  });

  it('gives one trace for one seed', async () => {
    assert.deepEqual(await runSeeds(worlds, { from: 4, count: 1, isTwice: true }), []);
  });
}).timeout(120_000);
