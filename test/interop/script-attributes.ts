import type { Dict } from '../../src/fop/dict.js';
import { Fd } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { dict } from '../contract/volume.js';
import {
  AT_ROOT,
  bytes,
  type Chapter,
  directory,
  EMPTY,
  file,
  gfidOf,
  named,
  want,
} from './script-words.js';

export const xattrs: Chapter = async (t) => {
  const fd = await file(t, 0x70, 'x', '12345');
  const gfid = gfidOf(0x70);
  const dir = await directory(t, 0x71, 'xdir');
  const set = (
    label: string,
    pairs: Record<string, Buffer | string | number>,
    flags = 0,
    xdata: Dict = null,
  ) => t.ask(label, 'setxattr', { gfid, flags, dict: dict(pairs) }, xdata);
  await set('new', { 'user.a': Buffer.from('1'), 'trusted.b': bytes('00ff') });
  await set('create', { 'user.a': Buffer.from('1') }, 1);
  await set('replace', { 'user.none': Buffer.from('1') }, 2);
  await set('string', { 'user.string': 'text' });
  await set('number', { 'user.number': 7 });
  await set('empty value', { 'user.empty': Buffer.alloc(0) });
  await set('no namespace', { colour: Buffer.from('1') });
  await set('gfid', { 'trusted.gfid': bytes('00'.repeat(16)) });
  await set('volume-id', { 'trusted.glusterfs.volume-id': bytes('00'.repeat(16)) });
  await set('gfid2path', { 'trusted.gfid2path.0000000000000000': Buffer.from('x') });
  await set('virtual gfid2path', { 'glusterfs.gfid2path': Buffer.from('x') });
  const mdata = (second: number) =>
    bytes(
      `010000000000000000${`${second.toString(16).padStart(16, '0')}0000000000000007`.repeat(3)}`,
    );
  await set('later mdata', { 'trusted.glusterfs.mdata': mdata(0x7fffffff) });
  t.look('later mdata', 'x', true);
  await set('earlier mdata', { 'trusted.glusterfs.mdata': mdata(1000) });
  t.look('earlier mdata', 'x', true);
  await set('empty xdata', { 'user.a': Buffer.from('2') }, 0, EMPTY);
  await set('flag 3', { 'user.a': Buffer.from('2') }, 3);
  await set('nothing', {});
  await t.ask('by fd', 'fsetxattr', { fd, flags: 0, dict: dict({ 'user.f': Buffer.from('f') }) });
  await t.ask(
    'by fd, empty',
    'fsetxattr',
    { fd, flags: 0, dict: dict({ 'user.f': Buffer.from('f') }) },
    EMPTY,
  );
  await t.ask('by fd, gfid', 'fsetxattr', {
    fd,
    flags: 0,
    dict: dict({ 'trusted.gfid': bytes('00'.repeat(16)) }),
  });
  await t.ask('directory', 'setxattr', {
    gfid: dir,
    flags: 0,
    dict: dict({ 'user.d': Buffer.from('d') }),
  });
  const times = { atime: 5, atimeNsec: 6, mtime: 7, mtimeNsec: 8, ctime: 9, ctimeNsec: 10 };
  await t.ask('times', 'setxattr', {
    gfid: dir,
    flags: 0,
    dict: new Map([['set-ctime-mdata', { type: 'mdata', times }]]),
  });
  t.look('directory with times', 'xdir');
  t.look('file', 'x');
  for (const name of [
    'user.a',
    'user.empty',
    'user.none',
    'trusted.gfid',
    'trusted.glusterfs.volume-id',
    'glusterfs.gfid2path',
    'trusted.glusterfs.pathinfo',
    'glusterfs.gfid',
    'glusterfs.gfid.string',
    'glusterfs.get_real_filename:X',
    'glusterfs.get_real_filename:none',
    'get_real_filename:X',
    'glusterfs.gfidtopath',
    'trusted.glusterfs.node-uuid',
    'glusterfs.open-fd-count',
    'glusterfs.posix.acl',
    'system.posix_acl_access',
    'nonsense',
    'glusterfs.ancestry.path',
    'glusterfs.ancestry.dentry',
    'trusted.glusterfs.mdata',
    'glusterfs.xattrop_index_gfid',
    'glusterfs.inodelk-count',
    'glusterfs.find-local-subvol',
    'trusted.gfid2path.0000000000000000',
    'glusterfs.list-xattr',
    'trusted.glusterfs.lockinfo',
    'user.virtual',
    'glusterfs.brick-path',
    'glusterfs.stime',
    'trusted.pgfid.00000000-0000-0000-0000-000000000001',
  ]) {
    await t.ask(name, 'getxattr', { gfid, name });
    await t.ask(`${name} of a directory`, 'getxattr', { gfid: dir, name });
    await t.ask(`${name} of root`, 'getxattr', { gfid: ROOT_GFID, name });
    await t.ask(name, 'fgetxattr', { fd, name });
  }
  await t.ask('all', 'getxattr', { gfid, name: undefined });
  await t.ask('all, empty', 'getxattr', { gfid, name: undefined }, EMPTY);
  await t.ask('all of a directory', 'getxattr', { gfid: dir, name: undefined });
  await t.ask('all of root', 'getxattr', { gfid: ROOT_GFID, name: undefined });
  await t.ask('all by fd', 'fgetxattr', { fd, name: undefined });
  await t.ask('one, empty', 'getxattr', { gfid, name: 'user.a' }, EMPTY);
  const drop = (label: string, name: string, xdata: Dict = null) =>
    t.ask(label, 'removexattr', { gfid, name }, xdata);
  await drop('one', 'user.a');
  await drop('missing', 'user.a');
  await drop('gfid', 'trusted.gfid');
  await drop('volume-id', 'trusted.glusterfs.volume-id');
  await drop('gfid2path', 'trusted.gfid2path.0000000000000000');
  await drop('no name, no dict', '');
  await drop('several', '', dict({ 'user.f': 0, 'user.missing': 0, 'trusted.b': 0 }));
  await drop('several with the gfid', '', dict({ 'user.string': 0, 'trusted.gfid': 0 }));
  await drop('one, empty', 'user.empty', EMPTY);
  await t.ask('by fd', 'fremovexattr', { fd, name: 'user.number' });
  await t.ask(
    'several by fd',
    'fremovexattr',
    { fd, name: '' },
    dict({ 'user.f': 0, 'user.missing': 0 }),
  );
  t.look('file in the end', 'x');
  await t.ask('list with mdata', 'lookup', named(ROOT_GFID, 'x'), dict({ 'list-xattr': 1 }));
  await t.ask('mdata', 'lookup', named(ROOT_GFID, 'xdir'), dict({ 'trusted.glusterfs.mdata': 0 }));
};

