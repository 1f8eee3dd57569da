import { type Gfid, gfidFromBytes, ROOT_GFID } from '../../src/fop/gfid.js';
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../src/fop/iatt.js';
import type { ByteString } from '../../src/fop/name.js';
import { gfid2pathKey } from '../../src/xlators/storage/posix/gfid2path.js';
import { hash64 } from '../../src/xlators/storage/posix/hash64.js';
import type { Picture, PictureNode } from './brick-picture.js';

/*
 * Whether a brick is sound, told from its files alone: nothing of storage/posix is asked but the hash of a note. The rules are
 * those of the on-disk format: each name has a gfid and the handle of that gfid; each handle has a name; the notes are the names.
 */

const GFID = 'trusted.gfid';
const NOTE = 'trusted.gfid2path.';
const COUNT = 'trusted.pgfid.';
const HANDLE = /^([0-9a-f]{2})([0-9a-f]{2})[0-9a-f]{4}-[0-9a-f-]{27}$/;

interface Name {
  readonly path: ByteString;
  readonly parent: Gfid;
  readonly bname: ByteString;
  readonly ino: bigint;
}

/** Everything that is wrong with a brick, in words; nothing where it is sound. */
export function complaintsOf(picture: Picture): string[] {
  return new Soundness(picture).complaints();
}

/** The gfid that is written on an inode. */
export function gfidOf(node: PictureNode | undefined): Gfid | undefined {
  const value = node?.xattrs.get(GFID);
  return value?.length === 16 ? gfidFromBytes(Buffer.from(value, 'latin1')) : undefined;
}

export function isDirectoryNode(node: PictureNode | undefined): boolean {
  return node !== undefined && (node.mode & S_IFMT) === S_IFDIR;
}

class Soundness {
  private readonly names = new Map<bigint, Name[]>();
  private readonly handles = new Map<ByteString, bigint>();
  private readonly wrong: string[] = [];

  constructor(private readonly picture: Picture) {}

  complaints(): string[] {
    const root = this.node(this.picture.root);
    this.walk('', this.picture.root, ROOT_GFID);
    const hidden = this.node(root?.names.get('.glusterfs'));
    this.readHandles(hidden);
    for (const names of this.names.values()) this.checkInode(names);
    for (const [gfid, ino] of this.handles) this.checkHandle(gfid, ino);
    for (const place of ['unlink', 'landfill', 'quarantine'])
      for (const name of this.node(hidden?.names.get(place))?.names.keys() ?? [])
        this.wrong.push(`${place}/${name} is left`);
    this.checkIndex(hidden);
    return this.wrong;
  }

  private node(ino: bigint | undefined): PictureNode | undefined {
    return ino === undefined ? undefined : this.picture.nodes.get(ino);
  }

  private walk(path: ByteString, ino: bigint, gfid: Gfid): void {
    for (const [bname, child] of this.node(ino)?.names ?? []) {
      if (path === '' && bname === '.glusterfs') continue;
      const name = { path: `${path}/${bname}`, parent: gfid, bname, ino: child };
      this.names.set(child, [...(this.names.get(child) ?? []), name]);
      const node = this.node(child);
      if (isDirectoryNode(node)) this.walk(name.path, child, gfidOf(node) ?? '');
    }
  }

  private readHandles(hidden: PictureNode | undefined): void {
    for (const [first, ino] of hidden?.names ?? []) {
      if (!/^[0-9a-f]{2}$/.test(first)) continue;
      for (const [second, below] of this.node(ino)?.names ?? [])
        for (const [name, handle] of this.node(below)?.names ?? []) {
          const [, a, b] = HANDLE.exec(name) ?? [];
          if (a !== first || b !== second)
            this.wrong.push(`${first}/${second}/${name} is no handle`);
          this.handles.set(name, handle);
        }
    }
  }

  private checkInode(names: readonly Name[]): void {
    const [{ path, ino } = { path: '', ino: 0n }] = names;
    const node = this.node(ino);
    const gfid = gfidOf(node);
    if (gfid === undefined || node === undefined) {
      this.wrong.push(`${path} has no gfid`);
      return;
    }
    if (isDirectoryNode(node)) this.checkDirectory(names, gfid);
    else {
      if (this.handles.get(gfid) !== ino) this.wrong.push(`${path} has no handle ${gfid}`);
      this.checkNotes(names, node);
      this.checkCounts(names, node);
    }
  }

