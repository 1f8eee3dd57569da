import assert from 'node:assert/strict';
import type { BrickBug } from '../../sim/brick-bugs.js';
import { brickWorld, brickWorldWith } from '../../sim/brick-world.js';
import { runSeeds } from '../../sim/seeds.js';

describe('sim brick world', () => {
  it('holds for 10 seeds, and each gives one trace', async () => {
    const worlds = [{ name: 'brick', world: brickWorld }];
    assert.deepEqual(await runSeeds(worlds, { from: 1, count: 10, isTwice: true }), []);
  });

  const bugs: Record<Exclude<BrickBug, 'none'>, RegExp> = {
    'disk-confirms-unsynced': /confirmed up to \d+, and not there/,
    'brick-sizes-late': /read back otherwise|and not there|lies over/,
    'client-resends': /there twice/,
  };
  for (const [bug, found] of Object.entries(bugs))
    it(`finds ${bug}`, async () => {
      const worlds = [{ name: bug, world: brickWorldWith(bug as BrickBug) }];
      const failed = await runSeeds(worlds, { from: 6, count: 4 });
      assert.match(failed.flatMap(({ failures }) => failures).join('\n'), found);
    });
}).timeout(30_000);
