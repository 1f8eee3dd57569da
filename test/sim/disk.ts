import { FopError } from '../../src/fop/error.js';
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DSYNC,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from '../../src/fop/fd.js';
import type { Statfs } from '../../src/fop/fops.js';
import { isSymlink, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../src/fop/iatt.js';
import type { ByteString } from '../../src/fop/name.js';
import type { Disk, DiskDirent, DiskStat, DiskTime, FileNumber } from '../../src/platform/disk.js';
import type { Clock, Random } from '../../src/platform/platform.js';
import { absent } from '../../src/xlators/storage/posix/brick.js';
import { followMode } from './disk-acl.js';
import type { SimInode } from './disk-inode.js';
import { Names, whyNotOpen } from './disk-names.js';
import { PAGE_BYTES } from './disk-pages.js';
import { Platter } from './disk-platter.js';
import { type Place, walk } from './disk-walk.js';
import { aclBefore, SimXattrs } from './disk-xattrs.js';

export interface SimDiskOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly capacityBytes?: number;
  /** How long a sync takes: at least, and at most. */
  readonly syncMs?: readonly [number, number];
  /** False: as for a user who is not root, `trusted.` attributes cannot be set nor seen. */
  readonly isPrivileged?: boolean;
}

interface OpenFile {
  readonly inode: SimInode;
  readonly flags: number;
  position: number;
}

const DEV = 7;
const MAX_HARD_LINKS = 65_000;
const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;
const ZERO_RANGE = 0x10;

/**
 * A disk in memory. The first one is the machine's; each process works on a `fork` of it, which shares the files and
 * has open files of its own. `crash` on any of them is a power cut for all: forks are dead from then on (EIO), and
 * the one that it was called on lives on with what the platter kept.
 */
export class SimDisk implements Disk {
  private readonly files = new Map<FileNumber, OpenFile>();
  private readonly platter: Platter;
  private readonly names: Names;
  private readonly xattrs: SimXattrs;
  private boot = 0;
  private isGone = false;

  constructor(
    private readonly options: SimDiskOptions,
    platter?: Platter,
  ) {
    const capacity = options.capacityBytes ?? 1 << 30;
    this.platter = platter ?? new Platter(options.random, capacity);
    this.names = new Names(this.platter, options.clock);
    this.xattrs = new SimXattrs(this.names, options.isPrivileged ?? true);
    this.boot = this.platter.boot;
  }

  /** The same disk as another process sees it; `clock` is that process's. */
  fork(clock: Clock = this.options.clock): SimDisk {
    return new SimDisk({ ...this.options, clock }, this.platter);
  }

  /** The process that used this view was killed: its files are closed, and nothing is lost. */
  gone(): void {
    for (const file of [...this.files.keys()]) this.close(file);
    this.isGone = true;
  }

  /** Power loss. */
  crash(): void {
    this.platter.powerCut();
    this.files.clear();
    this.boot = this.platter.boot;
  }

  set isFull(isFull: boolean) {
    this.platter.isFull = isFull;
  }

  set failsSync(fails: boolean) {
    this.platter.failsSync = fails;
  }

  lstat(path: ByteString): DiskStat {
    return this.existing(path, 'lstat').stat(DEV);
  }

  find(path: ByteString): DiskStat | undefined {
    return absent(() => this.lstat(path), 'ENOENT');
  }

  stat(path: ByteString): DiskStat {
    return this.existing(path, 'stat', true).stat(DEV);
  }

  fstat(file: FileNumber): DiskStat {
    return this.file(file, 'fstat').inode.stat(DEV);
  }

  open(path: ByteString, flags: number, mode: number): FileNumber {
    const isFollowing = (flags & O_NOFOLLOW) === 0 && (flags & O_EXCL) === 0;
    const place = this.walk(path, 'open', isFollowing);
    const inode = this.openable(place, flags, mode);
    if ((flags & O_TRUNC) !== 0 && inode.isRegular) this.setSize(inode, 0);
    const file = this.platter.fileNumber();
    this.files.set(file, { inode, flags, position: 0 });
    inode.opens += 1;
    return file;
  }

