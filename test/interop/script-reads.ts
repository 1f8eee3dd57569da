import type { Dict } from '../../src/fop/dict.js';
import { Fd } from '../../src/fop/fd.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { dict } from '../contract/volume.js';
import {
  bytes,
  type Chapter,
  directory,
  EMPTY,
  file,
  gfidOf,
  named,
  want,
  write,
} from './script-words.js';

export const looking: Chapter = async (t) => {
  const fd = await file(t, 0x40, 'look', 'content!');
  const gfid = gfidOf(0x40);
  await directory(t, 0x41, 'lookdir');
  await t.ask('colour', 'setxattr', {
    gfid,
    flags: 0,
    dict: dict({ 'user.colour': Buffer.from('blue'), 'trusted.x': bytes('0001') }),
  });
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
    lockcounts: dict({
      'glusterfs.inodelk-count': 0,
      'glusterfs.entrylk-count': 0,
      'glusterfs.posixlk-count': 0,
      'glusterfs.parent-entrylk': 0,
    }),
    layout: dict({ 'trusted.glusterfs.dht': 0 }),
    'get-full-path': dict({ 'get-full-path': 0 }),
    'real file name': dict({ get_real_filename: 0 }),
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

export const listing: Chapter = async (t) => {
  const dir = await directory(t, 0xc0, 'listed');
  for (let number = 0; number < 5; number++) {
    const gfid = gfidOf(0xc1 + number);
    const request = { pargfid: dir, bname: `f${number}`, mode: 0o100644, umask: 0, dev: 0 };
    await t.ask(`f${number}`, 'mknod', request, want(0xc1 + number));
    await t.ask(`f${number}`, 'setxattr', {
      gfid,
      flags: 0,
      dict: dict({ 'user.n': Buffer.from(`${number}`) }),
    });
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
    entries
      ?.map(({ name }) => name)
      .sort()
      .join(' ') ?? '';
  const read = async (label: string, xdata: Dict = null) => {
    const own = await open(`${label}, of it`, dir);
    const reply = await t.brick.top.wind(
      'readdir',
      { fd: own, offset: 0n, size: 65_536, xdata },
      t.frame,
    );
    t.note(
      `readdir: ${label}`,
      `${sorted(reply.entries)} ${reply.isEof} ${JSON.stringify(reply.xdata)}`,
    );
    const types = reply.entries.map(({ name, type }) => `${name} ${type}`).sort();
    t.note(`readdir types: ${label}`, types.join(', '));
    const last = reply.entries.at(-1)?.offset ?? 0n;
    await t.ask(
      `${label}, after the last`,
      'readdir',
      { fd: own, offset: last, size: 65_536 },
      xdata,
    );
  };
  await read('all');
  await read('all, empty dict', EMPTY);
  const plus = async (label: string, xdata: Dict) => {
    const own = await open(`${label}, of it`, dir);
    const request = { fd: own, offset: 0n, size: 65_536, xdata };
    const reply = await t.brick.top.wind('readdirp', request, t.frame);
    for (const entry of [...reply.entries].sort((a, b) => (a.name < b.name ? -1 : 1)))
      t.note(
        `readdirp: ${label}, ${entry.name}`,
        JSON.stringify({
          type: entry.type,
          stat:
            entry.stat === NO_IATT
              ? 'no iatt'
              : [entry.stat.gfid, entry.stat.mode, entry.stat.nlink],
          isGfidIno:
            entry.ino ===
            BigInt.asUintN(64, BigInt(`0x${entry.stat.gfid.replaceAll('-', '').slice(16)}`)),
          dict:
            entry.dict === null
              ? null
              : [...entry.dict].map(([key, value]) => [
                  key,
                  value.type,
                  'bytes' in value ? value.bytes.toString('hex') : String(Object.values(value)[1]),
                ]),
        }),
      );
    t.note(`readdirp: ${label}`, `${reply.isEof} ${JSON.stringify(reply.xdata)}`);
  };
  await plus('nothing', null);
  await plus('empty', EMPTY);
  await plus('attributes', dict({ 'user.n': 0, 'trusted.none': 0 }));
  await plus(
    'counts',
    dict({
      'glusterfs.open-fd-count': 0,
      'get-size': 0,
      'trusted.gfid': 0,
      'list-xattr': 0,
      'glusterfs.content': 100,
    }),
  );
  await t.ask('plain', 'fsyncdir', { fd, datasync: 0 });
  await t.ask('empty', 'fsyncdir', { fd, datasync: 1 }, EMPTY);
  await t.ask('directory', 'fstat', { fd });
  await t.ask('directory', 'fgetxattr', { fd, name: undefined });
  await t.ask('directory', 'fsetxattr', {
    fd,
    flags: 0,
    dict: dict({ 'user.dir': Buffer.from('x') }),
  });
  await t.ask('directory', 'fsetattr', { fd, stbuf: { ...NO_IATT, mode: 0o700 }, valid: 1 });
  await t.ask('directory', 'fxattrop', {
    fd,
    flags: 0,
    dict: dict({ 'trusted.afr.dirty': bytes('00'.repeat(12)) }),
  });
  await t.ask('directory', 'fsync', { fd, datasync: 0 });
  await t.ask('directory', 'readv', { fd, offset: 0, size: 10, flags: 0 });
  await write(t, 'directory', fd, 'x');
  await t.ask('plain', 'releasedir', { fd });
  const root = await open('root', ROOT_GFID);
  const above = await t.brick.top.wind(
    'readdirp',
    { fd: root, offset: 0n, size: 65_536, xdata: EMPTY },
    t.frame,
  );
  for (const { name, stat } of above.entries)
    if (name.startsWith('.')) t.note(`readdirp: root, ${name}`, `${stat.gfid} ${stat.mode}`);
};

export const rest: Chapter = async (t) => {
  await t.ask('unknown', 'ipc', { op: 77 });
  await t.ask('unknown, empty', 'ipc', { op: 77 }, EMPTY);
  await t.ask('new gfid', 'icreate', { gfid: gfidOf(0xe0), mode: 0o100644 }, want(0xe0));
};
