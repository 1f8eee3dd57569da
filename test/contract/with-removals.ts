import assert from 'node:assert/strict';
import { O_RDWR } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Subject } from './contract.js';
import { dict, refuses } from './volume.js';

/** unlink, rmdir, rename. */
export function removalContract(subject: () => Subject): void {
  it('unlinks one name of two, and the last one', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    await volume.link(gfid, ROOT_GFID, 'g');
    const { xdata } = await volume.unlink(ROOT_GFID, 'f', dict({ 'get-link-count': 0 }));
    assert.deepEqual(xdata?.get('get-link-count'), { type: 'uint', uint: 2n });
    assert.equal((await volume.stat(gfid)).nlink, 1);
    assert.equal(await volume.content(gfid), 'text');
    await volume.unlink(ROOT_GFID, 'g');
    await refuses('ESTALE', volume.stat(gfid));
    await refuses('ENOENT', volume.content(gfid));
    await refuses('ENOENT', volume.unlink(ROOT_GFID, 'g'));
  });

  it('keeps an unlinked file while it is open', async () => {
    const { volume } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f');
    await volume.write(fd, 'still');
    await volume.unlink(ROOT_GFID, 'f');
    await refuses('ENOENT', volume.lookup(ROOT_GFID, 'f'));
    assert.equal(await volume.read(fd), 'still');
    await volume.write(fd, ' here', 5);
    assert.equal((await volume.wind('fstat', { fd })).stat.size, 10);
    await volume.release(fd);
    await refuses('ESTALE', volume.stat(gfid));
  });

  it('takes a gfid again once its inode is gone', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'one');
    await volume.unlink(ROOT_GFID, 'f');
    const again = await volume.create(ROOT_GFID, 'f', O_RDWR, gfid);
    assert.equal(await volume.read(again.fd), '');
    await volume.release(again.fd);
  });

  it('does not confuse the kinds', async () => {
    const { volume } = subject();
    await volume.directory('d');
    await volume.file('f');
    await refuses('EISDIR', volume.unlink(ROOT_GFID, 'd'));
    await refuses('ENOTDIR', volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'f', xflags: 0 }));
  });

  it('removes directories that are empty, and others when told to', async () => {
    const { volume } = subject();
    const gfid = await volume.directory('d');
    const inner = await volume.directory('e', gfid);
    await volume.file('f', '', inner);
    const request = { pargfid: ROOT_GFID, bname: 'd', xflags: 0 };
    await refuses('ENOTEMPTY', volume.wind('rmdir', request));
    const reply = await volume.wind('rmdir', { ...request, xflags: 1 });
    assert.equal(reply.postparent.nlink, reply.preparent.nlink - 1);
    await refuses('ENOENT', volume.lookup(ROOT_GFID, 'd'));
    await refuses('ESTALE', volume.stat(gfid));
    await refuses('ESTALE', volume.stat(inner));
    await volume.directory('d');
    await volume.wind('rmdir', request);
    assert.deepEqual(await volume.names(), []);
  });

  it('renames a file within and between directories', async () => {
    const { volume } = subject();
    const directory = await volume.directory('d');
    const gfid = await volume.file('a', 'text');
    await volume.rename(ROOT_GFID, 'a', ROOT_GFID, 'b');
    const reply = await volume.rename(ROOT_GFID, 'b', directory, 'c');
    assert.equal(reply.stat.gfid, gfid);
    assert.equal(reply.postnewparent.gfid, directory);
    assert.equal((await volume.lookup(directory, 'c')).stat.gfid, gfid);
    assert.deepEqual(await volume.names(), ['d']);
    assert.equal(await volume.content(gfid), 'text');
    await refuses('ENOENT', volume.rename(ROOT_GFID, 'b', ROOT_GFID, 'x'));
  });

  it('renames over a file, which lives on for those who have it open', async () => {
    const { volume } = subject();
    const old = await volume.create(ROOT_GFID, 'f');
    await volume.write(old.fd, 'old');
    const gfid = await volume.file('new', 'new');
    await volume.rename(ROOT_GFID, 'new', ROOT_GFID, 'f');
    assert.equal((await volume.lookup(ROOT_GFID, 'f')).stat.gfid, gfid);
    assert.equal(await volume.read(old.fd), 'old');
    await volume.release(old.fd);
    await refuses('ESTALE', volume.stat(old.gfid));
  });

  it('renames over one of two names', async () => {
    const { volume } = subject();
    const gfid = await volume.file('a', 'a');
    await volume.link(gfid, ROOT_GFID, 'b');
    const other = await volume.file('c', 'c');
    await volume.rename(ROOT_GFID, 'c', ROOT_GFID, 'b');
    assert.equal((await volume.stat(gfid)).nlink, 1);
    assert.equal(await volume.content(other), 'c');
  });

  it('does nothing where both names are one inode', async () => {
    const { volume } = subject();
    const gfid = await volume.file('a');
    await volume.link(gfid, ROOT_GFID, 'b');
    await volume.rename(ROOT_GFID, 'a', ROOT_GFID, 'b');
    assert.deepEqual(await volume.names(), ['a', 'b']);
  });

  it('renames directories with all that is in them', async () => {
    const { volume } = subject();
    const outer = await volume.directory('outer');
    const inner = await volume.directory('inner', outer);
    const gfid = await volume.file('f', 'text', inner);
    await volume.stat(inner);
    const target = await volume.directory('target');
    await volume.rename(ROOT_GFID, 'outer', target, 'moved');
    assert.equal((await volume.lookup(inner, 'f')).stat.gfid, gfid);
    await volume.file('g', '', inner);
    assert.deepEqual(await volume.names(inner), ['f', 'g']);
    const moved = await volume.lookup(target, 'moved');
    assert.equal(moved.stat.gfid, outer);
  });

  it('renames over an empty directory only, and never into itself', async () => {
    const { volume } = subject();
    const a = await volume.directory('a');
    const b = await volume.directory('b');
    await volume.file('f', '', b);
    await refuses('ENOTEMPTY', volume.rename(ROOT_GFID, 'a', ROOT_GFID, 'b'));
    await refuses('EINVAL', volume.rename(ROOT_GFID, 'a', a, 'x'));
    await volume.rename(ROOT_GFID, 'b', ROOT_GFID, 'a');
    await refuses('ESTALE', volume.stat(a));
    assert.deepEqual(await volume.names(b), ['f']);
    await volume.directory('c');
    await refuses('ENOTDIR', volume.rename(ROOT_GFID, 'c', b, 'f'));
  });
}
