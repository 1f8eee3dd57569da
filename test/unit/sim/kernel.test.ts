import assert from 'node:assert/strict';
import { Kernel } from '../../sim/kernel.js';
import { twoMachines } from './simulation.js';

/** A promise that needs so many turns of the microtask queue. */
async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await null;
}

describe('sim kernel', () => {
  it('runs events by time, then in the order of their making', async () => {
    const kernel = new Kernel(1);
    const seen: string[] = [];
    for (const [delay, name] of [
      [5, 'late'],
      [1, 'first'],
      [1, 'second'],
      [0, 'now'],
    ] as const)
      kernel.schedule(delay, null, name, () => seen.push(name));
    assert.equal(await kernel.run(), 'quiet');
    assert.deepEqual(seen, ['now', 'first', 'second', 'late']);
    assert.equal(kernel.nowMs, 5);
  });

  it('lets promises run to their end between two events', async () => {
    const kernel = new Kernel(1);
    const seen: string[] = [];
    const program = async (name: string): Promise<void> => {
      await turns(50);
      await new Promise((resolve) => process.nextTick(resolve));
      seen.push(name);
    };
    for (let at = 0; at < 200; at++)
      kernel.schedule(1, null, 'event', () => {
        seen.push(`event ${at}`);
        program(`promise ${at}`).catch(assert.fail);
      });
    await kernel.run();
    const wanted = Array.from({ length: 200 }, (_, at) => [`event ${at}`, `promise ${at}`]);
    assert.deepEqual(seen, wanted.flat());
  });

  it('ends at its limits', async () => {
    const kernel = new Kernel(1);
    const tick = (): void => void kernel.schedule(10, null, 'tick', tick);
    tick();
    assert.equal(await kernel.run({ untilMs: 95 }), 'time');
    assert.equal(kernel.nowMs, 95);
    kernel.schedule(0, null, 'stop', () => kernel.stop());
    assert.equal(await kernel.run(), 'stopped');
    assert.deepEqual(kernel.failures, []);
    assert.equal(await kernel.run({ maxEvents: 1000 }), 'failed');
    assert.match(kernel.failures[0] ?? '', /no end after 1000 events/);
  });

  const bugs: Record<string, () => void> = {
    'a throw': () => {
      throw new Error('planted');
    },
    'a rejection that nobody handles': () => {
      void Promise.reject(new Error('planted'));
    },
    'a throw in a microtask': () => {
      queueMicrotask(() => {
        throw new Error('planted');
      });
    },
  };
  for (const [name, bug] of Object.entries(bugs))
    it(`fails on ${name}, naming the event`, async () => {
      const kernel = new Kernel(1);
      kernel.schedule(1, null, 'the culprit', bug);
      kernel.schedule(2, null, 'the next', () => assert.fail('it ran on'));
      assert.equal(await kernel.run(), 'failed');
      assert.match(kernel.failures.join(), /in the culprit: Error: planted/);
    });

  it('fails when simulated code waits for the real outside', async () => {
    const kernel = new Kernel(1);
    const tick = (): void => void kernel.schedule(1, null, 'tick', tick);
    tick();
    kernel.schedule(1, null, 'escape', () => {
      setTimeout(() => kernel.schedule(0, null, 'back', () => {}), 1);
    });
    assert.equal(await kernel.run({ untilMs: 10_000_000 }), 'failed');
    assert.match(kernel.failures[0] ?? '', /"back" was scheduled by something that waited/);
  });

  it('gives the listeners for bugs back', async () => {
    const before = process.listeners('unhandledRejection');
    await new Kernel(1).run();
    assert.deepEqual(process.listeners('unhandledRejection'), before);
  });

  it('takes well under a second for 100,000 events', async () => {
    const kernel = new Kernel(1);
    let count = 0;
    const tick = (): void => {
      if (++count < 50_000) void kernel.schedule(kernel.random.float(), null, 'tick', tick);
    };
    tick();
    tick();
    const start = performance.now();
    await kernel.run();
    assert.ok(performance.now() - start < 2000);
  });
});

describe('sim process', () => {
  it('takes its timers and promises with it', async () => {
    const { kernel, a } = twoMachines();
    const process = a.start('victim');
    const seen: string[] = [];
    process.run('program', async () => {
      seen.push('began');
      await new Promise<void>((resolve) => void process.clock.after(10, resolve));
      seen.push('lives');
    });
    kernel.schedule(5, null, 'kill', () => process.kill());
    assert.equal(await kernel.run(), 'quiet');
    assert.deepEqual(seen, ['began']);
    assert.equal(process.isAlive, false);
    assert.deepEqual(a.processes, []);
  });

  it('holds what comes due while it is stopped', async () => {
    const { kernel, a } = twoMachines();
    const process = a.start('sleeper');
    const seen: [string, number][] = [];
    for (const [name, ms] of [
      ['one', 10],
      ['two', 20],
      ['cancelled', 30],
      ['three', 200],
    ] as const) {
      const timer = process.clock.after(ms, () => seen.push([name, Math.floor(kernel.nowMs)]));
      if (name === 'cancelled') kernel.schedule(50, null, 'cancel', () => timer.cancel());
    }
    kernel.schedule(5, null, 'stop', () => process.pause());
    kernel.schedule(100, null, 'continue', () => process.resume());
    await kernel.run();
    assert.deepEqual(seen, [
      ['one', 100],
      ['two', 100],
      ['three', 200],
    ]);
  });

  it('reports what its program throws', async () => {
    const { kernel, a } = twoMachines();
    a.start('buggy').run('program', async () => {
      throw new Error('planted');
    });
    assert.equal(await kernel.run(), 'failed');
    assert.match(kernel.failures[0] ?? '', /a\/buggy#1 program: Error: planted/);
  });

  it('has a wall clock that jumps and a monotonic one that does not', async () => {
    const { kernel, a } = twoMachines();
    const { clock } = a.start('watch');
    const [wall, monotonic] = [clock.wallMs(), clock.monotonicMs()];
    kernel.schedule(1000, null, 'jump', () => a.time.jumpWall(-3_600_000));
    await kernel.run();
    assert.equal(clock.wallMs() - wall, 1000 - 3_600_000);
    assert.ok(Math.abs(clock.monotonicMs() - monotonic - 1000) < 1e-6);
  });
});