export const arrays: Chapter = async (t) => {
  const fd = await file(t, 0x80, 'arrays', '12345');
  const gfid = gfidOf(0x80);
  const op = (
    label: string,
    flags: number,
    pairs: Record<string, Buffer | number | string>,
    xdata: Dict = null,
  ) => t.ask(label, 'xattrop', { gfid, flags, dict: dict(pairs) }, xdata);
  const key = 'trusted.afr.v-client-0';
  await op('zero', 0, { [key]: bytes('00'.repeat(12)) });
  t.look('after zero', 'arrays');
  await op('one', 0, { [key]: bytes('000000010000000000000002') });
  await op('again', 0, { [key]: bytes('ffffffff0000000000000001') });
  await op('zero again', 0, { [key]: bytes('00'.repeat(12)) });
  await op('shorter delta', 0, { [key]: bytes('0000000100000001') });
  await op('longer delta', 0, { [key]: bytes('00000001'.repeat(4)) });
  await op('odd length', 0, { [key]: bytes('0000000100') });
  await op('no bytes', 0, { [key]: Buffer.alloc(0) });
  await op('64 bit', 1, { 'trusted.ec.version': bytes('00000000000000010000000000000001') });
  await op('64 bit zero', 1, { 'trusted.ec.version': bytes('00'.repeat(16)) });
  await op('or', 2, { [key]: bytes('01'.repeat(16)) });
  await op('and', 3, { [key]: bytes('01'.repeat(16)) });
  await op('get and set', 4, { 'trusted.gs': bytes('0102') });
  await op('get and set again', 4, { 'trusted.gs': bytes('03') });
  await op('get and set zero', 4, { 'trusted.gs': bytes('00') });
  await op('default', 5, { 'trusted.def': bytes('0000000100000005') });
  await op('default again', 5, { 'trusted.def': bytes('0000000100000005') });
  await op('default zero delta', 5, { 'trusted.def2': bytes('0000000000000005') });
  await op('default 64', 6, { 'trusted.def64': bytes('00000000000000010000000000000005') });
  await op('unknown', 9, { 'trusted.x': bytes('00000001') });
  await op('two', 0, { 'trusted.one': bytes('00000001'), 'trusted.two': bytes('00000002') });
  await op('nothing', 0, {});
  await op('get-size', 0, { [key]: bytes('00'.repeat(16)) }, dict({ 'get-size': 1 }));
  await op('empty xdata', 0, { [key]: bytes('00'.repeat(16)) }, EMPTY);
  await op('wrap', 0, { 'trusted.wrap': bytes('7fffffff') });
  await op('wraps', 0, { 'trusted.wrap': bytes('00000001') });
  await t.ask('no dict', 'xattrop', { gfid, flags: 0, dict: null });
  await t.ask('by fd', 'fxattrop', {
    fd,
    flags: 0,
    dict: dict({ [key]: bytes('00000001'.repeat(4)) }),
  });
  await t.ask(
    'by fd, size',
    'fxattrop',
    { fd, flags: 0, dict: dict({ [key]: bytes('00000001'.repeat(4)) }) },
    dict({ 'get-size': 1 }),
  );
  await t.ask('anonymous', 'fxattrop', {
    fd: Fd.anonymous(gfid),
    flags: 0,
    dict: dict({ [key]: bytes('00000001'.repeat(4)) }),
  });
  await t.ask(
    'directory',
    'xattrop',
    { gfid: ROOT_GFID, flags: 0, dict: dict({ [key]: bytes('00'.repeat(12)) }) },
    dict({ 'get-size': 1 }),
  );
  t.look('in the end', 'arrays');
  await op('gfid', 0, { 'trusted.gfid': bytes('00000001'.repeat(4)) });
};

