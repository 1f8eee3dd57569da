import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { HealWorker } from '../../src/heal/heal-worker.js';
import { HealLab } from './heal-lab.js';
import { gfidOf } from './replica-lab.js';

const [F, G] = [gfidOf(1), gfidOf(2)] as const;

describe('the heal worker', () => {
  const workers: HealWorker[] = [];
  const workerOf = (lab: HealLab, limits = {}): HealWorker => {
    const worker = new HealWorker([lab.volume.top], lab.clock, limits);
    workers.push(worker);
    worker.start();
    return worker;
  };
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop();
  });

  /** Lets a lab's time pass, in small steps, until something holds. */
  async function until(lab: HealLab, holds: () => boolean, mostMs: number): Promise<number> {
    for (let passed = 0; passed <= mostMs; passed += 100) {
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      if (holds()) return passed;
      lab.clock.advance(100);
    }
    return assert.fail(`it does not come about within ${mostMs} ms of the clock`);
  }

  const done = (worker: HealWorker): number => worker.status()[0]?.filesDone ?? 0;

  it('begins within 2 seconds of a brick’s return', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'old', F);
    const worker = workerOf(lab);
    await until(lab, () => worker.status()[0]?.state === 'idle', 5000);
    lab.gate(1).down();
    await lab.rewrite(F, 'new', [0]);
    await lab.mark(0, 1, F, { data: 1 });
    lab.gate(1).up();
    await until(lab, () => done(worker) === 1, 2000);
    await until(lab, () => worker.status()[0]?.state === 'idle', 1000);
    await lab.assertEqual();
    assert.deepEqual(worker.status()[0]?.pending, []);
  });

  it('comes to rest while a client is at the names of a directory', async () => {
    const lab = await HealLab.of(2);
    await lab.volume.file('f', 'text');
    assert.notDeepEqual(await lab.healer.marked(0), []);
    const worker = workerOf(lab, { intervalMs: 10_000 });
    lab.clock.advance(200);
    await until(lab, () => worker.status()[0]?.state === 'idle', 0);
    assert.notDeepEqual(await lab.healer.marked(0), []);
  });

  it('looks at the lists on its clock, without a brick’s return', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'old', F);
    const worker = workerOf(lab, { intervalMs: 10_000 });
    await until(lab, () => worker.status()[0]?.state === 'idle', 5000);
    await lab.rewrite(F, 'new', [1]);
    await lab.mark(1, 0, F, { data: 1 });
    await until(lab, () => done(worker) === 1, 11_000);
    await lab.assertEqual();
  });

  it('says of each file why it waits, and heals it when it can', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'old', F);
    const worker = workerOf(lab);
    lab.gate(1).down();
    lab.gate(2).down();
    await lab.mark(0, 1, F, { data: 1 });
    await worker.healNow();
    const [status] = worker.status();
    assert.equal(status?.state, 'waiting');
    assert.deepEqual(status?.pending, [
      { gfid: F, why: 'fewer than two subvolumes have it, b1 and b2 are away' },
    ]);
    assert.deepEqual(
      status?.subvolumes.map(({ name, isUp }) => `${name} ${isUp}`),
      ['b0 true', 'b1 false', 'b2 false'],
    );
    lab.gate(1).up();
    lab.gate(2).up();
    await until(lab, () => done(worker) > 0, 2000);
    await until(lab, () => worker.status()[0]?.state === 'idle', 1000);
    await lab.assertEqual();
  });

  it('tells how far it is and how fast it goes', async () => {
    const lab = await HealLab.of(2);
    for (let number = 10; number < 40; number += 1) {
      await lab.file(`f${number}`, 'x'.repeat(1000), gfidOf(number), [0]);
      await lab.mark(0, 1, gfidOf(number), { data: 2, metadata: 1 });
    }
    const names = Array.from({ length: 30 }, (_, number) => `f${number + 10}`);
    await lab.mark(0, 1, ROOT_GFID, { entry: 30 }, ...names);
    const worker = workerOf(lab, { parallel: 2, bytesPerSecond: 10_000 });
    await until(lab, () => done(worker) > 25, 10_000);
    const [status] = worker.status();
    assert.ok(status);
    assert.equal(status.state, 'working');
    assert.ok(status.filesLeft > 0 && status.etaSeconds !== undefined && status.etaSeconds > 0);
    assert.ok(status.bytesPerSecond > 0 && status.bytesPerSecond <= 30_000);
    await until(lab, () => worker.status()[0]?.state === 'idle', 10_000);
    assert.equal(worker.status()[0]?.bytesDone, 30_000);
    await lab.assertEqual();
  });

  it('names what it has kept twice', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'of b0', F, [0]);
    await lab.file('f', 'of b1', G, [1]);
    await lab.mark(0, 1, ROOT_GFID, { entry: 1 }, 'f');
    await lab.mark(1, 0, ROOT_GFID, { entry: 1 }, 'f');
    const worker = workerOf(lab);
    await worker.healNow();
    const [kept] = worker.status()[0]?.kept ?? [];
    assert.equal(kept?.gfid, ROOT_GFID);
    assert.match(kept.name, /^f\.conflict-b[01]-/);
  });

  it('removes what waits for a name and does not get one', async () => {
    const lab = await HealLab.of(2);
    await lab.directory('d', F);
    await lab.file('f', 'in it', G, lab.numbers, F);
    await lab.brick(0).unlink(F, 'f');
    await lab.brick(0).wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 0 });
    await lab.mark(0, 1, ROOT_GFID, { entry: 1 }, 'd');
    const worker = workerOf(lab);
    await worker.healNow();
    await lab.assertEqual();
    const room = (await lab.brick(1).names()).find((name) => name.includes('anonymous'));
    assert.ok(room, 'the directory waited');
    const { stat } = await lab.brick(1).lookup(ROOT_GFID, room);
    assert.deepEqual(await lab.brick(1).names(stat.gfid), []);
  });
});
