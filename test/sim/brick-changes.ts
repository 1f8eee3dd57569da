import { type Fd, O_CREAT, O_DSYNC, O_RDWR, O_TRUNC } from '../../src/fop/fd.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import {
  NO_IATT,
  S_IFREG,
  SETATTR_GID,
  SETATTR_MODE,
  SETATTR_MTIME,
  SETATTR_UID,
} from '../../src/fop/iatt.js';
import { dict, type TestVolume } from '../contract/volume.js';

const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_IFSOCK = 0o140000;

/** What a brick holds before the fop that a crash interrupts. */
export interface Ground {
  readonly volume: TestVolume;
  readonly file: Gfid;
  readonly other: Gfid;
  readonly linked: Gfid;
  readonly directory: Gfid;
  readonly empty: Gfid;
  readonly full: Gfid;
}

/** One change of a volume. */
export interface BrickChange {
  readonly name: string;
  /** Done before, and not interrupted. */
  readonly prepare?: (ground: Ground) => Promise<unknown>;
  readonly run: (ground: Ground, prepared: unknown) => Promise<unknown>;
  /** It changes several attributes, each of which may have come through alone. */
  readonly isPiecewise?: true;
  /** Several fops, each of which may have come through alone. */
  readonly isSeveral?: true;
  /** What it has answered is on the platter. */
  readonly isDurable?: true;
}

/** Somebody who is not root, with times of a client: so that owners and times are to be written, too. */
export const CALLER = { uid: 1000, gid: 1000, time: { sec: 1_700_000_000, nsec: 5 } };

/** A small tree with each kind of inode that a fop may meet. */
export async function makeGround(volume: TestVolume): Promise<Ground> {
  const directory = await volume.directory('directory');
  const full = await volume.directory('full');
  const below = await volume.directory('below', full);
  await volume.file('deep', 'deep', below);
  await volume.file('in', 'in', full);
  const linked = await volume.file('linked', 'linked');
  await volume.link(linked, directory, 'second');
  await volume.link(linked, full, 'third');
  await volume.wind(
    'symlink',
    { pargfid: ROOT_GFID, bname: 'symlink', linkname: 'file', umask: 0 },
    volume.wantGfid(),
  );
  await mknod('pipe', S_IFIFO)({ volume });
  return {
    volume: volume.as(CALLER),
    file: await volume.file('file', 'old bytes'),
    other: await volume.file('other', 'other bytes', directory),
    linked,
    directory,
    empty: await volume.directory('empty'),
    full,
  };
}

function mknod(bname: string, type: number) {
  return ({ volume }: Pick<Ground, 'volume'>) =>
    volume.wind(
      'mknod',
      { pargfid: ROOT_GFID, bname, mode: type | 0o640, dev: isDevice(type) ? 0x105 : 0, umask: 0 },
      volume.wantGfid(),
    );
}

const isDevice = (type: number) => type === S_IFCHR || type === S_IFBLK;

const rmdir = (pargfid: Gfid, bname: string, xflags: number) => (volume: TestVolume) =>
  volume.wind('rmdir', { pargfid, bname, xflags });

const rename =
  (from: string, to: string, where: 'same' | 'other' = 'same') =>
  ({ volume, directory }: Ground) =>
    volume.rename(ROOT_GFID, from, where === 'same' ? ROOT_GFID : directory, to);

const open =
  (pick: (ground: Ground) => Gfid, flags = O_RDWR) =>
  (ground: Ground) =>
    ground.volume.open(pick(ground), flags);

const range =
  (fop: 'discard' | 'zerofill') =>
  ({ volume }: Ground, fd: unknown) =>
    volume.wind(fop, { fd: fd as Fd, offset: 2, size: 5 });

