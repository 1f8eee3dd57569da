import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type RegisterBug, registerWorld } from '../../sim/register-world.js';
import { runSeeds } from '../../sim/seeds.js';
import { Trace } from '../../sim/trace.js';

const RUN = fileURLToPath(new URL('../../sim/run.js', import.meta.url));

function run(...args: readonly string[]) {
  return promisify(execFile)(process.execPath, [RUN, ...args]);
}

describe('sim worlds', () => {
  it('registers: 60 seeds hold, and each gives one trace', async () => {
    const worlds = [{ name: 'register', world: registerWorld }];
    assert.deepEqual(await runSeeds(worlds, { from: 1, count: 60, isTwice: true }), []);
  });

  it('registers: a seed gives the same lines, byte for byte', async () => {
    const [one, two] = [
      await registerWorld(4, { keepsTrace: true }),
      await registerWorld(4, { keepsTrace: true }),
    ];
    assert.ok(one.trace.lines.length > 1000);
    assert.deepEqual(one.trace.lines, two.trace.lines);
    const other = await registerWorld(5, { keepsTrace: false });
    assert.notEqual(other.trace.hash, one.trace.hash);
  });

  for (const bug of ['answers-from-cache', 'forgets-at-restart'] satisfies RegisterBug[])
    it(`registers: finds a server that ${bug}`, async () => {
      const worlds = [
        { name: bug, world: (seed: number) => registerWorld(seed, { keepsTrace: false }, bug) },
      ];
      const failed = await runSeeds(worlds, { from: 1, count: 30 });
      assert.ok(failed.length > 0);
      assert.match(failed[0]?.failures[0] ?? '', /^key [ab]: /);
    });

  it('takes a world that throws for a failure', async () => {
    const world = async (seed: number): Promise<never> => {
      throw new Error(`planted in ${seed}`);
    };
    const failed = await runSeeds([{ name: 'broken', world }], { from: 1, count: 2 });
    assert.deepEqual(
      failed.map(({ failures }) => failures[0]?.split('\n')[0]),
      ['Error: planted in 1', 'Error: planted in 2'],
    );
  });

  it('finds a world that does not repeat itself', async () => {
    let runs = 0;
    const world = async () => {
      const trace = new Trace(false);
      trace.add(`run ${runs++}`);
      return { ok: true, failures: [], trace };
    };
    const failed = await runSeeds([{ name: 'fickle', world }], {
      from: 1,
      count: 1,
      isTwice: true,
    });
    assert.match(failed[0]?.failures[0] ?? '', /two runs differ/);
  });
});

describe('sim program', () => {
  it('replays a seed alike in two processes', async () => {
    const args = ['4', '--world', 'register'];
    const [one, two] = await Promise.all([run(...args), run(...args)]);
    assert.equal(one.stdout, two.stdout);
    assert.match(one.stdout, /seed 4 of register: \d+ lines, trace [0-9a-f]{16}\n$/);
  });

  it('ends with one line', async () => {
    const { stdout } = await run('--seeds', '3', '--from', '5', '--world', 'register');
    assert.match(stdout, /^3 seeds, 0 failures, \d+\.\d seconds\n$/);
  });

  for (const args of [[], ['x'], ['1', '2'], ['1', '--seeds', '2'], ['--seeds', '-1'], ['--bad']])
    it(`says how to use it for "${args.join(' ')}"`, async () => {
      await assert.rejects(run(...args), { code: 2, stderr: /usage: npm run sim/ });
    });
});