export const attributes: Chapter = async (t) => {
  const fd = await file(t, 0x90, 'attr', '12345');
  const gfid = gfidOf(0x90);
  const set = (label: string, valid: number, stbuf: object, xdata: Dict = null) =>
    t.ask(label, 'setattr', { gfid, stbuf: { ...NO_IATT, ...stbuf }, valid }, xdata);
  await set('mode', 1, { mode: 0o600 });
  await set('setuid', 1, { mode: 0o106755 });
  await set('owner', 6, { uid: 1, gid: 2 });
  await set('owner, empty', 2, { uid: 3 }, EMPTY);
  await set('mode and owner', 7, { mode: 0o4711, uid: 5, gid: 6 });
  await set('size', 8, { size: 3 });
  await set('times', 0x30, { atime: 100, atimeNsec: 5, mtime: 200, mtimeNsec: 6 });
  await set('now', 0x180, {});
  await set('ctime', 0x40, { ctime: 100 });
  await t.ask('by fd', 'fsetattr', { fd, stbuf: { ...NO_IATT, mode: 0o640 }, valid: 1 });
  await t.ask('by fd, empty', 'fsetattr', { fd, stbuf: { ...NO_IATT, uid: 9 }, valid: 2 }, EMPTY);
  t.look('attributes', 'attr');
  await t.ask(
    'pointer',
    'symlink',
    { ...AT_ROOT, bname: 'attrlink', umask: 0, linkname: 'attr' },
    want(0x91),
  );
  await t.ask('mode of a symlink', 'setattr', {
    gfid: gfidOf(0x91),
    stbuf: { ...NO_IATT, mode: 0o600 },
    valid: 1,
  });
  await t.ask('owner of a symlink', 'setattr', {
    gfid: gfidOf(0x91),
    stbuf: { ...NO_IATT, uid: 7 },
    valid: 2,
  });
  await t.ask('times of a symlink', 'setattr', {
    gfid: gfidOf(0x91),
    stbuf: { ...NO_IATT, mtime: 7 },
    valid: 0x20,
  });
  t.look('symlink attributes', 'attrlink');
};