const NAMES: readonly BrickChange[] = [
  { name: 'create', run: ({ volume }) => volume.create(ROOT_GFID, 'new') },
  { name: 'create below', run: ({ volume, directory }) => volume.create(directory, 'new') },
  {
    name: 'create on a name that was used',
    prepare: ({ volume }) => volume.unlink(ROOT_GFID, 'file'),
    run: ({ volume }) => volume.create(ROOT_GFID, 'file'),
  },
  {
    name: 'create that empties',
    run: ({ volume }) => volume.create(ROOT_GFID, 'file', O_RDWR | O_CREAT | O_TRUNC),
  },
  { name: 'mknod of a file', run: mknod('new', S_IFREG) },
  { name: 'mknod of a pipe', run: mknod('new', S_IFIFO) },
  { name: 'mknod of a socket', run: mknod('new', S_IFSOCK) },
  { name: 'mknod of a device', run: mknod('new', S_IFCHR) },
  { name: 'mknod of a disk', run: mknod('new', S_IFBLK) },
  { name: 'mkdir', run: ({ volume }) => volume.mkdir(ROOT_GFID, 'new') },
  { name: 'mkdir below', run: ({ volume, full }) => volume.mkdir(full, 'new', 0o2770) },
  {
    name: 'symlink',
    run: ({ volume }) =>
      volume.wind(
        'symlink',
        { pargfid: ROOT_GFID, bname: 'new', linkname: 'there', umask: 0 },
        volume.wantGfid(),
      ),
  },
  { name: 'link', run: ({ volume, file, directory }) => volume.link(file, directory, 'new') },
  {
    name: 'link of a third name',
    run: ({ volume, linked }) => volume.link(linked, ROOT_GFID, 'new'),
  },
  { name: 'unlink', run: ({ volume }) => volume.unlink(ROOT_GFID, 'file') },
  { name: 'unlink of a symlink', run: ({ volume }) => volume.unlink(ROOT_GFID, 'symlink') },
  { name: 'unlink of a pipe', run: ({ volume }) => volume.unlink(ROOT_GFID, 'pipe') },
  { name: 'unlink of one name', run: ({ volume }) => volume.unlink(ROOT_GFID, 'linked') },
  {
    name: 'unlink of what is open, and its release',
    prepare: open(({ file }) => file),
    run: async ({ volume }, fd) => {
      await volume.unlink(ROOT_GFID, 'file');
      await volume.release(fd as Fd);
    },
  },
  { name: 'rmdir', run: ({ volume }) => rmdir(ROOT_GFID, 'empty', 0)(volume) },
  {
    name: 'rmdir with all that is in it',
    run: ({ volume }) => rmdir(ROOT_GFID, 'full', 1)(volume),
  },
];

const RENAMES: readonly BrickChange[] = [
  { name: 'rename', run: rename('file', 'new') },
  { name: 'rename into another directory', run: rename('file', 'new', 'other') },
  { name: 'rename over a file', run: rename('file', 'symlink') },
  { name: 'rename over a file elsewhere', run: rename('file', 'other', 'other') },
  { name: 'rename over one name of a file', run: rename('file', 'linked') },
  { name: 'rename of one name of a file', run: rename('linked', 'new') },
  { name: 'rename of one name over another file', run: rename('linked', 'other', 'other') },
  { name: 'rename of a symlink', run: rename('symlink', 'new', 'other') },
  {
    name: 'rename over what is open, and its release',
    prepare: open(({ other }) => other),
    run: async (ground, fd) => {
      await rename('file', 'other', 'other')(ground);
      await ground.volume.release(fd as Fd);
    },
  },
  { name: 'rename of a directory', run: rename('full', 'new') },
  { name: 'rename of a directory into another', run: rename('full', 'new', 'other') },
  { name: 'rename of a directory over an empty one', run: rename('full', 'empty') },
];

