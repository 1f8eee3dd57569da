import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { O_APPEND, O_CREAT, O_DSYNC, O_RDWR } from '../../../../src/fop/fd.js';
import { gfidBytes, ROOT_GFID } from '../../../../src/fop/gfid.js';
import type { ByteString } from '../../../../src/fop/name.js';
import type { Disk } from '../../../../src/platform/disk.js';
import { handlePath } from '../../../../src/xlators/storage/posix/handle-path.js';
import { ManualClock, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack, VOLUME_ID } from '../../../contract/stacks.js';
import { refuses, TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

/** A tree as lines of text: each name with its kind, and its target or attributes. */
function names(disk: Disk, path: ByteString): string[] {
  return disk
    .readdir(path)
    .map(({ name }) => name)
    .sort();
}

describe('posix on disk', () => {
  let stack: PosixStack;
  let volume: TestVolume;
  const at = (path: string) => `${stack.path}/${path}`;
  const ino = (path: string) => stack.disk.lstat(at(path)).ino;
  beforeEach(async () => {
    stack = await posixStack({ on: 'sim' });
    volume = new TestVolume(stack.top);
  });
  afterEach(() => stack.close());

  it('begins with what GlusterFS expects', () => {
    const { disk } = stack;
    const hidden = names(disk, at('.glusterfs'));
    assert.equal(hidden.filter((name) => /^[0-9a-f]{2}$/.test(name)).length, 256);
    assert.deepEqual(
      hidden.filter((name) => name.length > 2),
      ['changelogs', 'indices', 'landfill', 'unlink'],
    );
    assert.deepEqual(names(disk, at('.glusterfs/indices')), ['dirty', 'entry-changes', 'xattrop']);
    assert.equal(disk.readlink(at(handlePath(ROOT_GFID))), '../../..');
    assert.deepEqual(disk.getxattr(stack.path, 'trusted.gfid'), gfidBytes(ROOT_GFID));
    assert.deepEqual(
      disk.getxattr(stack.path, 'trusted.glusterfs.volume-id'),
      gfidBytes(VOLUME_ID),
    );
  });

  it('keeps a hard link for a file and a symlink for a directory', async () => {
    const { disk } = stack;
    const directory = await volume.directory('d');
    const gfid = await volume.file('f', '', directory);
    assert.equal(ino('d/f'), ino(handlePath(gfid)));
    assert.equal(disk.lstat(at('d/f')).nlink, 2);
    assert.equal(disk.readlink(at(handlePath(directory))), `../../00/00/${ROOT_GFID}/d`);
    await volume.rename(ROOT_GFID, 'd', ROOT_GFID, 'e');
    assert.equal(disk.readlink(at(handlePath(directory))), `../../00/00/${ROOT_GFID}/e`);
    assert.deepEqual(disk.getxattr(at('e/f'), 'trusted.gfid'), gfidBytes(gfid));
  });

  it('notes each name of a file, and none of a directory', async () => {
    const { disk } = stack;
    const directory = await volume.directory('d');
    const gfid = await volume.file('a');
    const noted = (path: string) =>
      disk
        .listxattr(at(path))
        .filter((name) => name.startsWith('trusted.gfid2path.'))
        .map((name) => disk.getxattr(at(path), name).toString('latin1'))
        .sort();
    await volume.link(gfid, directory, 'b');
    assert.deepEqual(noted('a'), [`${ROOT_GFID}/a`, `${directory}/b`].sort());
    await volume.rename(directory, 'b', ROOT_GFID, 'c');
    await volume.unlink(ROOT_GFID, 'a');
    assert.deepEqual(noted('c'), [`${ROOT_GFID}/c`]);
    assert.deepEqual(noted('d'), []);
    await volume.put('c', 'text');
    assert.deepEqual(noted('c'), [`${ROOT_GFID}/c`]);
  });

  it('leaves nothing of what is removed', async () => {
    const { disk } = stack;
    const directory = await volume.directory('d');
    const { gfid, fd } = await volume.create(directory, 'f');
    await volume.unlink(directory, 'f');
    assert.deepEqual(names(disk, at('.glusterfs/unlink')), [gfid]);
    await volume.release(fd);
    await volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 0 });
    assert.deepEqual(names(disk, at('.glusterfs/unlink')), []);
    for (const gone of [gfid, directory])
      assert.throws(() => disk.lstat(at(handlePath(gone))), /ENOENT/);
    assert.deepEqual(names(disk, stack.path), ['.glusterfs']);
  });

  it('shows the times that it keeps to heals, which copy what they see, and to nobody else', async () => {
    const gfid = await volume.as({ time: { sec: 1_700_000_000, nsec: 5 } }).file('f', '');
    const listed = async (pid: number) => {
      const { dict } = await volume.as({ pid }).wind('getxattr', { gfid, name: undefined });
      return [...(dict?.keys() ?? [])];
    };
    assert.deepEqual(await listed(-6), ['trusted.glusterfs.mdata']);
    assert.deepEqual(await listed(1), []);
    const named = { gfid, name: 'trusted.glusterfs.mdata' };
    assert.equal((await volume.as({ pid: -6 }).wind('getxattr', named)).dict?.size, 1);
    await refuses('ENODATA', volume.as({ pid: 1 }).wind('getxattr', named));
  });

  it('puts a full directory on the landfill', async () => {
    const directory = await volume.directory('d');
    const inner = await volume.directory('e', directory);
    const gfid = await volume.file('f', '', inner);
    await volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 1 });
    assert.deepEqual(names(stack.disk, at('.glusterfs/landfill')), [directory]);
    await refuses('ESTALE', volume.stat(inner));
    assert.equal((await volume.stat(gfid)).nlink, 1);
  });

  it('serves no other inode by its handle, and says once that one is there', async () => {
    const { disk } = stack;
    const [gfid, other] = [await volume.file('f', 'text'), await volume.file('g', 'other')];
    const handle = at(handlePath(gfid));
    disk.unlink(handle);
    disk.link(at('g'), handle);
    const told: string[] = [];
    stack.top.listen((notice) => notice.event === 'log' && told.push(notice.message));
    for (let time = 0; time < 3; time += 1) await refuses('ESTALE', volume.stat(gfid));
    await refuses('ENOENT', volume.content(gfid));
    assert.deepEqual(told, ['a handle leads to another inode']);
    assert.equal(await volume.content(other), 'other');
    await volume.lookup(ROOT_GFID, 'f');
    assert.equal(await volume.content(gfid), 'text', 'a lookup by name mends it');
  });

  it('does not take a symlink that looks like a handle for a directory', async () => {
    const directory = await volume.directory('secret');
    const target = `../../00/00/${ROOT_GFID}/secret`;
    const link = { pargfid: ROOT_GFID, bname: 'l', umask: 0, linkname: target };
    const { stat } = await volume.wind('symlink', link, volume.wantGfid());
    await refuses('ENOTDIR', volume.opendir(stat.gfid));
    stack.disk.unlink(at('l'));
    await refuses('ESTALE', volume.opendir(stat.gfid));
    assert.deepEqual(await volume.names(directory), []);
  });
});

