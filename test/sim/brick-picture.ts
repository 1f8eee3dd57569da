import { O_CREAT, O_EXCL, O_RDWR } from '../../src/fop/fd.js';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../src/fop/iatt.js';
import type { ByteString } from '../../src/fop/name.js';
import type { Disk, DiskStat } from '../../src/platform/disk.js';

/** An inode as it lies on a disk, without its times. */
export interface PictureNode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly target: ByteString;
  readonly bytes: ByteString;
  readonly xattrs: ReadonlyMap<ByteString, string>;
  readonly names: ReadonlyMap<ByteString, bigint>;
}

/** All that lies below one directory: what a crash leaves, what a start finds, what two of them differ in. */
export interface Picture {
  readonly root: bigint;
  readonly nodes: ReadonlyMap<bigint, PictureNode>;
}

/** One thing that a system call has changed. Those of one call come together or not at all, but for a file's bytes. */
export type Change =
  | {
      readonly what: 'name';
      readonly ino: bigint;
      readonly name: ByteString;
      readonly child: bigint | undefined;
    }
  | {
      readonly what: 'xattr';
      readonly ino: bigint;
      readonly key: ByteString;
      readonly value: string | undefined;
    }
  | {
      readonly what: 'owner';
      readonly ino: bigint;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly what: 'bytes'; readonly ino: bigint; readonly bytes: ByteString }
  | { readonly what: 'made'; readonly ino: bigint; readonly node: PictureNode };

/** Empty first-level handle directories are in no picture: there are 256, and each start makes those that lack. */
const HANDLE_DIRECTORY = /\/\.glusterfs\/[0-9a-f]{2}$/;

export function pictureOf(disk: Disk, path: ByteString): Picture {
  const nodes = new Map<bigint, PictureNode>();
  const add = (at: ByteString, stat: DiskStat): void => {
    if (nodes.has(stat.ino)) return;
    const names = new Map<ByteString, bigint>();
    nodes.set(stat.ino, nodeOf(disk, at, stat, names));
    if ((stat.mode & S_IFMT) !== S_IFDIR) return;
    const isHidden = at.endsWith('/.glusterfs');
    for (const { name } of disk.readdir(at)) {
      const below = `${at}/${name}`;
      if (isHidden && HANDLE_DIRECTORY.test(below) && disk.readdir(below).length === 0) continue;
      const child = disk.lstat(below);
      names.set(name, child.ino);
      add(below, child);
    }
  };
  const root = disk.lstat(path);
  add(path, root);
  return { root: root.ino, nodes };
}

function nodeOf(
  disk: Disk,
  path: ByteString,
  stat: DiskStat,
  names: Map<ByteString, bigint>,
): PictureNode {
  const type = stat.mode & S_IFMT;
  const { mode, uid, gid, rdev } = stat;
  const xattrs = new Map(
    disk
      .listxattr(path)
      .map((key): [ByteString, string] => [key, disk.getxattr(path, key).toString('latin1')]),
  );
  const target = type === S_IFLNK ? disk.readlink(path) : '';
  const bytes = type === S_IFREG ? contentOf(disk, path, stat.size) : '';
  return { mode, uid, gid, rdev, target, bytes, xattrs, names };
}

function contentOf(disk: Disk, path: ByteString, size: number): ByteString {
  const file = disk.open(path, 0, 0);
  const into = Buffer.alloc(size);
  disk.read(file, into, 0);
  disk.close(file);
  return into.toString('latin1');
}

/** What makes `after` of `before`. */
export function changesBetween(before: Picture, after: Picture): Change[] {
  const changes: Change[] = [];
  for (const [ino, node] of after.nodes) {
    const old = before.nodes.get(ino);
    if (old === undefined) changes.push({ what: 'made', ino, node: { ...node, names: new Map() } });
    changes.push(...changesOf(ino, old ?? { ...node, names: new Map() }, node));
  }
  return changes;
}

function changesOf(ino: bigint, old: PictureNode, node: PictureNode): Change[] {
  const { mode, uid, gid, bytes } = node;
  const changes: Change[] = [];
  if (old.mode !== mode || old.uid !== uid || old.gid !== gid)
    changes.push({ what: 'owner', ino, mode, uid, gid });
  if (old.bytes !== bytes) changes.push({ what: 'bytes', ino, bytes });
  for (const key of new Set([...old.xattrs.keys(), ...node.xattrs.keys()])) {
    const value = node.xattrs.get(key);
    if (value !== old.xattrs.get(key)) changes.push({ what: 'xattr', ino, key, value });
  }
  for (const name of new Set([...old.names.keys(), ...node.names.keys()])) {
    const child = node.names.get(name);
    if (child !== old.names.get(name)) changes.push({ what: 'name', ino, name, child });
  }
  return changes;
}

type Changeable = PictureNode & {
  readonly xattrs: Map<ByteString, string>;
  readonly names: Map<ByteString, bigint>;
};

/** A picture with some changes made. */
export function withChanges(picture: Picture, changes: readonly Change[]): Picture {
  const nodes = new Map<bigint, Changeable>();
  for (const [ino, node] of picture.nodes) nodes.set(ino, changeable(node));
  for (const change of changes) {
    if (change.what === 'made') nodes.set(change.ino, changeable(change.node));
    const node = nodes.get(change.ino);
    if (node !== undefined) nodes.set(change.ino, changed(node, change));
  }
  return { root: picture.root, nodes };
}

function changeable(node: PictureNode): Changeable {
  return { ...node, xattrs: new Map(node.xattrs), names: new Map(node.names) };
}

function changed(node: Changeable, change: Change): Changeable {
  if (change.what === 'bytes') return { ...node, bytes: change.bytes };
  if (change.what === 'owner') {
    const { mode, uid, gid } = change;
    return { ...node, mode, uid, gid };
  }
  if (change.what === 'xattr') setOrDelete(node.xattrs, change.key, change.value);
  if (change.what === 'name') setOrDelete(node.names, change.name, change.child);
  return node;
}

function setOrDelete<V>(map: Map<ByteString, V>, key: ByteString, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

/** Makes the files of a picture at `path`, which must not be there yet. */
export function paint(disk: Disk, path: ByteString, { root, nodes }: Picture): void {
  const done = new Map<bigint, ByteString>();
  const add = (at: ByteString, ino: bigint): void => {
    const node = nodes.get(ino);
    const there = done.get(ino);
    if (node === undefined) return;
    if (there !== undefined) {
      if ((node.mode & S_IFMT) !== S_IFDIR) disk.link(there, at);
      return;
    }
    done.set(ino, at);
    make(disk, at, node);
    for (const [name, child] of node.names) add(`${at}/${name}`, child);
  };
  add(path, root);
}

function make(disk: Disk, at: ByteString, node: PictureNode): void {
  const type = node.mode & S_IFMT;
  if (type === S_IFDIR) disk.mkdir(at, 0o700);
  else if (type === S_IFLNK) disk.symlink(node.target, at);
  else if (type === S_IFREG) fill(disk, at, node.bytes);
  else disk.mknod(at, node.mode, node.rdev);
  disk.chown(at, node.uid, node.gid);
  if (type !== S_IFLNK) disk.chmod(at, node.mode & 0o7777);
  for (const [key, value] of node.xattrs) disk.setxattr(at, key, Buffer.from(value, 'latin1'), 0);
}

function fill(disk: Disk, at: ByteString, bytes: ByteString): void {
  const file = disk.open(at, O_RDWR | O_CREAT | O_EXCL, 0o600);
  if (bytes !== '') disk.write(file, Buffer.from(bytes, 'latin1'), 0);
  disk.close(file);
}
