import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import {
  NO_IATT,
  SETATTR_ATIME,
  SETATTR_GID,
  SETATTR_MODE,
  SETATTR_MTIME,
  SETATTR_MTIME_NOW,
  SETATTR_UID,
} from '../../src/fop/iatt.js';
import type { Subject } from './contract.js';
import { refuses } from './volume.js';

/** stat, setattr, access, statfs, kept times. */
export function attributeContract(subject: () => Subject): void {
  it('sets permissions, owners and times', async () => {
    const { volume, stack } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f');
    const stbuf = { ...NO_IATT, mode: 0o640, atime: 5, atimeNsec: 7, mtime: 6, mtimeNsec: 8 };
    const valid = SETATTR_MODE | SETATTR_ATIME | SETATTR_MTIME;
    const { postbuf } = await volume.wind('setattr', { gfid, stbuf, valid });
    assert.equal(postbuf.mode & 0o7777, 0o640);
    assert.deepEqual(
      [postbuf.atime, postbuf.atimeNsec, postbuf.mtime, postbuf.mtimeNsec],
      [5, 7, 6, 8],
    );
    await volume.wind('fsetattr', { fd, stbuf: NO_IATT, valid: SETATTR_MTIME_NOW });
    const stat = await volume.stat(gfid);
    assert.ok(stat.mtime > 1_000_000);
    assert.equal(stat.atime, 5);
    if (stack.hasSpecialFiles) {
      const owner = { ...NO_IATT, uid: 1000, gid: 1001 };
      const change = { gfid, stbuf: owner, valid: SETATTR_UID | SETATTR_GID };
      const changed = await volume.wind('setattr', change);
      assert.deepEqual([changed.postbuf.uid, changed.postbuf.gid], [1000, 1001]);
    }
    await volume.release(fd);
  });

  it('changes the attributes of an open file without a name', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    await volume.unlink(ROOT_GFID, 'f');
    const stbuf = { ...NO_IATT, mode: 0o600 };
    const { postbuf } = await volume.wind('fsetattr', { fd, stbuf, valid: SETATTR_MODE });
    assert.deepEqual([postbuf.mode & 0o777, postbuf.nlink], [0o600, 0]);
    await volume.release(fd);
  });

  it('gives a new inode to the caller', async function () {
    const { volume, stack } = subject();
    if (!stack.hasSpecialFiles) return this.skip();
    const caller = volume.as({ uid: 1000, gid: 1001 });
    const open = (await volume.mkdir(ROOT_GFID, 'open', 0o777)).stat.gfid;
    const made = await caller.mkdir(open, 'd', 0o700);
    assert.deepEqual([made.stat.uid, made.stat.gid], [1000, 1001]);
    const setgid = { ...NO_IATT, mode: 0o2770, gid: 77 };
    const change = { gfid: made.stat.gfid, stbuf: setgid, valid: SETATTR_MODE | SETATTR_GID };
    await volume.wind('setattr', change);
    const inner = await caller.mkdir(made.stat.gfid, 'e', 0o755);
    assert.equal(inner.stat.gid, 77);
    assert.equal(inner.stat.mode & 0o7777, 0o2755);
  });

  it('tells what root may do, and leaves all others to features/access-control', async () => {
    const { volume, stack } = subject();
    const gfid = await volume.file('f');
    const access = (mask: number) => volume.wind('access', { gfid, mask });
    await access(6);
    await refuses('EACCES', access(1));
    if (stack.hasSpecialFiles)
      await refuses('ESTALE', volume.wind('access', { gfid: randomUUID(), mask: 4 }));
  });

  it('keeps the times of its client apart, where there is one that sends them', async () => {
    const { volume } = subject();
    const at = (sec: number) => volume.as({ time: { sec, nsec: 5 } });
    const { gfid, fd } = await at(1000).create(ROOT_GFID, 'f');
    const made = await volume.stat(gfid);
    assert.deepEqual([made.atime, made.mtime, made.ctime, made.mtimeNsec], [1000, 1000, 1000, 5]);
    const { postbuf } = await at(2000).write(fd, 'x');
    assert.deepEqual([postbuf.atime, postbuf.mtime, postbuf.ctime], [1000, 2000, 2000]);
    const earlier = await at(1500).write(fd, 'y');
    assert.equal(earlier.postbuf.mtime, 2000);
    await at(3000).link(gfid, ROOT_GFID, 'g');
    const linked = await volume.stat(gfid);
    assert.deepEqual([linked.mtime, linked.ctime], [2000, 3000]);
    await volume.release(fd);
  });

  it('tells how much room there is', async () => {
    const { volume } = subject();
    const { statfs } = await volume.wind('statfs', { gfid: ROOT_GFID });
    assert.ok(statfs.blocks > 0 && statfs.bfree <= statfs.blocks && statfs.namemax === 255);
  });
}