  close(file: FileNumber): void {
    const { inode } = this.file(file, 'close');
    this.files.delete(file);
    inode.opens -= 1;
    this.platter.forget(inode);
  }

  read(file: FileNumber, into: Uint8Array, offset: number): number {
    const open = this.file(file, 'read');
    if (open.inode.isDirectory) throw new FopError('EISDIR', 'read');
    if ((open.flags & O_ACCMODE) === O_WRONLY) throw new FopError('EBADF', 'read');
    return open.inode.pages.read(into, offset);
  }

  write(file: FileNumber, data: Uint8Array, offset: number | null): number {
    const open = this.file(file, 'write');
    if ((open.flags & O_ACCMODE) === O_RDONLY) throw new FopError('EBADF', 'write');
    const { inode } = open;
    const isAppend = (open.flags & O_APPEND) !== 0;
    const at = isAppend ? inode.pages.size : (offset ?? open.position);
    const count = this.platter.roomFor(inode, at, data.length);
    const written = { data: Uint8Array.from(data.subarray(0, count)), offset: at };
    this.names.changeBytes(inode, at, count, () => inode.pages.write(written.data, at), written);
    if (offset === null) open.position = at + count;
    if ((open.flags & O_DSYNC) !== 0) this.platter.commit(this.platter.mark(inode));
    return count;
  }

  truncate(file: FileNumber, size: number): void {
    const open = this.file(file, 'ftruncate');
    if ((open.flags & O_ACCMODE) === O_RDONLY || !open.inode.isRegular)
      throw new FopError('EINVAL', 'ftruncate');
    this.setSize(open.inode, size);
  }

  readdir(path: ByteString): readonly DiskDirent[] {
    const inode = this.existing(path, 'readdir', true);
    if (!inode.isDirectory) throw new FopError('ENOTDIR', 'readdir');
    return [...inode.children].map(([name, child]) => ({
      name,
      ino: child.ino,
      type: (child.mode & S_IFMT) >> 12,
    }));
  }

  mkdir(path: ByteString, mode: number): void {
    this.names.make(this.walk(path, 'mkdir'), 'mkdir', S_IFDIR | (mode & 0o7777));
  }

  rmdir(path: ByteString): void {
    const { directory, name, inode } = this.place(path, 'rmdir');
    if (!inode.isDirectory) throw new FopError('ENOTDIR', 'rmdir');
    if (inode === this.platter.root) throw new FopError('EBUSY', 'rmdir');
    if (inode.children.size > 0) throw new FopError('ENOTEMPTY', 'rmdir');
    this.names.remove(directory, name, inode);
  }

  unlink(path: ByteString): void {
    const { directory, name, inode } = this.place(path, 'unlink');
    if (inode.isDirectory) throw new FopError('EISDIR', 'unlink');
    this.names.remove(directory, name, inode);
  }

  link(existing: ByteString, path: ByteString): void {
    const inode = this.existing(existing, 'link');
    const { directory, name, inode: there } = this.walk(path, 'link');
    if (inode.isDirectory) throw new FopError('EPERM', 'link');
    if (there !== undefined) throw new FopError('EEXIST', 'link');
    if (inode.nlink >= MAX_HARD_LINKS) throw new FopError('EMLINK', 'link');
    this.names.add(directory, name, inode, 'link');
  }

  symlink(target: ByteString, path: ByteString): void {
    if (target === '' || target.includes('\0')) throw new FopError('ENOENT', 'symlink');
    this.names.make(this.walk(path, 'symlink'), 'symlink', S_IFLNK | 0o777).target = target;
  }

  readlink(path: ByteString): ByteString {
    const inode = this.existing(path, 'readlink');
    if (!isSymlink(inode)) throw new FopError('EINVAL', 'readlink');
    return inode.target;
  }

