import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { O_CREAT, O_RDWR } from '../../../../src/fop/fd.js';
import { type Gfid, gfidBytes, ROOT_GFID } from '../../../../src/fop/gfid.js';
import type { ByteString } from '../../../../src/fop/name.js';
import { handlePath } from '../../../../src/xlators/storage/posix/handle-path.js';
import { ManualClock, seeded } from '../../../contract/platforms.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';
import { refuses, TestVolume } from '../../../contract/volume.js';
import { SimDisk } from '../../../sim/disk.js';

/*
 * What somebody has done to a brick while it runs, row by row (engine reference, A.9).
 */

const GFID = 'trusted.gfid';

describe('posix: a brick that was changed by hand', () => {
  let clock: ManualClock;
  let disk: SimDisk;
  let stack: PosixStack;
  let volume: TestVolume;
  let told: string[];
  const at = (path: ByteString): ByteString => `/brick/${path}`;
  const ino = (path: ByteString): bigint => disk.lstat(at(path)).ino;
  const handleOf = (gfid: Gfid): ByteString => at(handlePath(gfid));
  const later = (): void => clock.advance(2000);
  const lookup = (bname: ByteString, gfid?: Gfid, pargfid = ROOT_GFID) =>
    volume.lookup(pargfid, bname, gfid === undefined ? null : volume.wantGfid(gfid));

  beforeEach(async () => {
    clock = new ManualClock();
    disk = new SimDisk({ clock, random: seeded(1) });
    stack = await posixStack({ on: 'sim', disk, clock, brick: { 'health-check-interval': '0' } });
    volume = new TestVolume(stack.top);
    told = [];
    stack.top.listen((notice) => notice.event === 'log' && told.push(notice.message));
  });

  afterEach(() => stack.close());

  function plant(path: ByteString, text: string): void {
    const file = disk.open(at(path), O_RDWR | O_CREAT, 0o644);
    disk.write(file, Buffer.from(text), 0);
    disk.close(file);
  }

  /** The brick remembers the paths of directories until one of them is moved. */
  async function forgetPaths(): Promise<void> {
    await volume.directory('moved');
    await volume.rename(ROOT_GFID, 'moved', ROOT_GFID, 'moved away');
  }

  describe('a name without gfid', () => {
    it('is not there for a second: it may be a create under way', async () => {
      plant('f', 'text');
      await refuses('ENOENT', lookup('f', randomUUID()));
      clock.advance(900);
      await refuses('ENOENT', lookup('f', randomUUID()));
      clock.advance(200);
      const gfid = randomUUID();
      assert.equal((await lookup('f', gfid)).stat.gfid, gfid);
    });

    it('answers ENODATA to who brings no gfid for it', async () => {
      plant('f', 'text');
      later();
      await refuses('ENODATA', lookup('f'));
    });

    it('takes the gfid that is brought, with handle and noted name, and is told of once', async () => {
      plant('f', 'text');
      later();
      const gfid = randomUUID();
      const { stat } = await lookup('f', gfid);
      await lookup('f', randomUUID());
      assert.deepEqual([stat.gfid, stat.nlink], [gfid, 1]);
      assert.equal(ino('f'), disk.lstat(handleOf(gfid)).ino);
      assert.equal(await volume.content(gfid), 'text');
      assert.ok(disk.listxattr(at('f')).some((name) => name.startsWith('trusted.gfid2path.')));
      assert.deepEqual(told, ['a file without gfid was taken in']);
    });

    it('takes it as a directory, a symlink and a pipe too', async () => {
      disk.mkdir(at('d'), 0o755);
      disk.symlink('d', at('l'));
      disk.mknod(at('p'), 0o010600, 0);
      later();
      for (const name of ['d', 'l', 'p']) {
        const gfid = randomUUID();
        assert.equal((await lookup(name, gfid)).stat.gfid, gfid);
        assert.equal((await volume.stat(gfid)).gfid, gfid);
      }
      assert.deepEqual(await volume.names(), ['d', 'l', 'p']);
    });

    it('gets its own gfid back from the other brick, though its handle has outlived the attribute', async () => {
      const gfid = await volume.file('f', 'text');
      disk.removexattr(at('f'), GFID);
      later();
      await refuses('ENODATA', lookup('f'));
      const { stat } = await lookup('f', gfid);
      assert.deepEqual([stat.gfid, stat.nlink], [gfid, 1]);
      assert.deepEqual(disk.getxattr(at('f'), GFID), gfidBytes(gfid));
      assert.equal(await volume.content(gfid), 'text');
    });

    it('gets it back as a directory too', async () => {
      const gfid = await volume.directory('d');
      await volume.file('f', 'text', gfid);
      disk.removexattr(at('d'), GFID);
      later();
      assert.equal((await lookup('d', gfid)).stat.gfid, gfid);
      assert.deepEqual(await volume.names(gfid), ['f']);
    });

    it('does not get one that another file has', async () => {
      const gfid = await volume.file('taken', 'text');
      plant('f', 'other');
      later();
      await refuses('EEXIST', lookup('f', gfid));
      assert.equal(await volume.content(gfid), 'text');
    });
  });

  describe('a handle', () => {
    it('that is gone is made again by a lookup of the name, and told of once', async () => {
      const gfid = await volume.file('f', 'text');
      disk.unlink(handleOf(gfid));
      await refuses('ENOENT', volume.content(gfid));
      for (let time = 0; time < 3; time += 1) await lookup('f');
      assert.equal(await volume.content(gfid), 'text');
      assert.equal(ino('f'), disk.lstat(handleOf(gfid)).ino);
      assert.deepEqual(told, ['the handle of a file was made again']);
    });

    it('that is another file with the same gfid is put aside, and the name wins', async () => {
      const gfid = await volume.file('f', 'real');
      disk.unlink(handleOf(gfid));
      plant(handlePath(gfid), 'impostor');
      disk.setxattr(handleOf(gfid), GFID, gfidBytes(gfid), 0);
      for (let time = 0; time < 3; time += 1) await lookup('f');
      assert.equal(await volume.content(gfid), 'real');
      const kept = disk.readdir(at('.glusterfs/quarantine')).map(({ name }) => name);
      assert.equal(kept.length, 1);
      assert.ok(kept[0]?.startsWith(gfid));
      assert.equal(told.length, 2);
    });

    it('of a directory that leads elsewhere is made again', async () => {
      const gfid = await volume.directory('d');
      await volume.file('f', 'text', gfid);
      disk.unlink(handleOf(gfid));
      disk.symlink(`../../00/00/${ROOT_GFID}/nowhere`, handleOf(gfid));
      await forgetPaths();
      await refuses('ESTALE', volume.stat(gfid));
      await lookup('d');
      assert.deepEqual(await volume.names(gfid), ['f']);
      assert.deepEqual(told, ['the handle of a directory was made again']);
    });

    it('of a directory that is a directory itself is put aside', async () => {
      const gfid = await volume.directory('d');
      await volume.file('f', 'text', gfid);
      disk.unlink(handleOf(gfid));
      disk.mkdir(handleOf(gfid), 0o755);
      await forgetPaths();
      await refuses('ESTALE', volume.stat(gfid));
      await lookup('d');
      assert.deepEqual(await volume.names(gfid), ['f']);
      assert.equal(disk.readlink(handleOf(gfid)), `../../00/00/${ROOT_GFID}/d`);
      assert.equal(disk.readdir(at('.glusterfs/quarantine')).length, 1);
    });

    it('of a file that is a directory is put aside', async () => {
      const gfid = await volume.file('f', 'text');
      disk.unlink(handleOf(gfid));
      disk.mkdir(handleOf(gfid), 0o755);
      await refuses('ESTALE', volume.stat(gfid));
      await lookup('f');
      assert.equal(await volume.content(gfid), 'text');
    });

    it('without a name is a remnant: nobody is served from it, and its gfid is free', async () => {
      const gfid = await volume.file('f', 'text');
      disk.unlink(at('f'));
      await refuses('ENOENT', lookup('f'));
      await refuses('ESTALE', volume.stat(gfid));
      await volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT, gfid);
      assert.equal((await lookup('f')).stat.gfid, gfid);
    });
  });

  describe('one gfid', () => {
    it('of two files is EIO for the one that the handle is not, and told of once', async () => {
      const gfid = await volume.file('f', 'one');
      plant('copy', 'two');
      disk.setxattr(at('copy'), GFID, gfidBytes(gfid), 0);
      for (let time = 0; time < 3; time += 1) await refuses('EIO', lookup('copy'));
      assert.equal((await lookup('f')).stat.gfid, gfid);
      assert.deepEqual(told, ['two files have one gfid']);
    });

    it('of two directories likewise', async () => {
      const gfid = await volume.directory('d');
      disk.mkdir(at('twin'), 0o755);
      disk.setxattr(at('twin'), GFID, gfidBytes(gfid), 0);
      for (let time = 0; time < 3; time += 1) await refuses('EIO', lookup('twin'));
      assert.equal((await lookup('d')).stat.gfid, gfid);
      assert.deepEqual(told, ['two directories have one gfid']);
    });

    it('that is no gfid is none', async () => {
      plant('f', 'text');
      disk.setxattr(at('f'), GFID, Buffer.from('short'), 0);
      later();
      const gfid = randomUUID();
      assert.equal((await lookup('f', gfid)).stat.gfid, gfid);
    });
  });

  it('a directory moved by hand is found at its new place', async () => {
    const [from, to] = [await volume.directory('from'), await volume.directory('to')];
    const gfid = await volume.directory('d', from);
    await volume.file('f', 'text', gfid);
    disk.rename(at('from/d'), at('to/d'));
    await refuses('ESTALE', volume.stat(gfid));
    assert.equal((await lookup('d', undefined, to)).stat.gfid, gfid);
    assert.deepEqual(await volume.names(gfid), ['f']);
  });

  it('a file removed by hand is gone for those who know its gfid', async () => {
    const gfid = await volume.file('f', 'text');
    disk.unlink(at('f'));
    disk.unlink(handleOf(gfid));
    await refuses('ESTALE', volume.stat(gfid));
    await refuses('ENOENT', lookup('f'));
    assert.deepEqual(await volume.names(), []);
  });
});
