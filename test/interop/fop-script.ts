import type { Dict, DictValue } from '../../src/fop/dict.js';
import {
  Fd,
  O_APPEND,
  O_CREAT,
  O_DSYNC,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../src/fop/fd.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { dict } from '../contract/volume.js';
import type { FopTranscript } from './fop-transcript.js';

type Chapter = (t: FopTranscript) => Promise<void>;

/** A gfid of the script, by its number. */
export function gfidOf(number: number): Gfid {
  return `ab000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

function want(number: number, more: Dict = null): Map<string, DictValue> {
  return new Map([['gfid-req', { type: 'gfid', gfid: gfidOf(number) }], ...(more ?? [])]);
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

const AT_ROOT = { pargfid: ROOT_GFID } as const;
const NEW = { mode: 0o644, umask: 0 } as const;
const EMPTY: Dict = new Map();

/** A new file of this number with this content; answers an fd of it. */
async function file(t: FopTranscript, number: number, name: string, text = ''): Promise<Fd> {
  const fd = new Fd(gfidOf(number), O_RDWR);
  const request = { ...AT_ROOT, bname: name, flags: O_RDWR | O_CREAT, mode: 0o100644, umask: 0, fd };
  await t.ask(`${name} (made)`, 'create', request, want(number));
  if (text !== '') await write(t, `${name} (made)`, fd, text);
  return fd;
}

async function directory(t: FopTranscript, number: number, name: string, pargfid = ROOT_GFID) {
  const request = { pargfid, bname: name, mode: 0o755, umask: 0 };
  await t.ask(`${name} (made)`, 'mkdir', request, want(number));
  return gfidOf(number);
}

function write(t: FopTranscript, label: string, fd: Fd, text: string, offset = 0, xdata: Dict = null, flags = 0) {
  const data = Buffer.from(text, 'latin1');
  return t.ask(label, 'writev', { fd, offset, flags, data }, xdata);
}

function named(pargfid: Gfid, bname: string) {
  return { gfid: NULL_GFID, pargfid, bname };
}

const handle = (gfid: Gfid) => `.glusterfs/${gfid.slice(0, 2)}/${gfid.slice(2, 4)}/${gfid}`;

const resolution: Chapter = async (t) => {
  const nobody = gfidOf(0xdead);
  const fd = Fd.anonymous(nobody);
  const gfid = nobody;
  await t.ask('unknown gfid', 'stat', { gfid });
  await t.ask('unknown gfid', 'lookup', { gfid, pargfid: NULL_GFID, bname: '' });
  await t.ask('unknown parent', 'lookup', named(gfid, 'x'));
  await t.ask('unknown name', 'lookup', named(ROOT_GFID, 'x'));
  await t.ask('unknown gfid', 'open', { gfid, flags: O_RDWR, fd });
  await t.ask('unknown gfid', 'opendir', { gfid, fd });
  await t.ask('unknown gfid', 'readlink', { gfid, size: 100 });
  await t.ask('unknown gfid', 'truncate', { gfid, offset: 0 });
  await t.ask('unknown gfid', 'statfs', { gfid });
  await t.ask('unknown gfid', 'access', { gfid, mask: 4 });
  await t.ask('unknown gfid', 'getxattr', { gfid, name: 'user.x' });
  await t.ask('unknown gfid', 'setxattr', { gfid, flags: 0, dict: dict({ 'user.x': bytes('01') }) });
  await t.ask('unknown gfid', 'removexattr', { gfid, name: 'user.x' });
  await t.ask('unknown gfid', 'setattr', { gfid, stbuf: NO_IATT, valid: 1 });
  await t.ask('unknown gfid', 'xattrop', { gfid, flags: 0, dict: dict({ 'user.x': bytes('00000001') }) });
  await t.ask('unknown gfid', 'link', { gfid, newpargfid: ROOT_GFID, newbname: 'x' });
  await t.ask('unknown parent', 'mkdir', { pargfid: gfid, bname: 'x', ...NEW }, want(1));
  await t.ask('unknown parent', 'mknod', { pargfid: gfid, bname: 'x', dev: 0, ...NEW }, want(1));
  await t.ask('unknown parent', 'symlink', { pargfid: gfid, bname: 'x', umask: 0, linkname: 'y' }, want(1));
  const create = { pargfid: gfid, bname: 'x', flags: O_RDWR | O_CREAT, ...NEW, fd: new Fd(gfidOf(1), O_RDWR) };
  await t.ask('unknown parent', 'create', create, want(1));
  await t.ask('unknown parent', 'unlink', { pargfid: gfid, bname: 'x', xflags: 0 });
  await t.ask('unknown name', 'unlink', { ...AT_ROOT, bname: 'x', xflags: 0 });
  await t.ask('unknown parent', 'rmdir', { pargfid: gfid, bname: 'x', xflags: 0 });
  await t.ask('unknown name', 'rmdir', { ...AT_ROOT, bname: 'x', xflags: 0 });
  const rename = { oldpargfid: ROOT_GFID, oldbname: 'x', newpargfid: ROOT_GFID, newbname: 'y' };
  await t.ask('unknown name', 'rename', rename);
  await t.ask('unknown parent', 'rename', { ...rename, oldpargfid: gfid });
  await directory(t, 9, 'somewhere');
  await t.ask('unknown new parent', 'rename', { ...rename, oldbname: 'somewhere', newpargfid: gfid });
  await t.ask('anonymous', 'readv', { fd, offset: 0, size: 10, flags: 0 });
  await t.ask('anonymous', 'writev', { fd, offset: 0, data: bytes('00'), flags: 0 });
  await t.ask('anonymous', 'fstat', { fd });
  await t.ask('anonymous', 'fsync', { fd, datasync: 0 });
  await t.ask('anonymous', 'ftruncate', { fd, offset: 0 });
  await t.ask('anonymous', 'fxattrop', { fd, flags: 0, dict: dict({ 'user.x': bytes('00000001') }) });
  await t.ask('anonymous', 'fgetxattr', { fd, name: 'user.x' });
  await t.ask('anonymous', 'fsetattr', { fd, stbuf: NO_IATT, valid: 1 });
  await t.ask('anonymous', 'rchecksum', { fd, offset: 0, len: 10, flags: 0 });
  await t.ask('anonymous', 'seek', { fd, offset: 0, what: 0 });
  await t.ask('anonymous', 'fallocate', { fd, offset: 0, size: 1, mode: 0 });
  await t.ask('anonymous', 'flush', { fd });
  await t.ask('anonymous', 'readdir', { fd, offset: 0n, size: 1000 });
  await t.ask('the brick\'s own', 'lookup', named(ROOT_GFID, '.glusterfs'));
  await t.ask('the brick\'s own', 'mkdir', { ...AT_ROOT, bname: '.glusterfs', ...NEW }, want(1));
  await t.ask('the brick\'s own', 'rmdir', { ...AT_ROOT, bname: '.glusterfs', xflags: 0 });
  await t.ask('the brick\'s own, recursive', 'rmdir', { ...AT_ROOT, bname: '.glusterfs', xflags: 1 });
  await t.ask('the brick\'s own', 'rename', { ...rename, oldbname: 'somewhere', newbname: '.glusterfs' });
  await t.ask('the brick\'s own (old)', 'rename', { ...rename, oldbname: '.glusterfs', newbname: 'taken' });
  await t.ask('a directory in itself', 'rename', { ...rename, oldbname: 'somewhere', newpargfid: gfidOf(9), newbname: 'x' });
  await t.ask('root', 'lookup', { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '' });
  await t.ask('root, with nothing asked', 'lookup', { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '' }, EMPTY);
};

const making: Chapter = async (t) => {
  const at = { ...AT_ROOT, ...NEW };
  await t.ask('no gfid', 'mkdir', { ...at, bname: 'm' });
  await t.ask('no gfid, empty dict', 'mkdir', { ...at, bname: 'm' }, EMPTY);
  await t.ask('no gfid', 'mknod', { ...at, bname: 'm', dev: 0 });
  await t.ask('no gfid', 'symlink', { ...at, bname: 'm', linkname: 'x' });
  const fd = new Fd(gfidOf(0x10), O_RDWR);
  await t.ask('no gfid', 'create', { ...at, bname: 'm', flags: O_RDWR | O_CREAT, fd });
  const gfid16 = dict({ 'gfid-req': bytes(gfidOf(0x11).replaceAll('-', '')) });
  await t.ask('gfid as bytes', 'mkdir', { ...at, bname: 'made-dir', mode: 0o751 }, gfid16);
  await t.ask('setgid', 'setattr', { gfid: gfidOf(0x11), stbuf: { ...NO_IATT, mode: 0o2751 }, valid: 1 });
  t.look('directory', 'made-dir');
  t.look('directory handle', handle(gfidOf(0x11)));
  await t.ask('exists', 'mkdir', { ...at, bname: 'made-dir' }, want(0x12));
  const attributes = dict({
    'user.colour': Buffer.from('blue'),
    'trusted.afr.dirty': bytes('000000000000000000000001'),
  });
  const x = { ...at, bname: 'with-xattrs' };
  await t.ask('with attributes', 'mkdir', x, want(0x13, attributes));
  t.look('directory with attributes', 'with-xattrs');
  await t.ask('in a setgid directory', 'mkdir', { ...NEW, pargfid: gfidOf(0x11), bname: 'd' }, want(0x14));
  t.look('directory in a setgid directory', 'made-dir/d');
  await t.ask('regular', 'mknod', { ...at, bname: 'regular', mode: 0o100640, dev: 0 }, want(0x15, attributes));
  t.look('regular', 'regular');
  await t.ask('no type', 'mknod', { ...at, bname: 'typeless', mode: 0o640, dev: 0 }, want(0x16));
  t.look('typeless', 'typeless');
  await t.ask('fifo', 'mknod', { ...at, bname: 'fifo', mode: 0o010600, dev: 0 }, want(0x17));
  t.look('fifo', 'fifo');
  await t.ask('socket', 'mknod', { ...at, bname: 'socket', mode: 0o140600, dev: 0 }, want(0x18));
  t.look('socket', 'socket');
  await t.ask('device', 'mknod', { ...at, bname: 'null', mode: 0o020666, dev: 0x103 }, want(0x19));
  await t.ask('block device', 'mknod', { ...at, bname: 'big', mode: 0o060666, dev: 0x12345678 }, want(0x1a));
  await t.ask('exists', 'mknod', { ...at, bname: 'null', mode: 0o020666, dev: 0x103 }, want(0x1b));
  await t.ask('a directory', 'mknod', { ...at, bname: 'dir', mode: 0o040755, dev: 0 }, want(0x1c));
  await t.ask('pointer', 'symlink', { ...at, bname: 'pointer', linkname: 'made-dir' }, want(0x1d, attributes));
  t.look('symlink', 'pointer');
  t.look('symlink handle', handle(gfidOf(0x1d)));
  await t.ask('exists', 'symlink', { ...at, bname: 'pointer', linkname: 'x' }, want(0x1e));
  await t.ask('pointer', 'readlink', { gfid: gfidOf(0x1d), size: 4096 });
  await t.ask('pointer, with xdata', 'readlink', { gfid: gfidOf(0x1d), size: 4096 }, EMPTY);
  await t.ask('pointer cut', 'readlink', { gfid: gfidOf(0x1d), size: 3 });
  await t.ask('of a file', 'readlink', { gfid: gfidOf(0x15), size: 30 });
  await t.ask('through a symlink', 'lookup', named(gfidOf(0x1d), 'd'));
  await t.ask('in a file', 'lookup', named(gfidOf(0x15), 'd'));
  await t.ask('in a file', 'mkdir', { ...NEW, pargfid: gfidOf(0x15), bname: 'd' }, want(0x1f));
  const someone = { uid: 1000, gid: 1001 };
  await t.ask('by a user', 'mkdir', { ...at, bname: 'users', mode: 0o6777 }, want(0x20), someone);
  t.look('directory of a user', 'users');
  await t.ask('by a user', 'mknod', { ...at, bname: 'users-file', mode: 0o106755, dev: 0 }, want(0x21), someone);
  t.look('file of a user', 'users-file');
  await t.ask('by a user', 'symlink', { ...at, bname: 'users-link', linkname: 'z' }, want(0x22), someone);
  t.look('symlink of a user', 'users-link');
  await t.ask('by a user, setgid parent', 'mknod', { ...NEW, pargfid: gfidOf(0x11), bname: 'f', mode: 0o100644, dev: 0 }, want(0x23), someone);
  await t.ask('umask', 'mkdir', { ...at, bname: 'masked', mode: 0o777, umask: 0o77 }, want(0x24));
  await t.ask('with an ACL', 'mkdir', { ...at, bname: 'acl', mode: 0o755 }, want(0x25, dict({
    'system.posix_acl_access': bytes('0200000001000700ffffffff02000700e803000004000500ffffffff10000700ffffffff20000500ffffffff'),
  })));
  t.look('with an ACL', 'acl');
  const internal = dict({ 'glusterfs-internal-fop': 'yes' });
  const second = { ...at, mode: 0o100644, dev: 0 };
  await t.ask('gfid taken', 'mknod', { ...second, bname: 'regular2' }, want(0x15));
  t.look('mknod of a taken gfid', 'regular2');
  await t.ask('gfid taken, internal', 'mknod', { ...second, bname: 'regular3' }, want(0x15, internal));
  t.look('internal mknod of a taken gfid', 'regular3');
  await t.ask('gfid taken by a directory, internal', 'mknod', { ...second, bname: 'regular4' }, want(0x13, internal));
  await t.ask('new gfid, internal', 'mknod', { ...second, bname: 'linkto', mode: 0o101000 }, want(0x28, dict({ 'glusterfs-internal-fop': 'yes', 'trusted.glusterfs.dht.linkto': 'd-client-1' })));
  t.look('linkto', 'linkto');
  await t.ask('gfid taken, internal', 'symlink', { ...at, bname: 'pointer2', linkname: 'made-dir' }, want(0x1d, internal));
  t.look('internal symlink of a taken gfid', 'pointer2');
  await t.ask('gfid taken', 'symlink', { ...at, bname: 'pointer3', linkname: 'made-dir' }, want(0x1d));
  t.look('symlink of a taken gfid', 'pointer3');
  await t.ask('internal fop', 'mkdir', { ...at, bname: 'internal' }, want(0x26, dict({ 'glusterfs-internal-fop': 'yes' })));
  t.look('internal', 'internal');
  await t.ask('gfid taken', 'mkdir', { ...at, bname: 'other' }, want(0x20));
};

const creating: Chapter = async (t) => {
  const at = { ...AT_ROOT, ...NEW, flags: O_RDWR | O_CREAT };
  const open = () => new Fd(gfidOf(0x30), O_RDWR);
  await t.ask('plain', 'create', { ...at, bname: 'c', fd: open() }, want(0x30));
  t.look('created', 'c');
  t.look('created, handle', handle(gfidOf(0x30)));
  await t.ask('exists, EXCL', 'create', { ...at, bname: 'c', flags: at.flags | O_EXCL, fd: open() }, want(0x31));
  await t.ask('exists', 'create', { ...at, bname: 'c', fd: open() }, want(0x31));
  await t.ask('exists, same gfid', 'create', { ...at, bname: 'c', fd: open() }, want(0x30));
  await t.ask('exists, no gfid', 'create', { ...at, bname: 'c', fd: open() });
  await t.ask('gfid taken', 'create', { ...at, bname: 'c2', fd: open() }, want(0x30));
  t.look('with the taken gfid', 'c2');
  await directory(t, 0x32, 'cdir');
  await t.ask('over a directory', 'create', { ...at, bname: 'cdir', fd: open() }, want(0x33));
  await write(t, 'before the cut', Fd.anonymous(gfidOf(0x30)), 'some text');
  await t.ask('exists, TRUNC', 'create', { ...at, bname: 'c', flags: at.flags | O_TRUNC, fd: open() }, want(0x30));
  const attributes = dict({ 'user.a': Buffer.from('1'), 'trusted.b': Buffer.from('2'), 'security.c': Buffer.from('3'), 'user.text': 'text', 'trusted.number': 5 });
  await t.ask('with attributes', 'create', { ...at, bname: 'c3', mode: 0o100600, fd: open() }, want(0x34, attributes));
  t.look('with attributes', 'c3');
  await t.ask('append, sync', 'create', { ...at, bname: 'c4', flags: O_WRONLY | O_CREAT | O_APPEND | O_DSYNC, fd: open() }, want(0x35));
  await t.ask('by a user', 'create', { ...at, bname: 'c5', mode: 0o104755, fd: open() }, want(0x36), { uid: 1000, gid: 1001 });
  t.look('of a user', 'c5');
  await t.ask('open-fd-count', 'create', { ...at, bname: 'c6', fd: open() }, want(0x37, dict({ 'glusterfs.open-fd-count': 0 })));
  await t.ask('long name', 'create', { ...at, bname: 'n'.repeat(255), fd: open() }, want(0x38));
  await t.ask('dangling symlink', 'symlink', { ...at, bname: 'dangling', linkname: 'nowhere' }, want(0x39));
  await t.ask('over a symlink', 'create', { ...at, bname: 'dangling', fd: open() }, want(0x3a));
};

const looking: Chapter = async (t) => {
  const fd = await file(t, 0x40, 'look', 'content!');
  const gfid = gfidOf(0x40);
  await directory(t, 0x41, 'lookdir');
  await t.ask('colour', 'setxattr', { gfid, flags: 0, dict: dict({ 'user.colour': Buffer.from('blue'), 'trusted.x': bytes('0001') }) });
  await t.ask('by name', 'lookup', named(ROOT_GFID, 'look'));
  await t.ask('by name, empty', 'lookup', named(ROOT_GFID, 'look'), EMPTY);
  await t.ask('with another gfid', 'lookup', { ...named(ROOT_GFID, 'look'), gfid: gfidOf(0x41) });
  await t.ask('by gfid', 'lookup', { gfid, pargfid: NULL_GFID, bname: '' });
  await t.ask('by gfid, empty', 'lookup', { gfid, pargfid: NULL_GFID, bname: '' }, EMPTY);
  const keys: Record<string, Dict> = {
    attributes: dict({ 'user.colour': 0, 'trusted.x': 0, 'trusted.none': 0 }),
    'hidden ones': dict({ 'trusted.gfid': 0, 'trusted.glusterfs.volume-id': 0 }),
    list: dict({ 'list-xattr': 1 }),
    content: dict({ 'glusterfs.content': 4096 }),
    'too little for the content': dict({ 'glusterfs.content': 3 }),
    'open fds': dict({ 'glusterfs.open-fd-count': 0 }),
    'active fds': dict({ 'glusterfs.open-active-fd-count': 0 }),
    'get-size': dict({ 'get-size': 0 }),
    'link count': dict({ 'link-count': '' }),
    gfid2path: dict({ 'glusterfs.gfid2path': 0 }),
    pathinfo: dict({ 'trusted.glusterfs.pathinfo': 0 }),
    lockcounts: dict({ 'glusterfs.inodelk-count': 0, 'glusterfs.entrylk-count': 0, 'glusterfs.posixlk-count': 0, 'glusterfs.parent-entrylk': 0 }),
    layout: dict({ 'trusted.glusterfs.dht': 0 }),
    'get-full-path': dict({ 'get-full-path': 0 }),
    'real file name': dict({ 'get_real_filename': 0 }),
    'parent pgfid': dict({ 'glusterfs.ancestry.path': 0 }),
    'gfid type': dict({ 'get-gfid-type': 0 }),
    acl: dict({ 'system.posix_acl_access': 0 }),
    'unknown key': dict({ 'glusterfs.nonsense': 0 }),
    'preop parent': dict({ 'glusterfs.preop.parent.key': 'trusted.glusterfs.dht' }),
  };
  for (const [label, xdata] of Object.entries(keys)) {
    await t.ask(label, 'lookup', named(ROOT_GFID, 'look'), xdata);
    await t.ask(`${label}, by gfid`, 'lookup', { gfid, pargfid: NULL_GFID, bname: '' }, xdata);
    await t.ask(`${label}, directory`, 'lookup', named(ROOT_GFID, 'lookdir'), xdata);
    await t.ask(label, 'stat', { gfid }, xdata);
    await t.ask(label, 'fstat', { fd }, xdata);
  }
  await t.ask('nothing', 'stat', { gfid });
  await t.ask('empty', 'stat', { gfid }, EMPTY);
  await t.ask('nothing', 'fstat', { fd });
  await t.ask('empty', 'fstat', { fd }, EMPTY);
  await t.ask('user by a user', 'access', { gfid, mask: 2 }, null, { uid: 1000, gid: 1000 });
  await t.ask('read by a user', 'access', { gfid, mask: 4 }, null, { uid: 1000, gid: 1000 });
  await t.ask('root', 'access', { gfid, mask: 6 });
  await t.ask('root executes', 'access', { gfid, mask: 1 });
  await t.ask('empty', 'access', { gfid, mask: 4 }, EMPTY);
  await t.ask('file', 'statfs', { gfid });
  await t.ask('empty', 'statfs', { gfid }, EMPTY);
  await t.ask('dot', 'lookup', named(ROOT_GFID, '.'));
  await t.ask('dot dot', 'lookup', named(gfidOf(0x41), '..'));
};

const bytesChapter: Chapter = async (t) => {
  const fd = await file(t, 0x50, 'data', '0123456789');
  const gfid = gfidOf(0x50);
  const count = dict({ 'glusterfs.open-fd-count': 0, 'glusterfs.write-is-append': 0, 'glusterfs.write-update-atomic': 0 });
  await write(t, 'at the end', fd, 'abc', 10, count);
  await write(t, 'in the middle', fd, 'xyz', 3, count);
  await write(t, 'empty dict', fd, 'x', 0, EMPTY);
  await write(t, 'nothing', fd, '', 0);
  await write(t, 'O_DSYNC', fd, 's', 0, null, O_DSYNC);
  await t.ask('all', 'readv', { fd, offset: 0, size: 100, flags: 0 });
  await t.ask('part', 'readv', { fd, offset: 2, size: 3, flags: 0 });
  await t.ask('up to the end', 'readv', { fd, offset: 0, size: 13, flags: 0 });
  await t.ask('past the end', 'readv', { fd, offset: 1000, size: 3, flags: 0 });
  await t.ask('nothing', 'readv', { fd, offset: 0, size: 0, flags: 0 });
  await t.ask('with xdata', 'readv', { fd, offset: 0, size: 2, flags: 0 }, count);
  await t.ask('empty xdata', 'readv', { fd, offset: 0, size: 2, flags: 0 }, EMPTY);
  await t.ask('huge offset', 'readv', { fd, offset: 2 ** 53 - 1, size: 2, flags: 0 });
  const append = new Fd(gfid, O_WRONLY | O_APPEND);
  await t.ask('append', 'open', { gfid, flags: O_WRONLY | O_APPEND, fd: append });
  await write(t, 'appended', append, 'END', 0, count);
  await t.ask('write only', 'readv', { fd: append, offset: 0, size: 2, flags: 0 });
  const readonly = new Fd(gfid, O_RDONLY);
  await t.ask('read only', 'open', { gfid, flags: O_RDONLY, fd: readonly }, EMPTY);
  await write(t, 'read only', readonly, 'x');
  await t.ask('read only', 'ftruncate', { fd: readonly, offset: 1 });
  await t.ask('directory', 'open', { gfid: ROOT_GFID, flags: O_RDONLY, fd: new Fd(ROOT_GFID, 0) });
  await t.ask('unknown xattr', 'fgetxattr', { fd: readonly, name: 'user.none' });
  await t.ask('data', 'fsync', { fd, datasync: 1 });
  await t.ask('empty', 'fsync', { fd, datasync: 0 }, EMPTY);
  await t.ask('plain', 'flush', { fd });
  await t.ask('empty', 'flush', { fd }, EMPTY);
  await t.ask('shorter', 'truncate', { gfid, offset: 4 });
  await t.ask('longer', 'ftruncate', { fd, offset: 8 }, EMPTY);
  await t.ask('directory', 'truncate', { gfid: ROOT_GFID, offset: 0 });
  const cut = new Fd(gfid, O_RDWR);
  await t.ask('TRUNC', 'open', { gfid, flags: O_RDWR | O_TRUNC, fd: cut });
  await t.ask('after TRUNC', 'fstat', { fd });
  await t.ask('fifo', 'mknod', { ...AT_ROOT, ...NEW, bname: 'pipe', mode: 0o010600, dev: 0 }, want(0x51));
  await t.ask('symlink', 'symlink', { ...AT_ROOT, bname: 'openlink', umask: 0, linkname: 'data' }, want(0x52));
  await t.ask('symlink', 'open', { gfid: gfidOf(0x52), flags: O_RDONLY, fd: new Fd(gfidOf(0x52), 0) });
  await t.ask('symlink', 'truncate', { gfid: gfidOf(0x52), offset: 0 });
  await t.ask('anonymous', 'fstat', { fd: Fd.anonymous(gfid) });
  await t.ask('anonymous', 'fsync', { fd: Fd.anonymous(gfid), datasync: 0 });
  await write(t, 'anonymous', Fd.anonymous(gfid), 'anonymous');
  await t.ask('anonymous', 'readv', { fd: Fd.anonymous(gfid), offset: 0, size: 20, flags: 0 });
  await t.ask('anonymous', 'ftruncate', { fd: Fd.anonymous(gfid), offset: 2 });
  await t.ask('plain', 'release', { fd: cut });
};

const sparse: Chapter = async (t) => {
  const fd = await file(t, 0x60, 'sparse', 'A'.repeat(8192));
  await t.ask('keep size', 'fallocate', { fd, offset: 8192, size: 4096, mode: 1 });
  await t.ask('grow', 'fallocate', { fd, offset: 8192, size: 4096, mode: 0 });
  await t.ask('empty dict', 'fallocate', { fd, offset: 0, size: 4096, mode: 0 }, EMPTY);
  await t.ask('no size', 'fallocate', { fd, offset: 0, size: 0, mode: 0 });
  await t.ask('punch', 'fallocate', { fd, offset: 0, size: 4096, mode: 3 });
  await t.ask('zero range', 'fallocate', { fd, offset: 0, size: 100, mode: 0x10 });
  await t.ask('collapse', 'fallocate', { fd, offset: 0, size: 4096, mode: 8 });
  await t.ask('after modes', 'rchecksum', { fd, offset: 0, len: 8192, flags: 0 });
  await t.ask('middle', 'discard', { fd, offset: 4096, size: 4096 });
  await t.ask('nothing', 'discard', { fd, offset: 4096, size: 0 });
  await t.ask('past the end', 'discard', { fd, offset: 1 << 20, size: 4096 });
  await t.ask('nothing', 'zerofill', { fd, offset: 4096, size: 0 });
  await t.ask('middle', 'zerofill', { fd, offset: 100, size: 50 });
  await t.ask('past the end', 'zerofill', { fd, offset: 16384, size: 4096 });
  await t.ask('empty dict', 'zerofill', { fd, offset: 0, size: 4096 }, EMPTY);
  await t.ask('data', 'seek', { fd, offset: 0, what: 0 });
  await t.ask('hole', 'seek', { fd, offset: 0, what: 1 });
  await t.ask('past the end', 'seek', { fd, offset: 1 << 20, what: 0 });
  await t.ask('hole past the end', 'seek', { fd, offset: 1 << 20, what: 1 }, EMPTY);
  await t.ask('wrong', 'seek', { fd, offset: 0, what: 7 });
  await t.ask('all', 'rchecksum', { fd, offset: 0, len: 20480, flags: 0 });
  await t.ask('past the end', 'rchecksum', { fd, offset: 1 << 20, len: 100, flags: 0 });
  await t.ask('zeros', 'rchecksum', { fd, offset: 16384, len: 4096, flags: 0 }, dict({ 'check-zero-filled': 1 }));
  await t.ask('no zeros', 'rchecksum', { fd, offset: 0, len: 4096, flags: 0 }, dict({ 'check-zero-filled': 1 }));
  await t.ask('empty dict', 'rchecksum', { fd, offset: 0, len: 4096, flags: 0 }, EMPTY);
  await t.ask('across the end', 'rchecksum', { fd, offset: 16384, len: 8192, flags: 0 }, dict({ 'check-zero-filled': 1 }));
  const to = await file(t, 0x61, 'copy');
  await write(t, 'text', fd, 'to be copied', 0);
  const copy = { fdIn: fd, fdOut: to, offIn: 0, offOut: 2, size: 12, flags: 0 };
  await t.ask('some', 'copy_file_range', copy);
  await t.ask('some, empty dict', 'copy_file_range', copy, EMPTY);
  await t.ask('past the end', 'copy_file_range', { ...copy, offIn: 1 << 20 });
  await t.ask('flags', 'copy_file_range', { ...copy, flags: 1 });
  await t.ask('nothing', 'copy_file_range', { ...copy, size: 0 });
  await t.ask('onto itself', 'copy_file_range', { ...copy, fdOut: fd, offOut: 4 });
  await t.ask('by anonymous fds', 'copy_file_range', { ...copy, fdIn: Fd.anonymous(gfidOf(0x60)), fdOut: Fd.anonymous(gfidOf(0x61)), offOut: 100 });
  await t.ask('what was copied', 'readv', { fd: to, offset: 0, size: 200, flags: 0 });
};

const xattrs: Chapter = async (t) => {
  const fd = await file(t, 0x70, 'x', '12345');
  const gfid = gfidOf(0x70);
  const dir = await directory(t, 0x71, 'xdir');
  const set = (label: string, pairs: Record<string, Buffer | string | number>, flags = 0, xdata: Dict = null) =>
    t.ask(label, 'setxattr', { gfid, flags, dict: dict(pairs) }, xdata);
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
  const mdata = (second: number) => bytes(`010000000000000000${`${second.toString(16).padStart(16, '0')}0000000000000007`.repeat(3)}`);
  await set('later mdata', { 'trusted.glusterfs.mdata': mdata(0x7fffffff) });
  t.look('later mdata', 'x', true);
  await set('earlier mdata', { 'trusted.glusterfs.mdata': mdata(1000) });
  t.look('earlier mdata', 'x', true);
  await set('empty xdata', { 'user.a': Buffer.from('2') }, 0, EMPTY);
  await set('flag 3', { 'user.a': Buffer.from('2') }, 3);
  await set('nothing', {});
  await t.ask('no dict', 'setxattr', { gfid, flags: 0, dict: null });
  await t.ask('by fd', 'fsetxattr', { fd, flags: 0, dict: dict({ 'user.f': Buffer.from('f') }) });
  await t.ask('by fd, empty', 'fsetxattr', { fd, flags: 0, dict: dict({ 'user.f': Buffer.from('f') }) }, EMPTY);
  await t.ask('by fd, gfid', 'fsetxattr', { fd, flags: 0, dict: dict({ 'trusted.gfid': bytes('00'.repeat(16)) }) });
  await t.ask('directory', 'setxattr', { gfid: dir, flags: 0, dict: dict({ 'user.d': Buffer.from('d') }) });
  const times = { atime: 5, atimeNsec: 6, mtime: 7, mtimeNsec: 8, ctime: 9, ctimeNsec: 10 };
  await t.ask('times', 'setxattr', { gfid: dir, flags: 0, dict: new Map([['set-ctime-mdata', { type: 'mdata', times }]]) });
  t.look('directory with times', 'xdir');
  t.look('file', 'x');
  for (const name of ['user.a', 'user.empty', 'user.none', 'trusted.gfid', 'trusted.glusterfs.volume-id', 'glusterfs.gfid2path', 'trusted.glusterfs.pathinfo', 'glusterfs.gfid', 'glusterfs.gfid.string', 'glusterfs.get_real_filename:X', 'glusterfs.get_real_filename:none', 'get_real_filename:X', 'glusterfs.gfidtopath', 'trusted.glusterfs.node-uuid', 'glusterfs.open-fd-count', 'glusterfs.posix.acl', 'system.posix_acl_access', 'nonsense', 'glusterfs.ancestry.path', 'glusterfs.ancestry.dentry', 'trusted.glusterfs.mdata', 'glusterfs.xattrop_index_gfid', 'glusterfs.inodelk-count', 'glusterfs.find-local-subvol', 'trusted.gfid2path.0000000000000000', 'glusterfs.list-xattr', 'trusted.glusterfs.lockinfo', 'user.virtual', 'glusterfs.brick-path', 'glusterfs.stime', 'trusted.pgfid.00000000-0000-0000-0000-000000000001']) {
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
  const drop = (label: string, name: string, xdata: Dict = null) => t.ask(label, 'removexattr', { gfid, name }, xdata);
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
  await t.ask('several by fd', 'fremovexattr', { fd, name: '' }, dict({ 'user.f': 0, 'user.missing': 0 }));
  t.look('file in the end', 'x');
};

const arrays: Chapter = async (t) => {
  const fd = await file(t, 0x80, 'arrays', '12345');
  const gfid = gfidOf(0x80);
  const op = (label: string, flags: number, pairs: Record<string, Buffer | number | string>, xdata: Dict = null) =>
    t.ask(label, 'xattrop', { gfid, flags, dict: dict(pairs) }, xdata);
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
  await op('gfid', 0, { 'trusted.gfid': bytes('00000001'.repeat(4)) });
  await op('wrap', 0, { 'trusted.wrap': bytes('7fffffff') });
  await op('wraps', 0, { 'trusted.wrap': bytes('00000001') });
  await t.ask('no dict', 'xattrop', { gfid, flags: 0, dict: null });
  await t.ask('by fd', 'fxattrop', { fd, flags: 0, dict: dict({ [key]: bytes('00000001'.repeat(4)) }) });
  await t.ask('by fd, size', 'fxattrop', { fd, flags: 0, dict: dict({ [key]: bytes('00000001'.repeat(4)) }) }, dict({ 'get-size': 1 }));
  await t.ask('anonymous', 'fxattrop', { fd: Fd.anonymous(gfid), flags: 0, dict: dict({ [key]: bytes('00000001'.repeat(4)) }) });
  await t.ask('directory', 'xattrop', { gfid: ROOT_GFID, flags: 0, dict: dict({ [key]: bytes('00'.repeat(12)) }) }, dict({ 'get-size': 1 }));
  t.look('in the end', 'arrays');
};

const attributes: Chapter = async (t) => {
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
  await set('nothing', 0, {});
  await t.ask('by fd', 'fsetattr', { fd, stbuf: { ...NO_IATT, mode: 0o640 }, valid: 1 });
  await t.ask('by fd, empty', 'fsetattr', { fd, stbuf: { ...NO_IATT, uid: 9 }, valid: 2 }, EMPTY);
  t.look('attributes', 'attr');
  await t.ask('pointer', 'symlink', { ...AT_ROOT, bname: 'attrlink', umask: 0, linkname: 'attr' }, want(0x91));
  await t.ask('mode of a symlink', 'setattr', { gfid: gfidOf(0x91), stbuf: { ...NO_IATT, mode: 0o600 }, valid: 1 });
  await t.ask('owner of a symlink', 'setattr', { gfid: gfidOf(0x91), stbuf: { ...NO_IATT, uid: 7 }, valid: 2 });
  await t.ask('times of a symlink', 'setattr', { gfid: gfidOf(0x91), stbuf: { ...NO_IATT, mtime: 7 }, valid: 0x20 });
  t.look('symlink attributes', 'attrlink');
};

const removing: Chapter = async (t) => {
  const fd = await file(t, 0xa0, 'gone', 'still here');
  const unlink = (label: string, bname: string, xdata: Dict = null) =>
    t.ask(label, 'unlink', { ...AT_ROOT, bname, xflags: 0 }, xdata);
  await t.ask('second', 'link', { gfid: gfidOf(0xa0), newpargfid: ROOT_GFID, newbname: 'gone2' });
  t.look('two names', 'gone2');
  await unlink('of two', 'gone', dict({ gf_request_link_count: 0 }));
  t.look('one name', 'gone2');
  await unlink('last, open', 'gone2', dict({ 'get-link-count': 0 }));
  t.names('unlink directory', '.glusterfs/unlink');
  t.look('aside', `.glusterfs/unlink/${gfidOf(0xa0)}`);
  await t.ask('nameless', 'readv', { fd, offset: 0, size: 100, flags: 0 });
  await write(t, 'nameless', fd, 'x');
  await t.ask('nameless', 'fstat', { fd });
  await t.ask('nameless', 'stat', { gfid: gfidOf(0xa0) });
  await t.ask('nameless', 'lookup', { gfid: gfidOf(0xa0), pargfid: NULL_GFID, bname: '' });
  await t.ask('nameless', 'fsetattr', { fd, stbuf: { ...NO_IATT, mode: 0o600 }, valid: 1 });
  await t.ask('nameless', 'fsetxattr', { fd, flags: 0, dict: dict({ 'user.late': Buffer.from('x') }) });
  await t.ask('nameless', 'link', { gfid: gfidOf(0xa0), newpargfid: ROOT_GFID, newbname: 'back' });
  await t.ask('nameless', 'release', { fd });
  t.names('unlink directory after release', '.glusterfs/unlink');
  const closed = await file(t, 0xa1, 'closed');
  await t.ask('closed', 'release', { fd: closed });
  await unlink('conditions: open fd, and it is not', 'closed', dict({ 'dont-unlink-for-open-fd': 1 }));
  const open = await file(t, 0xa2, 'open');
  await unlink('conditions: open fd', 'open', dict({ 'dont-unlink-for-open-fd': 1 }));
  await unlink('conditions: linkto only', 'open', dict({ 'unlink-only-if-dht-linkto-file': 1 }));
  await t.ask('open', 'release', { fd: open });
  const dir = await directory(t, 0xa3, 'full');
  await directory(t, 0xa4, 'inner', dir);
  await unlink('a directory', 'full');
  const rmdir = (label: string, bname: string, xflags = 0, xdata: Dict = null) =>
    t.ask(label, 'rmdir', { ...AT_ROOT, bname, xflags }, xdata);
  await rmdir('full', 'full');
  await rmdir('a file', 'open');
  const dirFd = new Fd(dir, 0);
  await t.ask('full', 'opendir', { gfid: dir, fd: dirFd });
  await rmdir('recursive', 'full', 1);
  t.look('landfill', `.glusterfs/landfill/${gfidOf(0xa3)}`);
  t.look('handle of what is on the landfill', handle(gfidOf(0xa3)));
  await t.ask('removed', 'lookup', { gfid: dir, pargfid: NULL_GFID, bname: '' });
  await t.ask('removed', 'stat', { gfid: dir });
  await t.ask('removed', 'fstat', { fd: dirFd });
  await t.ask('removed', 'readdir', { fd: dirFd, offset: 0n, size: 1000 });
  const empty = await directory(t, 0xa5, 'empty');
  await rmdir('empty', 'empty', 0, EMPTY);
  t.look('handle of what is gone', handle(empty));
  await directory(t, 0xa6, 'preop');
  await rmdir('preop', 'preop', 0, dict({ 'glusterfs.preop.parent.key': 'user.none' }));
};

const renaming: Chapter = async (t) => {
  const fd = await file(t, 0xb0, 'old', 'old');
  await file(t, 0xb1, 'new', 'new');
  const dir = await directory(t, 0xb2, 'rdir');
  const rename = (label: string, oldbname: string, newbname: string, xdata: Dict = null, parents = {}) =>
    t.ask(label, 'rename', { oldpargfid: ROOT_GFID, newpargfid: ROOT_GFID, oldbname, newbname, ...parents }, xdata);
  await rename('over an open file', 'old', 'new');
  t.look('renamed', 'new');
  t.names('unlink directory', '.glusterfs/unlink');
  await rename('into a directory', 'new', 'inside', EMPTY, { newpargfid: dir });
  t.look('inside', 'rdir/inside');
  await directory(t, 0xb3, 'rdir2');
  await rename('a directory', 'rdir', 'rdir3');
  t.look('handle of the directory', handle(dir));
  await rename('a directory over an empty one', 'rdir3', 'rdir2');
  t.look('handle of the victim', handle(gfidOf(0xb3)));
  t.look('handle of the winner', handle(dir));
  await directory(t, 0xb4, 'rdir4');
  await rename('a directory over a full one', 'rdir4', 'rdir2');
  await file(t, 0xb5, 'rfile');
  await rename('a file over a directory', 'rfile', 'rdir4');
  await rename('a directory over a file', 'rdir4', 'rfile');
  await t.ask('of it', 'link', { gfid: gfidOf(0xb5), newpargfid: ROOT_GFID, newbname: 'rlink' });
  await t.ask('exists', 'link', { gfid: gfidOf(0xb5), newpargfid: ROOT_GFID, newbname: 'rlink' });
  await t.ask('directory', 'link', { gfid: gfidOf(0xb4), newpargfid: ROOT_GFID, newbname: 'nolink' });
  await t.ask('empty dict', 'link', { gfid: gfidOf(0xb5), newpargfid: ROOT_GFID, newbname: 'rlink2' }, EMPTY);
  await rename('changelog key', 'rlink2', 'rlink3', dict({ 'changelog.rename-op': bytes('01') }));
  await t.ask('symlink', 'symlink', { ...AT_ROOT, bname: 'rsym', umask: 0, linkname: 'x' }, want(0xb6));
  await t.ask('of a symlink', 'link', { gfid: gfidOf(0xb6), newpargfid: ROOT_GFID, newbname: 'rsym2' });
  t.look('symlink linked', 'rsym2');
  await rename('onto another name of it', 'rfile', 'rlink');
  t.look('first name', 'rfile');
  t.look('second name', 'rlink');
  await t.ask('old', 'release', { fd });
};

const listing: Chapter = async (t) => {
  const dir = await directory(t, 0xc0, 'listed');
  for (let number = 0; number < 5; number++) {
    const gfid = gfidOf(0xc1 + number);
    const request = { pargfid: dir, bname: `f${number}`, mode: 0o100644, umask: 0, dev: 0 };
    await t.ask(`f${number}`, 'mknod', request, want(0xc1 + number));
    await t.ask(`f${number}`, 'setxattr', { gfid, flags: 0, dict: dict({ 'user.n': Buffer.from(`${number}`) }) });
  }
  const open = async (label: string, gfid: Gfid, xdata: Dict = null) => {
    const fd = new Fd(gfid, 0);
    await t.ask(label, 'opendir', { gfid, fd }, xdata);
    return fd;
  };
  const fd = await open('directory', dir);
  await open('file', gfidOf(0xc1));
  await open('empty xdata', dir, EMPTY);
  const sorted = (entries: readonly { name: string }[] | undefined) =>
    entries?.map(({ name }) => name).sort().join(' ') ?? '';
  const read = async (label: string, xdata: Dict = null) => {
    const own = await open(`${label}, of it`, dir);
    const reply = await t.brick.top.wind('readdir', { fd: own, offset: 0n, size: 65_536, xdata }, t.frame);
    t.note(`readdir: ${label}`, `${sorted(reply.entries)} ${reply.isEof} ${JSON.stringify(reply.xdata)}`);
    const types = reply.entries.map(({ name, type }) => `${name} ${type}`).sort();
    t.note(`readdir types: ${label}`, types.join(', '));
    const last = reply.entries.at(-1)?.offset ?? 0n;
    await t.ask(`${label}, after the last`, 'readdir', { fd: own, offset: last, size: 65_536 }, xdata);
  };
  await read('all');
  await read('all, empty dict', EMPTY);
  const plus = async (label: string, xdata: Dict) => {
    const own = await open(`${label}, of it`, dir);
    const request = { fd: own, offset: 0n, size: 65_536, xdata };
    const reply = await t.brick.top.wind('readdirp', request, t.frame);
    for (const entry of [...reply.entries].sort((a, b) => (a.name < b.name ? -1 : 1)))
      t.note(`readdirp: ${label}, ${entry.name}`, JSON.stringify({
        type: entry.type,
        stat: entry.stat === NO_IATT ? 'no iatt' : [entry.stat.gfid, entry.stat.mode, entry.stat.nlink],
        isGfidIno: entry.ino === BigInt.asUintN(64, BigInt(`0x${entry.stat.gfid.replaceAll('-', '').slice(16)}`)),
        dict: entry.dict === null ? null : [...entry.dict].map(([key, value]) => [key, value.type, 'bytes' in value ? value.bytes.toString('hex') : String(Object.values(value)[1])]),
      }));
    t.note(`readdirp: ${label}`, `${reply.isEof} ${JSON.stringify(reply.xdata)}`);
  };
  await plus('nothing', null);
  await plus('empty', EMPTY);
  await plus('attributes', dict({ 'user.n': 0, 'trusted.none': 0 }));
  await plus('counts', dict({ 'glusterfs.open-fd-count': 0, 'get-size': 0, 'trusted.gfid': 0, 'list-xattr': 0, 'glusterfs.content': 100 }));
  await t.ask('plain', 'fsyncdir', { fd, datasync: 0 });
  await t.ask('empty', 'fsyncdir', { fd, datasync: 1 }, EMPTY);
  await t.ask('directory', 'fstat', { fd });
  await t.ask('directory', 'fgetxattr', { fd, name: undefined });
  await t.ask('directory', 'fsetxattr', { fd, flags: 0, dict: dict({ 'user.dir': Buffer.from('x') }) });
  await t.ask('directory', 'fsetattr', { fd, stbuf: { ...NO_IATT, mode: 0o700 }, valid: 1 });
  await t.ask('directory', 'fxattrop', { fd, flags: 0, dict: dict({ 'trusted.afr.dirty': bytes('00'.repeat(12)) }) });
  await t.ask('directory', 'fsync', { fd, datasync: 0 });
  await t.ask('directory', 'readv', { fd, offset: 0, size: 10, flags: 0 });
  await write(t, 'directory', fd, 'x');
  await t.ask('plain', 'releasedir', { fd });
  const root = await open('root', ROOT_GFID);
  const above = await t.brick.top.wind('readdirp', { fd: root, offset: 0n, size: 65_536, xdata: EMPTY }, t.frame);
  for (const { name, stat } of above.entries)
    if (name.startsWith('.')) t.note(`readdirp: root, ${name}`, `${stat.gfid} ${stat.mode}`);
};

const rest: Chapter = async (t) => {
  await t.ask('unknown', 'ipc', { op: 77 });
  await t.ask('unknown, empty', 'ipc', { op: 77 }, EMPTY);
  await t.ask('new gfid', 'icreate', { gfid: gfidOf(0xe0), mode: 0o100644 }, want(0xe0));
};

export const FOP_SCRIPT: Readonly<Record<string, Chapter>> = {
  'what is not there': resolution,
  'new inodes': making,
  create: creating,
  'lookup and stat': looking,
  'bytes of a file': bytesChapter,
  'holes and checksums': sparse,
  'extended attributes': xattrs,
  'arrays in attributes': arrays,
  attributes,
  removal: removing,
  'rename and link': renaming,
  directories: listing,
  'the rest': rest,
};
