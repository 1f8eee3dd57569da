import { type Gfid, ROOT_GFID } from '../../../fop/gfid.js';
import { isDirectory, isRegular, isSymlink } from '../../../fop/iatt.js';
import { type ByteString, MAX_PATH_BYTES, readable } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import { absent, type Brick, type Inode } from './brick.js';
import {
  directoryTarget,
  HIDDEN_DIRECTORY,
  handleDirectories,
  handlePath,
  parseDirectoryTarget,
} from './handle-path.js';
import { heldHandlePath } from './held.js';
import { quarantine } from './quarantine.js';

/** Paths of directories that are remembered; all are forgotten when one more would not fit. */
const MAX_CACHED = 4096;

/** From gfids to paths and back, through `.glusterfs`. */
export class Handles {
  private readonly directories = new Map<Gfid, ByteString>();
  private rootStat: DiskStat | undefined;

  constructor(private readonly brick: Brick) {}

  /** The handle's absolute path. */
  path(gfid: Gfid): ByteString {
    return `${this.brick.root}/${handlePath(gfid)}`;
  }

  /** A path below `.glusterfs`. */
  hidden(path: ByteString): ByteString {
    return `${this.brick.root}/${HIDDEN_DIRECTORY}/${path}`;
  }

  /** The inode of a gfid, or undefined where this brick has none. */
  find(gfid: Gfid): Inode | undefined {
    if (gfid === ROOT_GFID) return this.root();
    const cached = this.directories.get(gfid);
    const known = cached === undefined ? undefined : this.directory(gfid, cached);
    if (known !== undefined) return known;
    this.directories.delete(gfid);
    const path = this.path(gfid);
    const stat = this.brick.lstat(path);
    if (stat === undefined) return undefined;
    return isDirectoryHandle(stat) ? this.findDirectory(gfid) : this.findOther(gfid, path, stat);
  }

  /** What lies at the path of the brick now; when it starts, that is the brick. */
  noteRoot(): void {
    this.rootStat = this.brick.disk.lstat(this.brick.root);
  }

  /** An unmounted filesystem leaves an empty directory behind, of which nothing must be read and where nothing belongs. */
  private root(): Inode | undefined {
    const { brick, rootStat } = this;
    const inode = this.directory(ROOT_GFID, brick.root);
    const { dev, ino } = inode?.stat ?? {};
    const isOther = inode !== undefined && (dev !== rootStat?.dev || ino !== rootStat?.ino);
    if (rootStat === undefined || !isOther) return inode;
    brick.notice('another directory lies at the path of the brick', {
      code: 'HFS-5012',
      path: readable(brick.root),
      next: `is its filesystem mounted? findmnt -T ${readable(brick.root)}`,
    });
    throw brick.error('EIO', 'another directory lies at the path of the brick');
  }

  /** The inode of a gfid; where this brick has none, ESTALE (or what the caller prefers). */
  resolve(gfid: Gfid, errno: 'ESTALE' | 'ENOENT' = 'ESTALE'): Inode {
    const inode = this.find(gfid);
    if (inode === undefined) throw this.brick.error(errno);
    return inode;
  }

  /**
   * Throws EEXIST where another inode than `owner` has this gfid. A handle that is all that is left of one is put away, and kept if
   * it holds bytes.
   */
  claim(gfid: Gfid, owner?: DiskStat): void {
    if (this.isUnknown(gfid)) return;
    const found = this.find(gfid);
    if (found !== undefined && found.stat.ino === owner?.ino) return;
    if (found !== undefined) throw this.brick.error('EEXIST', `gfid ${gfid} is taken`);
    const left = this.brick.lstat(this.path(gfid));
    if (left === undefined) return;
    if (isRegular(left) && left.nlink === 1 && left.size > 0) quarantine(this.brick, gfid, left);
    else this.brick.disk.unlink(this.path(gfid));
  }

  /** No handle, and no directory that is remembered: what a new gfid is. */
  private isUnknown(gfid: Gfid): boolean {
    if (gfid === ROOT_GFID || this.directories.has(gfid)) return false;
    return this.brick.lstat(this.path(gfid)) === undefined;
  }

  /** Makes the handle of a new name that is no directory's. */
  link(gfid: Gfid, name: ByteString): void {
    this.makeParents(gfid);
    this.brick.disk.link(name, this.path(gfid));
  }

