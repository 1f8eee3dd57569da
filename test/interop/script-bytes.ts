import { Fd, O_APPEND, O_DSYNC, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { dict } from '../contract/volume.js';
import { AT_ROOT, type Chapter, EMPTY, file, gfidOf, NEW, want, write } from './script-words.js';

export const bytesChapter: Chapter = async (t) => {
  const fd = await file(t, 0x50, 'data', '0123456789');
  const gfid = gfidOf(0x50);
  const count = dict({
    'glusterfs.open-fd-count': 0,
    'glusterfs.write-is-append': 0,
    'glusterfs.write-update-atomic': 0,
  });
  await write(t, 'at the end', fd, 'abc', 10, count);
  await write(t, 'in the middle', fd, 'xyz', 3, count);
  await write(t, 'active fds', fd, 'x', 0, dict({ 'glusterfs.open-active-fd-count': 0 }));
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
  await t.ask(
    'fifo',
    'mknod',
    { ...AT_ROOT, ...NEW, bname: 'pipe', mode: 0o010600, dev: 0 },
    want(0x51),
  );
  await t.ask(
    'symlink',
    'symlink',
    { ...AT_ROOT, bname: 'openlink', umask: 0, linkname: 'data' },
    want(0x52),
  );
  await t.ask('symlink', 'open', {
    gfid: gfidOf(0x52),
    flags: O_RDONLY,
    fd: new Fd(gfidOf(0x52), 0),
  });
  await t.ask('symlink', 'truncate', { gfid: gfidOf(0x52), offset: 0 });
  await t.ask('anonymous', 'fstat', { fd: Fd.anonymous(gfid) });
  await t.ask('anonymous', 'fsync', { fd: Fd.anonymous(gfid), datasync: 0 });
  await write(t, 'anonymous', Fd.anonymous(gfid), 'anonymous');
  await t.ask('anonymous', 'readv', { fd: Fd.anonymous(gfid), offset: 0, size: 20, flags: 0 });
  await t.ask('anonymous', 'ftruncate', { fd: Fd.anonymous(gfid), offset: 2 });
  await t.ask('plain', 'release', { fd: cut });
};

export const sparse: Chapter = async (t) => {
  const fd = await file(t, 0x60, 'sparse', 'A'.repeat(8192));
  await t.ask('keep size', 'fallocate', { fd, offset: 8192, size: 4096, mode: 1 });
  await t.ask('grow', 'fallocate', { fd, offset: 8192, size: 4096, mode: 0 });
  await t.ask('empty dict', 'fallocate', { fd, offset: 0, size: 4096, mode: 0 }, EMPTY);
  await t.ask('no size', 'fallocate', { fd, offset: 0, size: 0, mode: 0 });
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
  await t.ask(
    'zeros',
    'rchecksum',
    { fd, offset: 16384, len: 4096, flags: 0 },
    dict({ 'check-zero-filled': 1 }),
  );
  await t.ask(
    'no zeros',
    'rchecksum',
    { fd, offset: 0, len: 4096, flags: 0 },
    dict({ 'check-zero-filled': 1 }),
  );
  await t.ask('empty dict', 'rchecksum', { fd, offset: 0, len: 4096, flags: 0 }, EMPTY);
  await t.ask(
    'across the end',
    'rchecksum',
    { fd, offset: 16384, len: 8192, flags: 0 },
    dict({ 'check-zero-filled': 1 }),
  );
  const to = await file(t, 0x61, 'copy');
  await write(t, 'text', fd, 'to be copied', 0);
  const copy = { fdIn: fd, fdOut: to, offIn: 0, offOut: 2, size: 12, flags: 0 };
  await t.ask('some', 'copy_file_range', copy);
  await t.ask('some, empty dict', 'copy_file_range', copy, EMPTY);
  await t.ask('past the end', 'copy_file_range', { ...copy, offIn: 1 << 20 });
  await t.ask('flags', 'copy_file_range', { ...copy, flags: 1 });
  await t.ask('nothing', 'copy_file_range', { ...copy, size: 0 });
  await t.ask('onto itself', 'copy_file_range', { ...copy, fdOut: fd, offOut: 4 });
  await t.ask('what was copied', 'readv', { fd: to, offset: 0, size: 200, flags: 0 });
};
