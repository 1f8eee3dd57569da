import assert from 'node:assert/strict';
import type { Statfs } from '../../../../src/fop/fops.js';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import { reservedBytes, reserveRule } from '../../../../src/xlators/storage/posix/reserve.js';
import { instantly, seeded } from '../../../contract/platforms.js';
import { posixStack, quietClock } from '../../../contract/stacks.js';
import { refuses, TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

const GIB = 1024 ** 3;

describe('storage.reserve', () => {
  const disk = { blocks: 1000, frsize: GIB / 100 } as Statfs;
  const rows: readonly (readonly [text: string, bytes: number])[] = [
    ['1', GIB / 10],
    ['10%', GIB],
    ['0', 0],
    ['2.5', GIB / 4],
    ['100', 10 * GIB],
    ['101', 101],
    ['5KB', 5 * 1024],
    ['1 GB', GIB],
    ['3M', 3 * 1024 ** 2],
    ['7B', 7],
  ];
  for (const [text, bytes] of rows)
    it(`${text} of 10 GiB is ${Math.floor(bytes)} bytes`, () =>
      assert.equal(reservedBytes(reserveRule(text), disk), Math.floor(bytes)));

  for (const text of ['', 'some', '101%', '-1', '5X'])
    it(`"${text}" is refused`, () =>
      assert.throws(() => reserveRule(text), /option reserve: .*neither a percentage nor a size/));

  it('keeps the last of the disk from clients, and not from a heal', async () => {
    let nowMs = 0;
    const clock = { ...quietClock(), monotonicMs: () => nowMs };
    const capacityBytes = 64 * 1024 * 1024;
    const simulated = { clock: instantly(), random: seeded(1), isPrivileged: true, capacityBytes };
    const sim = new SimDisk(simulated);
    const stack = await posixStack({ on: 'sim', disk: sim, clock, brick: { reserve: '32MB' } });
    const told: string[] = [];
    stack.top.listen((notice) => notice.event === 'log' && told.push(notice.message));
    const volume = new TestVolume(stack.top);
    const gfid = await volume.file('f', 'x'.repeat(40 * 1024 * 1024));
    nowMs += 1000;
    await refuses('ENOSPC', volume.create(ROOT_GFID, 'g'));
    await refuses('ENOSPC', volume.mkdir(ROOT_GFID, 'd'));
    assert.equal((await volume.wind('statfs', { gfid: ROOT_GFID })).statfs.bavail, 0);
    assert.equal((await volume.stat(gfid)).size, 40 * 1024 * 1024);
    await volume.as({ pid: -6 }).directory('healed');
    await volume.unlink(ROOT_GFID, 'f');
    nowMs += 1000;
    await volume.file('g', 'text');
    assert.deepEqual(told, ['the disk is full up to its reserve', 'the disk has room again']);
    await stack.close();
  });
});