describe('posix at its start', () => {
  it('serves again what it has served before', async () => {
    const disk = new SimDisk({ clock: new ManualClock(), random: seeded(1) });
    const first = await posixStack({ on: 'sim', disk });
    const gfid = await new TestVolume(first.top).file('f');
    const open = await new TestVolume(first.top).create(ROOT_GFID, 'open');
    await new TestVolume(first.top).unlink(ROOT_GFID, 'open');
    await first.close();
    const second = await posixStack({ on: 'sim', disk });
    assert.equal((await new TestVolume(second.top).lookup(ROOT_GFID, 'f')).stat.gfid, gfid);
    await refuses('ESTALE', new TestVolume(second.top).stat(open.gfid));
    await second.close();
  });

  it('keeps to user attributes where it began with them', async () => {
    const disk = new SimDisk({ clock: new ManualClock(), random: seeded(1), isPrivileged: false });
    const first = await posixStack({ on: 'sim', disk, isPrivileged: false });
    await new TestVolume(first.top).file('f');
    assert.ok(disk.listxattr('/brick/f').every((name) => name.startsWith('user.trusted.')));
    await first.close();
  });

  it('sees and removes a symlink by hand there, which can carry no attributes', async () => {
    const clock = new ManualClock();
    const disk = new SimDisk({ clock, random: seeded(1), isPrivileged: false });
    const stack = await posixStack({ on: 'sim', disk, isPrivileged: false });
    const volume = new TestVolume(stack.top);
    disk.symlink('/etc/hostname', '/brick/link');
    const look = () =>
      volume.wind('lookup', { gfid: '', pargfid: ROOT_GFID, bname: 'link' }, volume.wantGfid());
    clock.advance(2000);
    const { stat } = await look();
    assert.equal((await look()).stat.gfid, stat.gfid, 'it keeps the gfid that it was given');
    const { path } = await volume.wind('readlink', { gfid: stat.gfid, size: 100 });
    assert.equal(path, '/etc/hostname');
    await volume.unlink(ROOT_GFID, 'link');
    await refuses('ENOENT', volume.lookup(ROOT_GFID, 'link'));
    await refuses('ESTALE', volume.stat(stat.gfid));
    await stack.close();
  });
});