  /** Makes the handle of a new directory. */
  linkDirectory(gfid: Gfid, pargfid: Gfid, bname: ByteString): void {
    this.makeParents(gfid);
    this.brick.disk.symlink(directoryTarget(pargfid, bname), this.path(gfid));
  }

  /** Makes or replaces the handle of a directory. */
  setDirectory(gfid: Gfid, pargfid: Gfid, bname: ByteString): void {
    this.putDirectory(gfid, this.prepareDirectory(gfid, pargfid, bname));
  }

  /** Writes the handle that a directory will have beside the one it has; answers where. A crash leaves it to the next start. */
  prepareDirectory(gfid: Gfid, pargfid: Gfid, bname: ByteString, victim?: Gfid): ByteString {
    this.makeParents(gfid);
    const { disk } = this.brick;
    const aside = heldHandlePath(this.brick, gfid, victim);
    absent(() => disk.unlink(aside), 'ENOENT');
    disk.symlink(directoryTarget(pargfid, bname), aside);
    return aside;
  }

  /** Puts the handle that `prepareDirectory` has written in the place of the one there is. */
  putDirectory(gfid: Gfid, aside: ByteString): void {
    this.brick.disk.rename(aside, this.path(gfid));
    this.directories.clear();
  }

  remove(gfid: Gfid): void {
    absent(() => this.brick.disk.unlink(this.path(gfid)), 'ENOENT');
  }

  /** Forgets remembered paths: a directory has another name, or none. */
  forget(): void {
    this.directories.clear();
  }

  makeParents(gfid: Gfid): void {
    const [first, second] = handleDirectories(gfid);
    const { disk, root } = this.brick;
    const make = (path: ByteString) => absent(() => disk.mkdir(`${root}/${path}`, 0o700), 'EEXIST');
    if (this.brick.lstat(`${root}/${second}`) !== undefined) return;
    if (this.brick.lstat(`${root}/${first}`) === undefined) make(first);
    make(second);
  }

  private directory(gfid: Gfid, path: ByteString): Inode | undefined {
    const stat = absent(() => this.brick.lstat(path), 'ENOTDIR');
    if (stat === undefined || !isDirectory(stat)) return undefined;
    return { gfid, path, target: path, stat };
  }

  /** A hard link. One that is the last name of its inode is a remnant: the inode's own names are gone. */
  private findOther(gfid: Gfid, path: ByteString, stat: DiskStat): Inode | undefined {
    if (stat.nlink < 2 || isDirectory(stat)) return undefined;
    const noted = this.brick.gfidOf(path, stat);
    if (noted !== undefined && noted !== gfid) return this.tellImpostor(gfid, noted);
    return { gfid, path, target: path, stat };
  }

  /** Its bytes are not those that were asked for; a lookup by name puts it aside (handle-check.ts). */
  private tellImpostor(gfid: Gfid, noted: Gfid): undefined {
    this.brick.noticeOnce('a handle leads to another inode', gfid, { other: noted });
  }

  private findDirectory(gfid: Gfid): Inode | undefined {
    const path = this.directoryPath(gfid);
    const inode = path === undefined ? undefined : this.directory(gfid, path);
    if (inode === undefined || this.brick.gfidOf(inode.path) !== gfid) return undefined;
    if (this.directories.size >= MAX_CACHED) this.directories.clear();
    this.directories.set(gfid, inode.path);
    return inode;
  }

  /** Goes up from handle to handle: the kernel would follow no more than 40 symlinks. */
  private directoryPath(gfid: Gfid): ByteString | undefined {
    let below = '';
    for (let at = gfid; at !== ROOT_GFID; ) {
      const known = this.directories.get(at);
      if (known !== undefined) return known + below;
      const link = absent(() => this.brick.disk.readlink(this.path(at)), 'ENOENT', 'EINVAL');
      const up = link === undefined ? undefined : parseDirectoryTarget(link);
      if (up === undefined) return undefined;
      below = `/${up.bname}${below}`;
      if (this.brick.root.length + below.length >= MAX_PATH_BYTES)
        throw this.brick.error('ENAMETOOLONG', `the path of ${gfid}`);
      at = up.pargfid;
    }
    return this.brick.root + below;
  }
}

/** The handle of a symlink is that symlink's second name at least; the handle of a directory has one. */
function isDirectoryHandle(stat: DiskStat): boolean {
  return isSymlink(stat) && stat.nlink === 1;
}
