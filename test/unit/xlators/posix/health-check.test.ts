import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import type { Notice } from '../../../../src/fop/translator.js';
import { instantly, ManualClock, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';
import { refuses, TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

/** A disk that can stop answering, and one that keeps something else than was written. */
class IllDisk extends SimDisk {
  hangs = false;
  lies = false;

  constructor() {
    super({ clock: instantly(), random: seeded(1) });
  }

  override fdatasync(file: number): Promise<void> {
    return this.hangs ? new Promise(() => undefined) : super.fdatasync(file);
  }

  override async readLarge(file: number, into: Uint8Array, offset: number): Promise<number> {
    const size = await super.readLarge(file, into, offset);
    if (this.lies) into.fill(0);
    return size;
  }
}

const INTERVAL_MS = 30_000;
/** The interval and health-check-timeout together. */
const PATIENCE_MS = 50_000;

describe('posix: health check', () => {
  let clock: ManualClock;
  let disk: IllDisk;
  let stack: PosixStack;
  let heard: Notice[];

  async function start(brick: Readonly<Record<string, string>> = {}): Promise<void> {
    clock = new ManualClock();
    disk = new IllDisk();
    heard = [];
    stack = await posixStack({ on: 'sim', disk, clock, brick });
    stack.top.listen((notice) => void heard.push(notice));
  }

  afterEach(() => stack.close());

  /** Lets time pass, in small steps, with everything done that can be done in between. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      clock.advance(Math.min(left, 1000));
      for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const written = (): string | undefined => {
    const path = '/brick/.glusterfs/health_check';
    if (!disk.readdir('/brick/.glusterfs').some(({ name }) => name === 'health_check')) return;
    const text = Buffer.alloc(100);
    const file = disk.open(path, 0, 0);
    const size = disk.read(file, text, 0);
    disk.close(file);
    return text.toString('latin1', 0, size);
  };

  it('writes the time of day as 10.3 does, every 30 seconds', async () => {
    await start();
    await pass(INTERVAL_MS - 1000);
    assert.equal(written(), undefined);
    await pass(1000);
    assert.equal(written(), '2023-11-14 22:13:50 +0000');
    await pass(INTERVAL_MS);
    assert.equal(written(), '2023-11-14 22:14:20 +0000');
    assert.deepEqual(heard, []);
  });

  it('is off with an interval of 0', async () => {
    await start({ 'health-check-interval': '0' });
    disk.failsSync = true;
    await pass(10 * INTERVAL_MS);
    assert.equal(written(), undefined);
    assert.deepEqual(heard, []);
  });

  it('ends a brick whose disk refuses: it is down, and answers nothing any more', async () => {
    await start();
    const volume = new TestVolume(stack.top);
    const gfid = await volume.file('f', 'text');
    disk.failsSync = true;
    await pass(INTERVAL_MS);
    assert.deepEqual(
      heard.map(({ event }) => event),
      ['child-down', 'failed'],
    );
    const failed = heard.at(-1);
    assert.ok(failed?.event === 'failed' && !failed.isHanging && /EIO/.test(failed.why));
    await refuses('EIO', volume.stat(gfid));
    await refuses('EIO', volume.lookup(ROOT_GFID, 'f'));
  });

  it('ends a brick whose disk gives back something else', async () => {
    await start();
    disk.lies = true;
    await pass(INTERVAL_MS);
    assert.ok(heard.some(({ event }) => event === 'failed'));
  });

  it('ends a brick whose disk does not answer, once its time is over', async () => {
    await start();
    disk.hangs = true;
    await pass(INTERVAL_MS + PATIENCE_MS - 1000);
    assert.equal(heard.length, 0);
    await pass(1000);
    const failed = heard.at(-1);
    assert.ok(failed?.event === 'failed' && failed.isHanging);
    assert.match(failed.why, /50 seconds/);
  });

  it('does not count the time in which the process was stopped', async () => {
    await start();
    disk.hangs = true;
    await pass(INTERVAL_MS);
    clock.advance(1_000_000);
    clock.advance(1000);
    assert.deepEqual(heard, []);
    await pass(PATIENCE_MS);
    assert.equal(heard.length, 2);
  });

  it('lets a disk live that is full', async () => {
    await start();
    disk.isFull = true;
    await pass(3 * INTERVAL_MS);
    assert.deepEqual(heard, []);
    disk.isFull = false;
    await pass(INTERVAL_MS);
    assert.match(written() ?? '', /^2023-11-14 22:15:/);
  });

  it('ends a brick whose .glusterfs was taken away', async () => {
    await start();
    disk.rename('/brick/.glusterfs', '/brick/away');
    await pass(INTERVAL_MS);
    assert.ok(heard.some(({ event }) => event === 'failed'));
    disk.rename('/brick/away', '/brick/.glusterfs');
  });
});