describe('posix in trouble', () => {
  it('answers EIO to a write whose sync failed, and to every sync of that file after it', async () => {
    const disk = new SimDisk({ clock: instantClock(new ManualClock()), random: seeded(1) });
    const stack = await posixStack({ on: 'sim', disk });
    const volume = new TestVolume(stack.top);
    const { fd } = await volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT | O_APPEND);
    disk.failsSync = true;
    await refuses('EIO', volume.write(fd, 'x', 0, O_DSYNC));
    disk.failsSync = false;
    await refuses('EIO', volume.write(fd, 'y', 0, O_DSYNC));
    await refuses('EIO', volume.wind('fsync', { fd, datasync: 0 }));
    await volume.release(fd);
    await stack.close();
  });

  it('leaves nothing of a creation or a put that found the disk full', async () => {
    const disk = new SimDisk({ clock: instantClock(new ManualClock()), random: seeded(1) });
    const stack = await posixStack({ on: 'sim', disk });
    const volume = new TestVolume(stack.top);
    const gfid = await volume.file('f', 'old');
    disk.isFull = true;
    await refuses('ENOSPC', volume.put('f', 'new'));
    await refuses('ENOSPC', volume.mkdir(ROOT_GFID, 'd'));
    await refuses('ENOSPC', volume.create(ROOT_GFID, 'g'));
    disk.isFull = false;
    assert.equal(await volume.content(gfid), 'old');
    assert.deepEqual(await volume.names(), ['f']);
    assert.deepEqual(names(disk, '/brick/.glusterfs/unlink'), []);
    await stack.close();
  });

  it('empties the landfill, handles and all', async () => {
    const clock = new ManualClock();
    const disk = new SimDisk({ clock: instantClock(clock), random: seeded(1) });
    const stack = await posixStack({ on: 'sim', disk, clock });
    const volume = new TestVolume(stack.top);
    const directory = await volume.directory('d');
    const kept = await volume.file('kept', 'text', directory);
    await volume.link(kept, ROOT_GFID, 'kept');
    const lost = await volume.file('lost', '', directory);
    await volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 1 });
    clock.advance(11_000);
    assert.deepEqual(names(disk, '/brick/.glusterfs/landfill'), []);
    assert.throws(() => disk.lstat(`/brick/${handlePath(lost)}`), /ENOENT/);
    assert.equal(await volume.content(kept), 'text');
    assert.equal((await volume.stat(kept)).nlink, 1);
    await stack.close();
  });
});

describe('posix after a power cut', () => {
  /** What a file holds after a second put and a power cut, over many seeds. */
  async function contents(flags: number): Promise<string[]> {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new SimDisk({ clock: instantClock(new ManualClock()), random: seeded(seed) });
      const before = await posixStack({ on: 'sim', disk });
      const volume = new TestVolume(before.top);
      const gfid = randomUUID();
      await volume.put('f', 'old', { xdata: volume.wantGfid(gfid), flags: O_DSYNC });
      const second = volume.put('f', 'new', { flags });
      if (seed % 2 === 0) await second;
      disk.crash();
      const after = await posixStack({ on: 'sim', disk });
      const again = new TestVolume(after.top);
      const { stat } = await again.lookup(ROOT_GFID, 'f');
      assert.equal(stat.gfid, gfid);
      seen.add(await again.content(gfid));
      await again.put('f', 'newest');
      assert.equal(await again.content(gfid), 'newest');
      await after.close();
    }
    return [...seen].sort();
  }

  it('has the old content of a synced put or the new one, whole', async () => {
    assert.deepEqual(await contents(O_DSYNC), ['new', 'old']);
  });

  it('has some part of a put without sync, under the same gfid', async () => {
    for (const text of await contents(0)) assert.match(text, /^(old|(n|ne|new)?\0*)$/);
  });

  it('has every append that was answered', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const disk = new SimDisk({ clock: instantClock(new ManualClock()), random: seeded(seed) });
      const before = await posixStack({ on: 'sim', disk });
      const volume = new TestVolume(before.top);
      const { gfid, fd } = await volume.create(ROOT_GFID, 'log', O_RDWR | O_CREAT | O_APPEND);
      let answered = '';
      const writes = ['one', 'two', 'three', 'four'].map((text) =>
        volume.write(fd, text, 0, O_DSYNC).then(() => {
          answered += text;
        }),
      );
      await Promise.race(writes);
      await writes[seed % 2];
      disk.crash();
      const after = await posixStack({ on: 'sim', disk });
      const content = await new TestVolume(after.top).content(gfid);
      assert.ok(content.startsWith(answered), `${content} lacks ${answered}`);
      await after.close();
    }
  });
});

/** Timers come due at once; the time of day stands. */
function instantClock(clock: ManualClock) {
  return {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.wallMs(),
    after: (_ms: number, run: () => void) => {
      const timer = setImmediate(run);
      return { cancel: () => clearImmediate(timer) };
    },
  };
}
