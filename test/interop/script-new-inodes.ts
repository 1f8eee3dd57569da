import {
  Fd,
  O_APPEND,
  O_CREAT,
  O_DSYNC,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../src/fop/fd.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { dict } from '../contract/volume.js';
import {
  AT_ROOT,
  bytes,
  type Chapter,
  directory,
  EMPTY,
  gfidOf,
  handle,
  NEW,
  named,
  want,
  write,
} from './script-words.js';

export const making: Chapter = async (t) => {
  const at = { ...AT_ROOT, ...NEW };
  await t.ask('no gfid', 'mkdir', { ...at, bname: 'm' });
  await t.ask('no gfid, empty dict', 'mkdir', { ...at, bname: 'm' }, EMPTY);
  await t.ask('no gfid', 'mknod', { ...at, bname: 'm', dev: 0 });
  await t.ask('no gfid', 'symlink', { ...at, bname: 'm', linkname: 'x' });
  const fd = new Fd(gfidOf(0x10), O_RDWR);
  await t.ask('no gfid', 'create', { ...at, bname: 'm', flags: O_RDWR | O_CREAT, fd });
  const gfid16 = dict({ 'gfid-req': bytes(gfidOf(0x11).replaceAll('-', '')) });
  await t.ask('gfid as bytes', 'mkdir', { ...at, bname: 'made-dir', mode: 0o751 }, gfid16);
  await t.ask('setgid', 'setattr', {
    gfid: gfidOf(0x11),
    stbuf: { ...NO_IATT, mode: 0o2751 },
    valid: 1,
  });
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
  await t.ask(
    'in a setgid directory',
    'mkdir',
    { ...NEW, pargfid: gfidOf(0x11), bname: 'd' },
    want(0x14),
  );
  t.look('directory in a setgid directory', 'made-dir/d');
  await t.ask(
    'regular',
    'mknod',
    { ...at, bname: 'regular', mode: 0o100640, dev: 0 },
    want(0x15, attributes),
  );
  t.look('regular', 'regular');
  await t.ask('no type', 'mknod', { ...at, bname: 'typeless', mode: 0o640, dev: 0 }, want(0x16));
  t.look('typeless', 'typeless');
  await t.ask('fifo', 'mknod', { ...at, bname: 'fifo', mode: 0o010600, dev: 0 }, want(0x17));
  t.look('fifo', 'fifo');
  await t.ask('socket', 'mknod', { ...at, bname: 'socket', mode: 0o140600, dev: 0 }, want(0x18));
  t.look('socket', 'socket');
  await t.ask('device', 'mknod', { ...at, bname: 'null', mode: 0o020666, dev: 0x103 }, want(0x19));
  await t.ask(
    'block device',
    'mknod',
    { ...at, bname: 'big', mode: 0o060666, dev: 0x12345678 },
    want(0x1a),
  );
  await t.ask('exists', 'mknod', { ...at, bname: 'null', mode: 0o020666, dev: 0x103 }, want(0x1b));
  await t.ask('a directory', 'mknod', { ...at, bname: 'dir', mode: 0o040755, dev: 0 }, want(0x1c));
  await t.ask(
    'pointer',
    'symlink',
    { ...at, bname: 'pointer', linkname: 'made-dir' },
    want(0x1d, attributes),
  );
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
  await t.ask(
    'by a user',
    'mknod',
    { ...at, bname: 'users-file', mode: 0o106755, dev: 0 },
    want(0x21),
    someone,
  );
  t.look('file of a user', 'users-file');
  await t.ask(
    'by a user',
    'symlink',
    { ...at, bname: 'users-link', linkname: 'z' },
    want(0x22),
    someone,
  );
  t.look('symlink of a user', 'users-link');
  await t.ask(
    'by a user, setgid parent',
    'mknod',
    { ...NEW, pargfid: gfidOf(0x11), bname: 'f', mode: 0o100644, dev: 0 },
    want(0x23),
    someone,
  );
  await t.ask('umask', 'mkdir', { ...at, bname: 'masked', mode: 0o777, umask: 0o77 }, want(0x24));
  await t.ask(
    'with an ACL',
    'mkdir',
    { ...at, bname: 'acl', mode: 0o755 },
    want(
      0x25,
      dict({
        'system.posix_acl_access': bytes(
          '0200000001000700ffffffff02000700e803000004000500ffffffff10000700ffffffff20000500ffffffff',
        ),
      }),
    ),
  );
  t.look('with an ACL', 'acl');
  const internal = dict({ 'glusterfs-internal-fop': 'yes' });
  const second = { ...at, mode: 0o100644, dev: 0 };
  await t.ask('gfid taken', 'mknod', { ...second, bname: 'regular2' }, want(0x15));
  t.look('mknod of a taken gfid', 'regular2');
  await t.ask(
    'gfid taken, internal',
    'mknod',
    { ...second, bname: 'regular3' },
    want(0x15, internal),
  );
  t.look('internal mknod of a taken gfid', 'regular3');
  await t.ask(
    'gfid taken by a directory, internal',
    'mknod',
    { ...second, bname: 'regular4' },
    want(0x13, internal),
  );
  await t.ask(
    'new gfid, internal',
    'mknod',
    { ...second, bname: 'linkto', mode: 0o101000 },
    want(
      0x28,
      dict({ 'glusterfs-internal-fop': 'yes', 'trusted.glusterfs.dht.linkto': 'd-client-1' }),
    ),
  );
  t.look('linkto', 'linkto');
  await t.ask(
    'gfid taken, internal',
    'symlink',
    { ...at, bname: 'pointer2', linkname: 'made-dir' },
    want(0x1d, internal),
  );
  t.look('internal symlink of a taken gfid', 'pointer2');
  await t.ask(
    'gfid taken',
    'symlink',
    { ...at, bname: 'pointer3', linkname: 'made-dir' },
    want(0x1d),
  );
  t.look('symlink of a taken gfid', 'pointer3');
  await t.ask(
    'internal fop',
    'mkdir',
    { ...at, bname: 'internal' },
    want(0x26, dict({ 'glusterfs-internal-fop': 'yes' })),
  );
  t.look('internal', 'internal');
  await t.ask('gfid taken', 'mkdir', { ...at, bname: 'other' }, want(0x20));
  await t.quietly('rmdir', { ...AT_ROOT, bname: 'other', xflags: 0 });
};

export const creating: Chapter = async (t) => {
  const at = { ...AT_ROOT, ...NEW, flags: O_RDWR | O_CREAT };
  const open = () => new Fd(gfidOf(0x30), O_RDWR);
  await t.ask('plain', 'create', { ...at, bname: 'c', fd: open() }, want(0x30));
  t.look('created', 'c');
  t.look('created, handle', handle(gfidOf(0x30)));
  await t.ask(
    'exists, EXCL',
    'create',
    { ...at, bname: 'c', flags: at.flags | O_EXCL, fd: open() },
    want(0x31),
  );
  await t.ask('exists', 'create', { ...at, bname: 'c', fd: open() }, want(0x31));
  await t.ask('exists, same gfid', 'create', { ...at, bname: 'c', fd: open() }, want(0x30));
  await t.ask('exists, no gfid', 'create', { ...at, bname: 'c', fd: open() });
  await t.ask('gfid taken', 'create', { ...at, bname: 'c2', fd: open() }, want(0x30));
  t.look('with the taken gfid', 'c2');
  await directory(t, 0x32, 'cdir');
  await t.ask('over a directory', 'create', { ...at, bname: 'cdir', fd: open() }, want(0x33));
  await write(t, 'before the cut', Fd.anonymous(gfidOf(0x30)), 'some text');
  await t.ask(
    'exists, TRUNC',
    'create',
    { ...at, bname: 'c', flags: at.flags | O_TRUNC, fd: open() },
    want(0x30),
  );
  const attributes = dict({
    'user.a': Buffer.from('1'),
    'trusted.b': Buffer.from('2'),
    'security.c': Buffer.from('3'),
    'user.text': 'text',
    'trusted.number': 5,
  });
  await t.ask(
    'with attributes',
    'create',
    { ...at, bname: 'c3', mode: 0o100600, fd: open() },
    want(0x34, attributes),
  );
  t.look('with attributes', 'c3');
  await t.ask(
    'append, sync',
    'create',
    { ...at, bname: 'c4', flags: O_WRONLY | O_CREAT | O_APPEND | O_DSYNC, fd: open() },
    want(0x35),
  );
  await t.ask(
    'by a user',
    'create',
    { ...at, bname: 'c5', mode: 0o104755, fd: open() },
    want(0x36),
    { uid: 1000, gid: 1001 },
  );
  t.look('of a user', 'c5');
  await t.ask(
    'open-fd-count',
    'create',
    { ...at, bname: 'c6', fd: open() },
    want(0x37, dict({ 'glusterfs.open-fd-count': 0 })),
  );
  await t.ask('long name', 'create', { ...at, bname: 'n'.repeat(255), fd: open() }, want(0x38));
  await t.ask(
    'dangling symlink',
    'symlink',
    { ...at, bname: 'dangling', linkname: 'nowhere' },
    want(0x39),
  );
  await t.ask('over a symlink', 'create', { ...at, bname: 'dangling', fd: open() }, want(0x3a));
};

/** cluster/distribute: a directory is made only where the parent's layout is the one that the client knows. */
export const layouts: Chapter = async (t) => {
  const parent = gfidOf(0x3b);
  await t.ask('parent', 'mkdir', { ...AT_ROOT, ...NEW, bname: 'parent', mode: 0o755 }, want(0x3b));
  const layout = bytes('00000001000000000000000055555555');
  const other = bytes('0000000200000000000000007fffffff');
  const key = 'trusted.glusterfs.dht';
  const mkdir = (label: string, number: number, value: Buffer) => {
    const request = { pargfid: parent, ...NEW, bname: `d${number}`, mode: 0o755 };
    const xdata = dict({ 'glusterfs.preop.parent.key': key, [key]: value });
    return t.ask(label, 'mkdir', request, want(number, xdata));
  };
  await mkdir('parent without layout', 0x3c, layout);
  await t.ask('layout', 'setxattr', { gfid: parent, flags: 0, dict: dict({ [key]: layout }) });
  await mkdir('the known layout', 0x3d, layout);
  t.look('with the known layout', 'parent/d61');
  await mkdir('another layout', 0x3e, other);
  await mkdir('a shorter layout', 0x3f, layout.subarray(0, 8));
  t.names('in the parent', 'parent');
};