  rename(from: ByteString, to: ByteString): void {
    this.names.rename(this.place(from, 'rename'), this.walk(to, 'rename'));
  }

  mknod(path: ByteString, mode: number, dev: number): void {
    this.names.make(
      this.walk(path, 'mknod'),
      'mknod',
      (mode & S_IFMT) === 0 ? mode | S_IFREG : mode,
      dev,
    );
  }

  chmod(path: ByteString, mode: number): void {
    const inode = this.existing(path, 'chmod');
    if (isSymlink(inode)) throw new FopError('EOPNOTSUPP', 'chmod of a symlink');
    const undo = aclBefore(inode);
    inode.mode = (inode.mode & S_IFMT) | (mode & 0o7777);
    followMode(inode);
    this.names.changed(inode, undo);
  }

  chown(path: ByteString, uid: number, gid: number): void {
    const inode = this.existing(path, 'lchown');
    const before = { uid: inode.uid, gid: inode.gid, mode: inode.mode };
    if (uid !== -1) inode.uid = uid;
    if (gid !== -1) inode.gid = gid;
    if (inode.isRegular) inode.mode &= ~((inode.mode & 0o10) !== 0 ? 0o6000 : 0o4000);
    this.names.changed(inode, () => Object.assign(inode, before));
  }

  utimes(path: ByteString, atime: DiskTime, mtime: DiskTime): void {
    const inode = this.existing(path, 'utimensat');
    const before = { atime: inode.atime, mtime: inode.mtime };
    inode.atime = this.names.time(atime, inode.atime);
    inode.mtime = this.names.time(mtime, inode.mtime);
    this.names.changed(inode, () => Object.assign(inode, before));
  }

  getxattr(target: ByteString | FileNumber, name: ByteString): Buffer {
    return this.xattrs.get(this.target(target, 'getxattr'), name);
  }

  findxattr(target: ByteString | FileNumber, name: ByteString): Buffer | undefined {
    return absent(() => this.getxattr(target, name), 'ENODATA');
  }

  setxattr(
    target: ByteString | FileNumber,
    name: ByteString,
    value: Uint8Array,
    flags: 0 | 1 | 2,
  ): void {
    this.xattrs.set(this.target(target, 'setxattr'), name, value, flags);
  }

  removexattr(target: ByteString | FileNumber, name: ByteString): void {
    this.xattrs.remove(this.target(target, 'removexattr'), name);
  }

  listxattr(target: ByteString | FileNumber): readonly ByteString[] {
    return this.xattrs.list(this.target(target, 'listxattr'));
  }

  statfs(path: ByteString): Statfs {
    this.existing(path, 'statfs', true);
    const { capacityBytes, usedBytes, isFull } = this.platter;
    const free = isFull ? 0 : Math.max(0, Math.floor((capacityBytes - usedBytes) / PAGE_BYTES));
    const blocks = Math.floor(capacityBytes / PAGE_BYTES);
    const sizes = { bsize: PAGE_BYTES, frsize: PAGE_BYTES, blocks, bfree: free, bavail: free };
    return { ...sizes, files: 1e6, ffree: 1e6, favail: 1e6, fsid: 0n, flag: 0, namemax: 255 };
  }

  fallocate(file: FileNumber, mode: number, offset: number, size: number): void {
    const { inode } = this.file(file, 'fallocate');
    if (offset < 0 || size <= 0) throw new FopError('EINVAL', 'fallocate');
    if ((mode & ~(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE)) !== 0)
      throw new FopError('EOPNOTSUPP', 'fallocate');
    const isPunch = (mode & PUNCH_HOLE) !== 0;
    if (!isPunch) this.platter.needRange(inode, offset, size);
    this.names.changeBytes(inode, offset, isPunch ? Number.POSITIVE_INFINITY : size, () => {
      if (isPunch || (mode & ZERO_RANGE) !== 0) inode.pages.zero(offset, size);
      if (!isPunch) inode.pages.allocate(offset, size);
      if ((mode & KEEP_SIZE) === 0) inode.pages.truncate(Math.max(inode.pages.size, offset + size));
    });
  }

