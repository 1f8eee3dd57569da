import type { Dict } from '../../src/fop/dict.js';
import { Fd, O_CREAT, O_RDWR } from '../../src/fop/fd.js';
import { NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
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
  handle,
  NEW,
  named,
  want,
  write,
} from './script-words.js';

export const resolution: Chapter = async (t) => {
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
  await t.ask('unknown gfid', 'setxattr', {
    gfid,
    flags: 0,
    dict: dict({ 'user.x': bytes('01') }),
  });
  await t.ask('unknown gfid', 'removexattr', { gfid, name: 'user.x' });
  await t.ask('unknown gfid', 'setattr', { gfid, stbuf: NO_IATT, valid: 1 });
  await t.ask('unknown gfid', 'xattrop', {
    gfid,
    flags: 0,
    dict: dict({ 'user.x': bytes('00000001') }),
  });
  await t.ask('unknown gfid', 'link', { gfid, newpargfid: ROOT_GFID, newbname: 'x' });
  await t.ask('unknown parent', 'mkdir', { pargfid: gfid, bname: 'x', ...NEW }, want(1));
  await t.ask('unknown parent', 'mknod', { pargfid: gfid, bname: 'x', dev: 0, ...NEW }, want(1));
  await t.ask(
    'unknown parent',
    'symlink',
    { pargfid: gfid, bname: 'x', umask: 0, linkname: 'y' },
    want(1),
  );
  const create = {
    pargfid: gfid,
    bname: 'x',
    flags: O_RDWR | O_CREAT,
    ...NEW,
    fd: new Fd(gfidOf(1), O_RDWR),
  };
  await t.ask('unknown parent', 'create', create, want(1));
  await t.ask('unknown parent', 'unlink', { pargfid: gfid, bname: 'x', xflags: 0 });
  await t.ask('unknown name', 'unlink', { ...AT_ROOT, bname: 'x', xflags: 0 });
  await t.ask('unknown parent', 'rmdir', { pargfid: gfid, bname: 'x', xflags: 0 });
  await t.ask('unknown name', 'rmdir', { ...AT_ROOT, bname: 'x', xflags: 0 });
  const rename = { oldpargfid: ROOT_GFID, oldbname: 'x', newpargfid: ROOT_GFID, newbname: 'y' };
  await t.ask('unknown name', 'rename', rename);
  await t.ask('unknown parent', 'rename', { ...rename, oldpargfid: gfid });
  await directory(t, 9, 'somewhere');
  await t.ask('unknown new parent', 'rename', {
    ...rename,
    oldbname: 'somewhere',
    newpargfid: gfid,
  });
  await t.ask('anonymous', 'readv', { fd, offset: 0, size: 10, flags: 0 });
  await t.ask('anonymous', 'writev', { fd, offset: 0, data: bytes('00'), flags: 0 });
  await t.ask('anonymous', 'fstat', { fd });
  await t.ask('anonymous', 'fsync', { fd, datasync: 0 });
  await t.ask('anonymous', 'ftruncate', { fd, offset: 0 });
  await t.ask('anonymous', 'fxattrop', {
    fd,
    flags: 0,
    dict: dict({ 'user.x': bytes('00000001') }),
  });
  await t.ask('anonymous', 'fgetxattr', { fd, name: 'user.x' });
  await t.ask('anonymous', 'fsetattr', { fd, stbuf: NO_IATT, valid: 1 });
  await t.ask('anonymous', 'rchecksum', { fd, offset: 0, len: 10, flags: 0 });
  await t.ask('anonymous', 'seek', { fd, offset: 0, what: 0 });
  await t.ask('anonymous', 'fallocate', { fd, offset: 0, size: 1, mode: 0 });
  await t.ask('anonymous', 'flush', { fd });
  await t.ask('anonymous', 'readdir', { fd, offset: 0n, size: 1000 });
  await t.ask("the brick's own", 'lookup', named(ROOT_GFID, '.glusterfs'));
  await t.ask("the brick's own", 'mkdir', { ...AT_ROOT, bname: '.glusterfs', ...NEW }, want(1));
  await t.ask("the brick's own", 'rmdir', { ...AT_ROOT, bname: '.glusterfs', xflags: 0 });
  await t.ask("the brick's own, recursive", 'rmdir', {
    ...AT_ROOT,
    bname: '.glusterfs',
    xflags: 1,
  });
  await t.ask("the brick's own", 'rename', {
    ...rename,
    oldbname: 'somewhere',
    newbname: '.glusterfs',
  });
  await t.ask("the brick's own (old)", 'rename', {
    ...rename,
    oldbname: '.glusterfs',
    newbname: 'taken',
  });
  await t.ask('a directory in itself', 'rename', {
    ...rename,
    oldbname: 'somewhere',
    newpargfid: gfidOf(9),
    newbname: 'x',
  });
  await t.ask('root', 'lookup', { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '' });
  await t.ask(
    'root, with nothing asked',
    'lookup',
    { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '' },
    EMPTY,
  );
};

export const removing: Chapter = async (t) => {
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
  await t.ask('nameless', 'fsetxattr', {
    fd,
    flags: 0,
    dict: dict({ 'user.late': Buffer.from('x') }),
  });
  await t.ask('nameless', 'link', { gfid: gfidOf(0xa0), newpargfid: ROOT_GFID, newbname: 'back' });
  await t.ask('nameless', 'release', { fd });
  // Not by create: 10.3 closes what was released some time later.
  const closed = { ...AT_ROOT, ...NEW, bname: 'closed', mode: 0o100644, dev: 0 };
  await t.ask('closed', 'mknod', closed, want(0xa1));
  await unlink(
    'conditions: open fd, and it is not',
    'closed',
    dict({ 'dont-unlink-for-open-fd': 1 }),
  );
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

export const renaming: Chapter = async (t) => {
  const fd = await file(t, 0xb0, 'old', 'old');
  await file(t, 0xb1, 'new', 'new');
  const dir = await directory(t, 0xb2, 'rdir');
  const rename = (
    label: string,
    oldbname: string,
    newbname: string,
    xdata: Dict = null,
    parents = {},
  ) =>
    t.ask(
      label,
      'rename',
      { oldpargfid: ROOT_GFID, newpargfid: ROOT_GFID, oldbname, newbname, ...parents },
      xdata,
    );
  await rename('over an open file', 'old', 'new');
  t.look('renamed', 'new');
  t.names('unlink directory (rename)', '.glusterfs/unlink');
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
  await t.ask('directory', 'link', {
    gfid: gfidOf(0xb4),
    newpargfid: ROOT_GFID,
    newbname: 'nolink',
  });
  await t.ask(
    'empty dict',
    'link',
    { gfid: gfidOf(0xb5), newpargfid: ROOT_GFID, newbname: 'rlink2' },
    EMPTY,
  );
  await rename('changelog key', 'rlink2', 'rlink3', dict({ 'changelog.rename-op': bytes('01') }));
  await t.ask(
    'symlink',
    'symlink',
    { ...AT_ROOT, bname: 'rsym', umask: 0, linkname: 'x' },
    want(0xb6),
  );
  await t.ask('of a symlink', 'link', {
    gfid: gfidOf(0xb6),
    newpargfid: ROOT_GFID,
    newbname: 'rsym2',
  });
  t.look('symlink linked', 'rsym2');
  await rename('onto another name of it', 'rfile', 'rlink');
  t.look('first name', 'rfile');
  t.look('second name', 'rlink');
  await t.ask('old', 'release', { fd });
};
