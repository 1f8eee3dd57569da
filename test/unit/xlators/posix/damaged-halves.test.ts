import assert from 'node:assert/strict';
import { type Gfid, ROOT_GFID } from '../../../../src/fop/gfid.js';
import type { Disk } from '../../../../src/platform/disk.js';
import { handlePath } from '../../../../src/xlators/storage/posix/handle-path.js';
import { instantly, ManualClock, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';
import { TestVolume } from '../../../contract/volume.js';
import { type Ground, makeGround } from '../../../sim/brick-changes.js';
import { pictureOf } from '../../../sim/brick-picture.js';
import { complaintsOf } from '../../../sim/brick-soundness.js';
import { SimDisk } from '../../../sim/disk.js';

/** What a crash of other software, or a hand, has left of an inode beside its name. */
interface Damage {
  readonly what: string;
  readonly do: (disk: Disk, name: string, handle: string) => void;
}

const NOTE = 'trusted.gfid2path.';

function forgetNotes(disk: Disk, name: string): void {
  for (const key of disk.listxattr(name)) if (key.startsWith(NOTE)) disk.removexattr(name, key);
}

const OF_FILES: readonly Damage[] = [
  { what: 'its handle is gone', do: (disk, _, handle) => disk.unlink(handle) },
  { what: 'its notes are gone', do: forgetNotes },
  {
    what: 'handle and notes are gone',
    do: (disk, name, handle) => {
      forgetNotes(disk, name);
      disk.unlink(handle);
    },
  },
  {
    what: 'its handle is another file that has a name',
    do: (disk, name, handle) => {
      disk.unlink(handle);
      disk.link(name.replace(/file$/, 'linked'), handle);
    },
  },
  {
    what: 'its handle is another file',
    do: (disk, _, handle) => {
      disk.unlink(handle);
      disk.mknod(handle, 0o100644, 0);
      disk.setxattr(handle, 'user.is', Buffer.from('another'), 0);
    },
  },
];

const OF_DIRECTORIES: readonly Damage[] = [
  { what: 'its handle is gone', do: (disk, _, handle) => disk.unlink(handle) },
  {
    what: 'its handle leads nowhere',
    do: (disk, _, handle) => {
      disk.unlink(handle);
      disk.symlink(`../../00/00/${ROOT_GFID}/nowhere`, handle);
    },
  },
];

type Fop = readonly [what: string, run: (ground: Ground) => Promise<unknown>];

const ON_FILES: readonly Fop[] = [
  ['lookup', ({ volume }) => volume.lookup(ROOT_GFID, 'file')],
  ['unlink', ({ volume }) => volume.unlink(ROOT_GFID, 'file')],
  ['rename', ({ volume }) => volume.rename(ROOT_GFID, 'file', ROOT_GFID, 'new')],
  [
    'rename over it',
    ({ volume, directory }) => volume.rename(directory, 'other', ROOT_GFID, 'file'),
  ],
  [
    'rename over another',
    ({ volume, directory }) => volume.rename(ROOT_GFID, 'file', directory, 'other'),
  ],
  ['put', ({ volume }) => volume.put('file', 'new text')],
];

const ON_DIRECTORIES: readonly Fop[] = [
  ['lookup', ({ volume }) => volume.lookup(ROOT_GFID, 'empty')],
  [
    'rmdir',
    ({ volume }) => volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'empty', xflags: 0 }),
  ],
  ['rename', ({ volume, directory }) => volume.rename(ROOT_GFID, 'empty', directory, 'new')],
  ['rename over it', ({ volume }) => volume.rename(ROOT_GFID, 'full', ROOT_GFID, 'empty')],
];

describe('posix: a name with half of what belongs to it', () => {
  let stack: PosixStack;
  let ground: Ground;
  const clock = new ManualClock();

  beforeEach(async () => {
    const disk = new SimDisk({ clock: instantly(), random: seeded(1) });
    stack = await posixStack({ on: 'sim', disk, clock });
    ground = await makeGround(new TestVolume(stack.top));
  });
  afterEach(() => stack.close());

  /** The fop, and whatever a client does next: look, use and remove what is there. */
  async function check(damage: Damage, name: string, gfid: Gfid, run: Fop[1]): Promise<void> {
    const { disk, path } = stack;
    damage.do(disk, `${path}/${name}`, `${path}/${handlePath(gfid)}`);
    await run(ground);
    clock.advance(11_000);
    await lookAtAll(ROOT_GFID);
    const wrong = complaintsOf(pictureOf(disk, path)).filter((each) => !isAllowed(damage, each));
    assert.deepEqual(wrong, []);
  }

  /** Notes that were lost are not made up; another file under a handle is kept, there or in quarantine. */
  function isAllowed({ what }: Damage, complaint: string): boolean {
    if (complaint.endsWith('is not noted')) return what.includes('notes');
    return (
      /^quarantine| has no name$|is another inode$/.test(complaint) && what.includes('another')
    );
  }

  async function lookAtAll(gfid: Gfid): Promise<void> {
    for (const name of await ground.volume.names(gfid)) {
      const { stat } = await ground.volume.lookup(gfid, name);
      await ground.volume.stat(stat.gfid);
      if ((stat.mode & 0o170000) === 0o040000) await lookAtAll(stat.gfid);
    }
  }

  for (const damage of OF_FILES)
    for (const [what, run] of ON_FILES)
      it(`a file, ${damage.what}: ${what}`, () => check(damage, 'file', ground.file, run));

  for (const damage of OF_DIRECTORIES)
    for (const [what, run] of ON_DIRECTORIES)
      it(`a directory, ${damage.what}: ${what}`, () => check(damage, 'empty', ground.empty, run));
});
