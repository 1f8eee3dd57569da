import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { O_CREAT, O_EXCL, O_RDWR, O_TRUNC } from '../../src/fop/fd.js';
import { NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import { isDirectory, isRegular, isSymlink, NO_IATT, S_IFMT } from '../../src/fop/iatt.js';
import type { Subject } from './contract.js';
import { dict, refuses, textOf } from './volume.js';

const S_IFIFO = 0o010000;

/** lookup, mkdir, create, mknod, symlink, link. */
export function namesContract(subject: () => Subject): void {
  it('looks up the root by its gfid', async () => {
    const { volume } = subject();
    const reply = await volume.lookup(NULL_GFID, '').catch((error) => error);
    assert.ok(reply instanceof Error);
    const root = await volume.wind('lookup', { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '' });
    assert.equal(root.stat.gfid, ROOT_GFID);
    assert.ok(isDirectory(root.stat));
    assert.deepEqual(root.postparent, NO_IATT);
  });

  it('tells an unknown name, gfid and parent apart', async () => {
    const { volume } = subject();
    await refuses('ENOENT', volume.lookup(ROOT_GFID, 'none'));
    const nameless = { gfid: randomUUID(), pargfid: NULL_GFID, bname: '' };
    await refuses('ENOENT', volume.wind('lookup', nameless));
    await refuses('ESTALE', volume.lookup(randomUUID(), 'none'));
    await refuses('ESTALE', volume.stat(randomUUID()));
    await refuses('ESTALE', volume.mkdir(randomUUID(), 'd'));
  });

  it('makes a directory and finds it by name and by gfid', async () => {
    const { volume } = subject();
    const made = await volume.mkdir(ROOT_GFID, 'd', 0o750);
    assert.equal(made.stat.mode & 0o7777, 0o750);
    assert.equal(made.postparent.nlink, made.preparent.nlink + 1);
    const found = await volume.lookup(ROOT_GFID, 'd');
    assert.equal(found.stat.gfid, made.stat.gfid);
    assert.deepEqual((await volume.stat(made.stat.gfid)).nlink, 2);
    await refuses('EEXIST', volume.mkdir(ROOT_GFID, 'd'));
  });

  it('gives a new inode the gfid that was asked for, and demands one', async () => {
    const { volume } = subject();
    const gfid = randomUUID();
    const { reply } = await volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT, gfid);
    assert.equal(reply.stat.gfid, gfid);
    assert.equal(reply.stat.nlink, 1);
    assert.ok(isRegular(reply.stat));
    const request = { pargfid: ROOT_GFID, bname: 'x', mode: 0o755, umask: 0 };
    await refuses('EINVAL', volume.wind('mkdir', request, new Map()));
    await refuses('EEXIST', volume.wind('mkdir', request, volume.wantGfid(gfid)));
    assert.deepEqual(await volume.names(), ['f']);
  });

  it('creates exclusively or opens what is there', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'old');
    await refuses('EEXIST', volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT | O_EXCL));
    const again = await volume.create(ROOT_GFID, 'f');
    assert.equal(again.gfid, gfid);
    assert.equal(again.fd.gfid, gfid, 'the fd is of what was there');
    assert.equal(await volume.read(again.fd), 'old');
    await volume.release(again.fd);
    const emptied = await volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT | O_TRUNC);
    assert.equal(emptied.reply.stat.size, 0);
    await volume.release(emptied.fd);
  });

  it('refuses names that cannot be', async () => {
    const { volume } = subject();
    await refuses('ENAMETOOLONG', volume.mkdir(ROOT_GFID, 'n'.repeat(256)));
    await volume.mkdir(ROOT_GFID, 'n'.repeat(255));
    await refuses('EPERM', volume.lookup(ROOT_GFID, 'a/b'));
    await assert.rejects(volume.mkdir(ROOT_GFID, '..'));
    await assert.rejects(volume.mkdir(ROOT_GFID, 'a\0b'));
    const gfid = await volume.file('f');
    await refuses('ENOTDIR', volume.mkdir(gfid, 'd'));
  });

  it('keeps any byte of a name', async () => {
    const { volume } = subject();
    const name = '\x01\xff\xfe "*\n';
    const gfid = await volume.file(name, 'odd');
    assert.equal((await volume.lookup(ROOT_GFID, name)).stat.gfid, gfid);
    assert.deepEqual(await volume.names(), [name]);
  });

  it('hides .glusterfs in the root, and only there', async () => {
    const { volume, stack } = subject();
    if (stack.rootPath === undefined) {
      await refuses('EPERM', volume.lookup(ROOT_GFID, '.glusterfs'));
      await refuses('EPERM', volume.mkdir(ROOT_GFID, '.glusterfs'));
      await refuses('EPERM', volume.rename(ROOT_GFID, '.glusterfs', ROOT_GFID, 'x'));
    }
    assert.deepEqual(await volume.names(), []);
    const directory = await volume.directory('d');
    await volume.mkdir(directory, '.glusterfs');
  });

  it('finds directories below more than 40 others', async () => {
    const { volume } = subject();
    let gfid = ROOT_GFID;
    for (let depth = 0; depth < 60; depth++) gfid = await volume.directory(`d${depth}`, gfid);
    await volume.file('leaf', 'deep', gfid);
    await volume.rename(ROOT_GFID, 'd0', ROOT_GFID, 'moved');
    const leaf = await volume.lookup(gfid, 'leaf');
    assert.equal(await volume.content(leaf.stat.gfid), 'deep');
  });

  it('links a file under a second name', async () => {
    const { volume } = subject();
    const directory = await volume.directory('d');
    const gfid = await volume.file('f', 'text');
    const { stat } = await volume.link(gfid, directory, 'g');
    assert.deepEqual([stat.gfid, stat.nlink], [gfid, 2]);
    assert.equal((await volume.lookup(directory, 'g')).stat.gfid, gfid);
    await refuses('EEXIST', volume.link(gfid, directory, 'g'));
    await refuses('EPERM', volume.link(directory, ROOT_GFID, 'dd'));
    await refuses('ESTALE', volume.link(randomUUID(), ROOT_GFID, 'x'));
  });

  it('makes symlinks and pipes, or says that it cannot', async () => {
    const { volume, stack } = subject();
    const link = { pargfid: ROOT_GFID, bname: 'l', umask: 0, linkname: '../x' };
    const pipe = { pargfid: ROOT_GFID, bname: 'p', mode: S_IFIFO | 0o600, umask: 0, dev: 0 };
    if (!stack.hasSpecialFiles) {
      await refuses('EOPNOTSUPP', volume.wind('symlink', link, volume.wantGfid()));
      await refuses('EOPNOTSUPP', volume.wind('mknod', pipe, volume.wantGfid()));
      return;
    }
    const made = await volume.wind('symlink', link, volume.wantGfid());
    assert.ok(isSymlink(made.stat));
    assert.equal(made.stat.nlink, 1);
    const { gfid } = made.stat;
    assert.equal((await volume.wind('readlink', { gfid, size: 4096 })).path, '../x');
    assert.equal((await volume.wind('readlink', { gfid, size: 2 })).path, '..');
    await refuses('ELOOP', volume.open(gfid, O_RDWR));
    const special = await volume.wind('mknod', pipe, volume.wantGfid());
    assert.equal(special.stat.mode & S_IFMT, S_IFIFO);
    await refuses('EINVAL', volume.wind('readlink', { gfid: special.stat.gfid, size: 10 }));
    await refuses('EINVAL', volume.open(special.stat.gfid, O_RDWR));
  });

  it('makes plain files with mknod', async () => {
    const { volume } = subject();
    const request = { pargfid: ROOT_GFID, bname: 'f', mode: 0o100600, umask: 0, dev: 0 };
    const { stat } = await volume.wind('mknod', request, volume.wantGfid());
    assert.equal(stat.mode, 0o100600);
  });

  it('sets attributes that come along with a creation', async () => {
    const { volume } = subject();
    const xdata = volume.wantGfid();
    xdata.set('trusted.afr.dirty', { type: 'bytes', bytes: Buffer.from('dirty') });
    const request = { pargfid: ROOT_GFID, bname: 'd', mode: 0o755, umask: 0 };
    await volume.wind('mkdir', request, xdata);
    const found = await volume.lookup(ROOT_GFID, 'd', dict({ 'trusted.afr.dirty': 0 }));
    assert.equal(textOf(found.xdata, 'trusted.afr.dirty'), 'dirty');
  });
}
