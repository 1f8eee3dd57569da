import assert from 'node:assert/strict';
import type { ConfigBug } from '../../sim/config-bugs.js';
import { configWorld, configWorldWith } from '../../sim/config-world.js';
import { runSeeds } from '../../sim/seeds.js';

const CONFIG = [{ name: 'config', world: configWorld }];

describe('sim config world', () => {
  it('holds for 12 seeds', async () => {
    assert.deepEqual(await runSeeds(CONFIG, { from: 1, count: 12 }), []);
  });

  it('gives one trace for one seed', async () => {
    assert.deepEqual(await runSeeds(CONFIG, { from: 201, count: 6, isTwice: true }), []);
  });

  it('gives the same lines for a seed, byte for byte, and others for another', async () => {
    const [one, two, other] = [
      await configWorld(4, { keepsTrace: true }),
      await configWorld(4, { keepsTrace: true }),
      await configWorld(9, { keepsTrace: false }),
    ];
    assert.ok(one.trace.lines.length > 1000);
    assert.deepEqual(one.trace.lines, two.trace.lines);
    assert.notEqual(other.trace.hash, one.trace.hash);
  });

  /** Where to begin to look, and what is found there or soon after. */
  const bugs: Partial<Record<ConfigBug, readonly [from: number, found: RegExp]>> = {
    'no-size-check': [5, /has lost its vote: the log has \d+ bytes and had/],
    'no-sync': [2, /has lost its vote: the log has \d+ bytes and had/],
    'commits-early': [19, /is two records|does not follow/],
    'no-dedupe': [4, /was applied twice/],
  };
  for (const [bug, [from, found]] of Object.entries(bugs))
    it(`finds ${bug}`, async () => {
      assert.match(await firstFailure(bug as ConfigBug, from), found);
    });
}).timeout(120_000);

const MOST_SEEDS = 300;

/** What the first seed finds that finds something. */
async function firstFailure(bug: ConfigBug, from: number): Promise<string> {
  const world = configWorldWith(bug);
  for (let seed = from; seed < from + MOST_SEEDS; seed++) {
    const { failures } = await world(seed, { keepsTrace: false });
    if (failures.length > 0) return failures.join('\n');
  }
  return 'nothing';
}