  seek(file: FileNumber, offset: number, what: 0 | 1): number {
    const { pages } = this.file(file, 'lseek').inode;
    const found =
      offset >= pages.size ? undefined : pages.seek(offset, what === 0 ? 'data' : 'hole');
    if (found === undefined) throw new FopError('ENXIO', 'lseek');
    return found;
  }

  fsync(file: FileNumber): Promise<void> {
    return this.sync(() => this.file(file, 'fsync').inode);
  }

  fdatasync(file: FileNumber): Promise<void> {
    return this.sync(() => this.file(file, 'fdatasync').inode);
  }

  fsyncdir(path: ByteString): Promise<void> {
    return this.sync(() => {
      const inode = this.existing(path, 'fsync');
      if (!inode.isDirectory) throw new FopError('ENOTDIR', 'fsync');
      return inode;
    });
  }

  async readLarge(file: FileNumber, into: Uint8Array, offset: number): Promise<number> {
    this.file(file, 'read');
    await this.latency(0, 0.2);
    return this.read(file, into, offset);
  }

  async writeLarge(file: FileNumber, data: Uint8Array, offset: number | null): Promise<number> {
    this.file(file, 'write');
    await this.latency(0, 0.2);
    return this.write(file, data, offset);
  }

  private async sync(inode: () => SimInode): Promise<void> {
    const mark = this.platter.mark(inode());
    const [least, most] = this.options.syncMs ?? [0.2, 2];
    await this.latency(least, most);
    this.platter.commit(mark);
  }

  /** Waits; in a process that has gone, or on a machine that lost power, for ever. */
  private latency(leastMs: number, mostMs: number): Promise<void> {
    const { boot } = this.platter;
    const ms = leastMs + (this.options.random.int(1001) / 1000) * (mostMs - leastMs);
    return new Promise((resolve) => {
      this.options.clock.after(ms, () => {
        if (!this.isGone && boot === this.platter.boot) resolve();
      });
    });
  }

  private checkAlive(call: string): void {
    if (this.isGone || this.boot !== this.platter.boot) throw new FopError('EIO', `${call} (dead)`);
  }

  private walk(path: ByteString, call: string, isFollowing = false): Place {
    this.checkAlive(call);
    return walk(this.platter.root, path, call, isFollowing);
  }

  private place(path: ByteString, call: string): Place & { readonly inode: SimInode } {
    const place = this.walk(path, call);
    if (place.inode === undefined) throw new FopError('ENOENT', call);
    return { ...place, inode: place.inode };
  }

  private existing(path: ByteString, call: string, isFollowing = false): SimInode {
    const { inode } = this.walk(path, call, isFollowing);
    if (inode === undefined) throw new FopError('ENOENT', call);
    return inode;
  }

  private file(file: FileNumber, call: string): OpenFile {
    this.checkAlive(call);
    const open = this.files.get(file);
    if (open === undefined) throw new FopError('EBADF', call);
    return open;
  }

  private target(target: ByteString | FileNumber, call: string): SimInode {
    return typeof target === 'number' ? this.file(target, call).inode : this.existing(target, call);
  }

  private openable(place: Place, flags: number, mode: number): SimInode {
    const { inode } = place;
    if (inode === undefined) {
      if ((flags & O_CREAT) === 0) throw new FopError('ENOENT', 'open');
      return this.names.make(place, 'open', S_IFREG | (mode & 0o7777));
    }
    const errno = whyNotOpen(inode, flags);
    if (errno !== undefined) throw new FopError(errno, 'open');
    return inode;
  }

  private setSize(inode: SimInode, size: number): void {
    if (!Number.isSafeInteger(size) || size < 0) throw new FopError('EINVAL', 'ftruncate');
    const from = Math.min(size, inode.pages.size);
    const length = Number.POSITIVE_INFINITY;
    this.names.changeBytes(inode, from, length, () => inode.pages.truncate(size));
  }
}
