import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import { handlePath } from '../../../../src/xlators/storage/posix/handle-path.js';
import { RUNNING_XATTR } from '../../../../src/xlators/storage/posix/orphans.js';
import { instantly, ManualClock, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';
import { TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

const A_TICK_MS = 21;
const LOW = '10000000-0000-4000-8000-000000000001';
const HIGH = 'e0000000-0000-4000-8000-000000000002';

describe('posix: handles that no name belongs to', () => {
  let disk: SimDisk;
  let clock: ManualClock;
  let stack: PosixStack;
  let volume: TestVolume;

  const start = async (): Promise<void> => {
    clock = new ManualClock();
    stack = await posixStack({ on: 'sim', disk, clock });
    volume = new TestVolume(stack.top);
  };
  const search = (ticks = 600): void => {
    for (let tick = 0; tick < ticks; tick++) clock.advance(A_TICK_MS);
  };
  const at = (path: string): string => `${stack.path}/${path}`;
  const isThere = (gfid: string): boolean =>
    disk.readdir(at(handlePath(gfid)).slice(0, -37)).some(({ name }) => name === gfid);
  const kept = (): string[] =>
    disk.readdir(at('.glusterfs')).some(({ name }) => name === 'quarantine')
      ? disk.readdir(at('.glusterfs/quarantine')).map(({ name }) => name.slice(0, 36))
      : [];
  const isMarked = (): boolean => disk.listxattr(at('.glusterfs')).includes(RUNNING_XATTR);

  /** A file whose name is taken away behind the brick's back. */
  async function orphan(gfid: string, text: string): Promise<void> {
    const { fd } = await volume.create(ROOT_GFID, gfid, undefined, gfid);
    if (text !== '') await volume.write(fd, text);
    await volume.release(fd);
    disk.unlink(at(gfid));
  }

  beforeEach(async () => {
    disk = new SimDisk({ clock: instantly(), random: seeded(1) });
    await start();
  });
  afterEach(() => stack.close());

  it('are looked for after a crash; what holds bytes is kept', async () => {
    const named = await volume.file('named', 'text');
    const directory = await volume.directory('gone');
    await orphan(LOW, 'bytes');
    await orphan(HIGH, '');
    disk.rmdir(at('gone'));
    await start();
    search();
    assert.deepEqual([LOW, HIGH, directory].map(isThere), [false, false, false]);
    assert.deepEqual(kept(), [LOW]);
    assert.equal(await volume.content(named), 'text');
  });

  it('are not looked for after a stop', async () => {
    await orphan(LOW, 'bytes');
    assert.equal(isMarked(), true);
    await stack.close();
    assert.equal(isMarked(), false);
    await start();
    search();
    assert.equal(isThere(LOW), true);
  });

  it('are looked for further where a stop interrupted the search', async () => {
    await orphan(LOW, 'bytes');
    await orphan(HIGH, 'bytes');
    await start();
    search(100);
    assert.deepEqual([LOW, HIGH].map(isThere), [false, true]);
    await stack.close();
    assert.equal(isMarked(), true);
    await start();
    search();
    assert.deepEqual(kept().sort(), [LOW, HIGH]);
    await stack.close();
    assert.equal(isMarked(), false);
  });

  it('are kept when their gfid is given to a new file', async () => {
    await orphan(LOW, 'bytes');
    await volume.create(ROOT_GFID, 'new', undefined, LOW);
    assert.deepEqual(kept(), [LOW]);
    assert.equal(disk.lstat(at('new')).ino, disk.lstat(at(handlePath(LOW))).ino);
  });
});
