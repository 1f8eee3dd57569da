import assert from 'node:assert/strict';
import { O_RDWR } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import type { Subject } from './contract.js';
import { dict, refuses, textOf } from './volume.js';

/** getxattr, setxattr, removexattr, xattrop, and attributes asked for with other fops. */
export function xattrContract(subject: () => Subject): void {
  const bytes = (text: string) => Buffer.from(text, 'latin1');

  it('keeps attributes, by gfid and by fd', async () => {
    const { volume } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f');
    await volume.wind('setxattr', { gfid, flags: 0, dict: dict({ 'user.a': bytes('1') }) });
    await volume.wind('fsetxattr', { fd, flags: 0, dict: dict({ 'trusted.b': bytes('\0\xff') }) });
    const all = await volume.wind('getxattr', { gfid, name: undefined });
    assert.deepEqual([textOf(all.dict, 'user.a'), textOf(all.dict, 'trusted.b')], ['1', '\0\xff']);
    const one = await volume.wind('fgetxattr', { fd, name: 'user.a' });
    assert.deepEqual([...(one.dict?.keys() ?? [])], ['user.a']);
    await refuses('ENODATA', volume.wind('getxattr', { gfid, name: 'user.none' }));
    await volume.wind('removexattr', { gfid, name: 'user.a' });
    await refuses('ENODATA', volume.wind('fremovexattr', { fd, name: 'user.a' }));
    await volume.release(fd);
  });

  it('knows create-only, replace-only and removal in bulk', async () => {
    const { volume } = subject();
    const gfid = await volume.directory('d');
    const set = (flags: number) =>
      volume.wind('setxattr', { gfid, flags, dict: dict({ 'user.a': bytes('x') }) });
    await refuses('ENODATA', set(2));
    await set(1);
    await refuses('EEXIST', set(1));
    await set(2);
    const names = dict({ 'user.a': bytes(''), 'user.none': bytes('') });
    await volume.wind('removexattr', { gfid, name: '' }, names);
    await refuses('ENODATA', volume.wind('getxattr', { gfid, name: 'user.a' }));
  });

  it('keeps its own attributes to itself', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f');
    const all = await volume.wind('getxattr', { gfid, name: undefined });
    assert.deepEqual(
      [...(all.dict?.keys() ?? [])].filter((name) => /gfid|volume-id/.test(name)),
      [],
    );
    const set = (name: string) =>
      volume.wind('setxattr', { gfid, flags: 0, dict: dict({ [name]: bytes('x') }) });
    await refuses('EPERM', set('trusted.gfid'));
    await refuses('EPERM', set('trusted.glusterfs.volume-id'));
    await refuses('EOPNOTSUPP', set('trusted.gfid2path.0123456789abcdef'));
    await refuses('EPERM', volume.wind('removexattr', { gfid, name: 'trusted.gfid' }));
  });

  it('tells the inode before and after a change', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f');
    const request = { gfid, flags: 0, dict: dict({ 'user.a': bytes('x') }) };
    const { xdata } = await volume.wind('setxattr', request);
    const after = xdata?.get('virt-gf-poststat');
    assert.equal(after?.type === 'iatt' && after.iatt.gfid, gfid);
  });

  it('adds arrays', async () => {
    const { volume } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f');
    const name = 'trusted.afr.v-client-1';
    const add = (hex: string) =>
      volume.wind('xattrop', { gfid, flags: 0, dict: dict({ [name]: Buffer.from(hex, 'hex') }) });
    const zero = await add('00'.repeat(12));
    assert.equal(textOf(zero.dict, name), '\0'.repeat(12));
    await refuses('ENODATA', volume.wind('getxattr', { gfid, name }));
    await add('000000010000000000000002');
    const sum = await volume.wind(
      'fxattrop',
      { fd, flags: 0, dict: dict({ [name]: Buffer.from('ffffffff0000000000000001', 'hex') }) },
      dict({ 'get-size': 0 }),
    );
    assert.equal(textOf(sum.dict, name), `${'\0'.repeat(11)}\x03`);
    assert.deepEqual(sum.xdata?.get('get-size'), { type: 'uint', uint: 0n });
    await refuses('ERANGE', add('00000001'));
    await volume.release(fd);
  });

  it('answers what a getxattr or a setattr asks beside, as lookup does', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    const fd = await volume.open(gfid, O_RDWR);
    const pairs = { 'user.a': bytes('x'), 'user.b': bytes('y') };
    await volume.wind('setxattr', { gfid, flags: 0, dict: dict(pairs) });
    const asked = dict({ 'user.a': 0, 'user.none': 0 });
    const mode = { stbuf: { ...NO_IATT, mode: 0o600 }, valid: 1 };
    for (const { xdata } of [
      await volume.wind('getxattr', { gfid, name: 'user.b' }, asked),
      await volume.wind('getxattr', { gfid, name: undefined }, asked),
      await volume.wind('fgetxattr', { fd, name: 'user.b' }, asked),
      await volume.wind('setattr', { gfid, ...mode }, asked),
      await volume.wind('fsetattr', { fd, ...mode }, asked),
    ]) {
      assert.deepEqual([...(xdata?.keys() ?? [])], ['user.a']);
      assert.equal(textOf(xdata, 'user.a'), 'x');
    }
    await volume.release(fd);
  });

  it('answers what a lookup asks beside', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    await volume.wind('setxattr', { gfid, flags: 0, dict: dict({ 'user.a': bytes('x') }) });
    const asked = dict({
      'user.a': 0,
      'user.none': 0,
      'glusterfs.content': 100,
      'glusterfs.open-fd-count': 0,
    });
    const { xdata } = await volume.lookup(ROOT_GFID, 'f', asked);
    assert.equal(textOf(xdata, 'user.a'), 'x');
    assert.equal(xdata?.has('user.none'), false);
    assert.equal(textOf(xdata, 'glusterfs.content'), 'text');
    assert.equal(
      xdata?.get('glusterfs.open-fd-count')?.type,
      'uint',
      'not how many: a release takes its time',
    );
    const small = await volume.lookup(ROOT_GFID, 'f', dict({ 'glusterfs.content': 3 }));
    assert.equal(small.xdata?.has('glusterfs.content'), false);
    const all = await volume.lookup(ROOT_GFID, 'f', dict({ 'list-xattr': 1 }));
    assert.equal(textOf(all.xdata, 'user.a'), 'x');
    assert.equal((await volume.lookup(ROOT_GFID, 'f')).xdata, null);
    const fitting = await volume.lookup(ROOT_GFID, 'f', dict({ 'user.*': 0 }));
    assert.deepEqual([...(fitting.xdata?.keys() ?? [])], ['user.a']);
  });

  it('computes paths and real names', async () => {
    const { volume, stack } = subject();
    const above = stack.rootPath ?? '';
    const directory = await volume.directory('Dir');
    const gfid = await volume.file('File', '', directory);
    await volume.link(gfid, ROOT_GFID, 'other');
    const get = async (name: string, of: string) => {
      const value = (await volume.wind('getxattr', { gfid: of, name })).dict?.get(name);
      return value?.type === 'string' ? value.text : undefined;
    };
    assert.equal(await get('glusterfs.gfid2path', gfid), `${above}/Dir/File:${above}/other`);
    assert.equal(await get('glusterfs.get_real_filename:FILE', directory), 'File');
    await refuses('ENODATA', get('glusterfs.get_real_filename:nope', directory));
  });
}