const BYTES: readonly BrickChange[] = [
  { name: 'put', run: ({ volume }) => volume.put('new', 'text') },
  { name: 'put over a file', run: ({ volume }) => volume.put('file', 'new text') },
  {
    name: 'put over a file, synced',
    run: ({ volume }) => volume.put('file', 'new text', { flags: O_DSYNC }),
    isDurable: true,
  },
  {
    name: 'put, synced',
    run: ({ volume }) => volume.put('new', 'text', { flags: O_DSYNC }),
    isDurable: true,
  },
  {
    name: 'put over what is open, and its release',
    prepare: open(({ file }) => file),
    run: async ({ volume }, fd) => {
      await volume.put('file', 'new text');
      await volume.release(fd as Fd);
    },
  },
  {
    name: 'writev',
    prepare: open(({ file }) => file),
    run: ({ volume }, fd) => volume.write(fd as Fd, 'NEW', 4),
  },
  {
    name: 'writev, synced',
    prepare: open(({ file }) => file, O_RDWR | O_DSYNC),
    run: ({ volume }, fd) => volume.write(fd as Fd, 'NEW', 7, O_DSYNC),
    isDurable: true,
  },
  {
    name: 'create, writev and fsync',
    run: async ({ volume }) => {
      const { fd } = await volume.create(ROOT_GFID, 'new');
      await volume.write(fd, 'bytes');
      await volume.wind('fsync', { fd, datasync: 0 });
    },
    isDurable: true,
    isSeveral: true,
  },
  {
    name: 'truncate',
    run: ({ volume, file }) => volume.wind('truncate', { gfid: file, offset: 3 }),
  },
  {
    name: 'fallocate',
    prepare: open(({ file }) => file),
    run: ({ volume }, fd) =>
      volume.wind('fallocate', { fd: fd as Fd, mode: 0, offset: 0, size: 20 }),
  },
  { name: 'discard', prepare: open(({ file }) => file), run: range('discard') },
  { name: 'zerofill', prepare: open(({ file }) => file), run: range('zerofill') },
];

const ATTRIBUTES: readonly BrickChange[] = [
  {
    name: 'setattr',
    run: ({ volume, file }) =>
      volume.wind('setattr', {
        gfid: file,
        stbuf: { ...NO_IATT, mode: 0o600, uid: 7, gid: 8, mtime: 9 },
        valid: SETATTR_MODE | SETATTR_UID | SETATTR_GID | SETATTR_MTIME,
      }),
    isPiecewise: true,
  },
  {
    name: 'setxattr of two',
    run: ({ volume, file }) => {
      const two = dict({ 'user.a': Buffer.from('1'), 'user.b': Buffer.from('2') });
      return volume.wind('setxattr', { gfid: file, dict: two, flags: 0 });
    },
    isPiecewise: true,
  },
  {
    name: 'removexattr',
    prepare: ({ volume, file }) =>
      volume.wind('setxattr', { gfid: file, dict: dict({ 'user.a': Buffer.from('1') }), flags: 0 }),
    run: ({ volume, file }) => volume.wind('removexattr', { gfid: file, name: 'user.a' }),
  },
  {
    name: 'xattrop that marks',
    prepare: mark(1, ({ other }) => other),
    run: mark(1),
    isPiecewise: true,
  },
  { name: 'xattrop that clears', prepare: mark(1), run: mark(-1), isPiecewise: true },
  {
    name: 'xattrop that names an entry',
    run: mark(1, ({ directory }) => directory, dict({ 'glusterfs.xattrop-entry-create': 'other' })),
    isPiecewise: true,
  },
];

function mark(count: number, pick = ({ file }: Ground) => file, xdata = dict({})) {
  return (ground: Ground) => {
    const bytes = Buffer.alloc(12);
    bytes.writeInt32BE(count, 0);
    const marks = dict({ 'trusted.afr.dirty': bytes, 'trusted.afr.vol-client-1': bytes });
    return ground.volume.wind('xattrop', { gfid: pick(ground), flags: 0, dict: marks }, xdata);
  };
}

/** Every kind of fop that changes something on a brick. */
export const BRICK_CHANGES: readonly BrickChange[] = [
  ...NAMES,
  ...RENAMES,
  ...BYTES,
  ...ATTRIBUTES,
];