  private checkDirectory(names: readonly Name[], gfid: Gfid): void {
    for (const { path, parent, bname } of names) {
      const handle = this.node(this.handles.get(gfid));
      const wanted = `../../${parent.slice(0, 2)}/${parent.slice(2, 4)}/${parent}/${bname}`;
      if (handle?.target !== wanted)
        this.wrong.push(`the handle of ${path} leads to ${handle?.target ?? 'nothing'}`);
    }
  }

  private checkNotes(names: readonly Name[], node: PictureNode): void {
    const wanted = new Map(
      names.map(({ parent, bname }): [ByteString, string] => {
        const value = `${parent}/${bname}`;
        return [gfid2pathKey(hash64, Buffer.from(value, 'latin1')), value];
      }),
    );
    for (const [key, value] of wanted)
      if (node.xattrs.get(key) !== value) this.wrong.push(`${value} is not noted`);
    for (const [key, value] of node.xattrs)
      if (key.startsWith(NOTE) && wanted.get(key) !== value)
        this.wrong.push(`${value} is noted and not so`);
  }

  /** Where names are counted at all, each directory's are. */
  private checkCounts(names: readonly Name[], node: PictureNode): void {
    const counted = [...node.xattrs].filter(([key]) => key.startsWith(COUNT));
    for (const [key, value] of counted) {
      const count = names.filter(({ parent }) => parent === key.slice(COUNT.length)).length;
      if (Buffer.from(value, 'latin1').readUInt32BE() !== count)
        this.wrong.push(`${names[0]?.path} has ${count} names where ${key} says otherwise`);
    }
    const parents = new Set(names.map(({ parent }) => parent)).size;
    if (counted.length > 0 && counted.length !== parents)
      this.wrong.push(`${names[0]?.path} is counted in ${counted.length} directories`);
  }

  private checkHandle(gfid: Gfid, ino: bigint): void {
    if (gfid === ROOT_GFID) return;
    const node = this.node(ino);
    const isNamed = this.names.has(ino) || this.isDirectoryHandle(gfid, node);
    if (!isNamed) this.wrong.push(`the handle ${gfid} has no name`);
    else if (this.names.has(ino) && gfidOf(node) !== gfid)
      this.wrong.push(`the handle ${gfid} is another inode`);
  }

  private isDirectoryHandle(gfid: Gfid, node: PictureNode | undefined): boolean {
    if (node === undefined || (node.mode & S_IFMT) !== S_IFLNK) return false;
    return [...this.names.keys()].some((ino) => {
      const named = this.node(ino);
      return isDirectoryNode(named) && gfidOf(named) === gfid;
    });
  }

  /** Whatever is marked is listed; the list may have more than that. */
  private checkIndex(hidden: PictureNode | undefined): void {
    const indices = this.node(hidden?.names.get('indices'));
    const listed = this.node(indices?.names.get('xattrop'))?.names;
    for (const [ino, [name]] of this.names) {
      const node = this.node(ino);
      const marks = [...(node?.xattrs ?? [])].filter(([key]) => key.startsWith('trusted.afr.vol-'));
      const isMarked = marks.some(([, value]) => /[^\0]/.test(value));
      if (isMarked && !listed?.has(gfidOf(node) ?? ''))
        this.wrong.push(`${name?.path} is marked and not listed`);
    }
  }
}

/** What clients see of a brick: a line for each name, without times and notes. */
export function visibleOf(picture: Picture): ReadonlyMap<ByteString, string> {
  const lines = new Map<ByteString, string>();
  const links = new Map<bigint, ByteString[]>();
  const walk = (path: ByteString, ino: bigint): void => {
    for (const [bname, child] of picture.nodes.get(ino)?.names ?? []) {
      if (path === '' && bname === '.glusterfs') continue;
      const below = `${path}/${bname}`;
      links.set(child, [...(links.get(child) ?? []), below].sort());
      walk(below, child);
    }
  };
  walk('', picture.root);
  links.set(picture.root, ['/']);
  for (const [ino, paths] of links) {
    const node = picture.nodes.get(ino);
    if (node !== undefined) for (const path of paths) lines.set(path, describe(node, paths));
  }
  return new Map([...lines].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describe(node: PictureNode, paths: readonly ByteString[]): string {
  const { mode, uid, gid, rdev, target, bytes } = node;
  const xattrs = [...node.xattrs]
    .filter(([key]) => !key.startsWith(NOTE) && !key.startsWith(COUNT))
    .filter(([key]) => key !== 'trusted.glusterfs.mdata')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = isDirectoryNode(node) ? [] : paths;
  return JSON.stringify({ mode, uid, gid, rdev, target, bytes, xattrs, names });
}
