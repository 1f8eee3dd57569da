import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from '../program/until.js';
import { owed } from './replica-health.js';
import { shell } from './shell.js';
import { needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';

const HEAL_MS = 90_000;

describe('stock disperse of 2+1 with one brick ours', function () {
  this.timeout(180_000);
  let volume: StockVolume | undefined;
  const logs: string[] = [];
  before(async function () {
    needInterop(this);
    const index = { 'xattrop64-watchlist': 'trusted.ec.dirty' };
    volume = await StockVolume.startWith({ index }, 'disperse', 'ours', 'stock', 'stock');
  });
  after(() => volume?.stop());

  /** A mount of its own, which remembers nothing. */
  const sums = async (): Promise<string> => {
    assert.ok(volume);
    const { path, log } = await volume.mount();
    logs.push(log);
    return shell(
      'cd $1; find . -type f -print0 | sort -z | xargs -0 sha256sum; find . | sort',
      path,
    );
  };

  it('heals onto ours what was written without it, and reads by it', async () => {
    assert.ok(volume);
    const { path, log } = await volume.mount();
    logs.push(log);
    await shell(WRITE, path);
    await volume.brick(0).kill();
    await shell(CHANGE, path);
    const expected = await sums();
    const bricks = volume.bricks.map(({ directory }) => directory);
    assert.ok((await owed(bricks.slice(1))).length > 5, 'ours is owed something');
    await volume.brick(0).start();
    logs.push(volume.startHealing());
    await until(
      'nothing is owed',
      async () => {
        const left = await owed(bricks);
        if (left.length > 0) throw new Error(left.join('\n'));
        return true;
      },
      HEAL_MS,
    );
    await volume.stopHealing();
    for (const other of [1, 2]) {
      await volume.unmount();
      await volume.brick(other).kill();
      assert.equal(await sums(), expected, `without brick ${other}`);
      await volume.brick(other).start();
    }
  });

  it('and its log tells of no answer of ours that differs', () => {
    const lines = logs.flatMap((log) => readFileSync(log, 'utf8').split('\n'));
    assert.ok(lines.length > 0);
    assert.deepEqual(
      lines.filter((line) => /mismatching/i.test(line)),
      [],
    );
  });
});

const WRITE = `
cd $1
mkdir -p a/b; for i in $(seq 10); do head -c $((i * 7777)) /dev/urandom >a/f$i; done
echo small >a/b/small; ln a/f1 a/b/link; ln -s f1 a/pointer; setfattr -n user.colour -v blue a/f2`;

const CHANGE = `
cd $1
for i in 1 2 3; do head -c 5000 /dev/urandom | dd of=a/f$i bs=1000 seek=2 conv=notrunc status=none; done
truncate -s 100 a/f4; echo more >>a/f5; rm a/f6; mv a/f7 a/b/moved; mkdir a/new; head -c 300000 /dev/urandom >a/new/file
chmod 600 a/f8; setfattr -n user.colour -v red a/f2`;
