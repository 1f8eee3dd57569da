import assert from 'node:assert/strict';
import { FopError } from '../../../../src/fop/error.js';
import { type Gfid, ROOT_GFID } from '../../../../src/fop/gfid.js';
import { ManualClock, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';
import { TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

const LANDFILL = '/brick/.glusterfs/landfill';

/** A filesystem is mounted on the directory of this name: it cannot be removed. */
class DiskWithMount extends SimDisk {
  mounted: string | undefined;

  override rmdir(path: string): void {
    if (this.mounted !== undefined && path.endsWith(this.mounted))
      throw new FopError('EBUSY', 'rmdir');
    super.rmdir(path);
  }
}

describe('posix: janitor', () => {
  let clock: ManualClock;
  let disk: DiskWithMount;
  let stack: PosixStack;
  let volume: TestVolume;

  async function start(brick: Readonly<Record<string, string>> = {}): Promise<void> {
    clock = new ManualClock();
    disk = new DiskWithMount({ clock, random: seeded(1) });
    const options = { 'health-check-interval': '0', ...brick };
    stack = await posixStack({ on: 'sim', disk, clock, brick: options });
    volume = new TestVolume(stack.top);
  }

  afterEach(() => stack.close());

  const left = (): number => disk.readdir(LANDFILL).length;
  const toLandfill = (bname: string) =>
    volume.wind('rmdir', { pargfid: ROOT_GFID, bname, xflags: 1 });

  async function directoryOf(count: number, bname: string): Promise<Gfid> {
    const gfid = await volume.directory(bname);
    for (let number = 0; number < count; number += 1) await volume.file(`f${number}`, '', gfid);
    return gfid;
  }

  it('comes every janitor-sleep-duration seconds', async () => {
    await start({ 'janitor-sleep-duration': '60' });
    await directoryOf(3, 'd');
    await toLandfill('d');
    clock.advance(59_000);
    assert.equal(left(), 1);
    clock.advance(1000);
    assert.equal(left(), 0);
    await directoryOf(3, 'd');
    await toLandfill('d');
    clock.advance(60_000);
    assert.equal(left(), 0);
  });

  it('removes a little at a time, and goes on soon', async () => {
    await start();
    await directoryOf(250, 'd');
    await toLandfill('d');
    const seen: number[] = [];
    clock.advance(10_000);
    for (; left() > 0; clock.advance(50)) {
      const [entry] = disk.readdir(LANDFILL);
      seen.push(disk.readdir(`${LANDFILL}/${entry?.name}`).length);
      assert.ok(seen.length < 10);
    }
    assert.deepEqual(seen, [150, 50]);
  });

  it('leaves the landfill alone with disable-landfill-purge', async () => {
    await start({ 'disable-landfill-purge': 'on' });
    await directoryOf(1, 'd');
    await toLandfill('d');
    clock.advance(1_000_000);
    assert.equal(left(), 1);
  });

  it('comes to an end of a tree that is deeper than a path may be long', async () => {
    await start();
    const name = 'n'.repeat(250);
    let gfid = await volume.directory('top');
    for (let depth = 0; depth < 15; depth += 1) gfid = await volume.directory(name, gfid);
    await volume.file('leaf', '', gfid);
    await toLandfill('top');
    for (let round = 0; round < 5 && left() > 0; round += 1) clock.advance(10_000);
    assert.equal(left(), 0);
  });

  it('does not stop at what the disk refuses, and tells of it once', async () => {
    const told: unknown[] = [];
    await start();
    stack.top.listen((notice) => notice.event === 'log' && told.push(notice.message));
    const stuck = await directoryOf(1, 'stuck');
    await directoryOf(1, 'other');
    await toLandfill('stuck');
    await toLandfill('other');
    disk.mounted = stuck;
    for (let round = 0; round < 3; round += 1) clock.advance(10_000);
    assert.deepEqual(
      disk.readdir(LANDFILL).map((entry) => entry.name),
      [stuck],
    );
    assert.deepEqual(told, ['the landfill could not be emptied']);
  });
});
