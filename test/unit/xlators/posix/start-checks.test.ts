import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { O_CREAT, O_RDWR } from '../../../../src/fop/fd.js';
import { gfidBytes, ROOT_GFID } from '../../../../src/fop/gfid.js';
import type { Disk } from '../../../../src/platform/disk.js';
import { handlePath } from '../../../../src/xlators/storage/posix/handle-path.js';
import { instantly, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack, VOLUME_ID } from '../../../contract/stacks.js';
import { TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

/*
 * What a brick may look like when it starts, row by row (engine reference, A.8): what cannot be its own is refused, what can be made again
 * is made again.
 */

const BRICK = '/brick';
const ROOT_HANDLE = `${BRICK}/${handlePath(ROOT_GFID)}`;
const VOLUME_ID_XATTR = 'trusted.glusterfs.volume-id';

type Prepare = (disk: Disk) => void;

/** A directory and everything below it. */
function removeTree(disk: Disk, path: string): void {
  for (const { name, type } of disk.readdir(path)) {
    if (type === 4) removeTree(disk, `${path}/${name}`);
    else disk.unlink(`${path}/${name}`);
  }
  disk.rmdir(path);
}

describe('posix: start of a brick that was in use', () => {
  let disk: SimDisk;
  let gfid: string;

  beforeEach(async () => {
    disk = new SimDisk({ clock: instantly(), random: seeded(1) });
    const stack = await posixStack({ on: 'sim', disk });
    const volume = new TestVolume(stack.top);
    gfid = await volume.file('f', 'text', await volume.directory('d'));
    await stack.close();
  });

  /** Starts it again, after somebody has done something to it. */
  const again = (prepare: Prepare): Promise<PosixStack> =>
    posixStack({ on: 'sim', disk, prepare: () => prepare(disk) });

  const REFUSED: readonly (readonly [what: string, prepare: Prepare, why: RegExp])[] = [
    ['no volume-id', (d) => d.removexattr(BRICK, VOLUME_ID_XATTR), /volume-id is absent/],
    [
      'the volume-id of another volume',
      (d) => d.setxattr(BRICK, VOLUME_ID_XATTR, gfidBytes(randomUUID()), 0),
      new RegExp(`part of the volume .*volfile says ${VOLUME_ID}`),
    ],
    [
      'a volume-id that is none',
      (d) => d.setxattr(BRICK, VOLUME_ID_XATTR, Buffer.from('abc'), 0),
      /part of the volume 616263/,
    ],
    [
      'the gfid of another directory',
      (d) => d.setxattr(BRICK, 'trusted.gfid', gfidBytes(randomUUID()), 0),
      /not the root of a brick/,
    ],
    [
      'a gfid that is none',
      (d) => d.setxattr(BRICK, 'trusted.gfid', Buffer.from('abc'), 0),
      /trusted.gfid is 616263/,
    ],
    [
      'a directory in the place of the root handle',
      (d) => {
        d.unlink(ROOT_HANDLE);
        d.mkdir(ROOT_HANDLE, 0o755);
      },
      /is not the brick's root/,
    ],
    [
      'a root handle that leads elsewhere',
      (d) => {
        d.unlink(ROOT_HANDLE);
        d.symlink('../../..//d', ROOT_HANDLE);
      },
      /is not the brick's root/,
    ],
    [
      'a file in the place of its directory',
      (d) => {
        d.rename(BRICK, '/aside');
        d.close(d.open(BRICK, O_RDWR | O_CREAT, 0o644));
      },
      /not a directory/,
    ],
    ['no directory', (d) => d.rename(BRICK, '/aside'), /does not exist/],
  ];

  for (const [what, prepare, why] of REFUSED)
    it(`is refused with ${what}`, async () => {
      await assert.rejects(again(prepare), why);
    });

  const MENDED: readonly (readonly [what: string, prepare: Prepare])[] = [
    ['the gfid of its root', (d) => d.removexattr(BRICK, 'trusted.gfid')],
    ['its root handle', (d) => d.unlink(ROOT_HANDLE)],
    ['a directory of handles', (d) => d.rmdir(`${BRICK}/.glusterfs/${unusedByte()}`)],
    ['the landfill', (d) => d.rmdir(`${BRICK}/.glusterfs/landfill`)],
    ['the directory of unlinked files', (d) => d.rmdir(`${BRICK}/.glusterfs/unlink`)],
    ['the directories of the index', (d) => removeTree(d, `${BRICK}/.glusterfs/indices`)],
    ['all handles', (d) => removeTree(d, `${BRICK}/.glusterfs`)],
  ];

  /** No handle of a test lies there. */
  function unusedByte(): string {
    const taken = disk.readdir(`${BRICK}/.glusterfs`).map(({ name }) => name);
    const free = taken.find((name) => {
      return /^[0-9a-f]{2}$/.test(name) && disk.readdir(`${BRICK}/.glusterfs/${name}`).length === 0;
    });
    assert.ok(free);
    return free;
  }

  for (const [what, prepare] of MENDED)
    it(`makes ${what} again`, async () => {
      const hidden = () =>
        disk
          .readdir(`${BRICK}/.glusterfs`)
          .map(({ name }) => name)
          .sort();
      const whole = hidden();
      const stack = await again(prepare);
      const volume = new TestVolume(stack.top);
      assert.deepEqual(hidden(), whole);
      assert.deepEqual(disk.getxattr(BRICK, 'trusted.gfid'), gfidBytes(ROOT_GFID));
      assert.equal(disk.readlink(ROOT_HANDLE), '../../..');
      const directory = (await volume.lookup(ROOT_GFID, 'd')).stat.gfid;
      assert.equal((await volume.lookup(directory, 'f')).stat.gfid, gfid);
      assert.equal(await volume.content(gfid), 'text');
      await stack.close();
    });

  it('tells of a .glusterfs that was gone, and only of that of a brick in use', async () => {
    const told: string[] = [];
    const listening = async (prepare: Prepare, on: SimDisk) => {
      const stack = await posixStack({
        on: 'sim',
        disk: on,
        prepare: () => prepare(on),
        hear: (notice) => notice.event === 'log' && told.push(notice.message),
      });
      await stack.close();
    };
    await listening(() => undefined, new SimDisk({ clock: instantly(), random: seeded(2) }));
    assert.deepEqual(told, []);
    await listening((d) => removeTree(d, `${BRICK}/.glusterfs`), disk);
    assert.deepEqual(told, ['.glusterfs of a brick in use was gone; it is made again']);
  });
});
