import {
  type Fd,
  O_ACCMODE,
  O_APPEND,
  O_DSYNC,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
} from '../../../fop/fd.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory, isRegular, isSymlink } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { FileNumber } from '../../../platform/disk.js';
import { absent, type Brick, type Inode } from './brick.js';
import type { OrderedDirent } from './directory-order.js';
import { FailedSyncs } from './failed-syncs.js';
import { GroupSync } from './group-sync.js';
import { Turns } from './turns.js';

const O_NONBLOCK = 0o4000;
/** What of a client's flags the system's open is to know: syncs are this brick's own work. */
const PASSED_FLAGS = O_ACCMODE | O_APPEND;

/** An inode that somebody has open. */
export class OpenInode {
  opens = 0;
  /** Where it lies since its last name was removed. */
  aside: ByteString | undefined;
  /** Changes of its bytes, one after another. */
  readonly turns = new Turns();
  readonly syncs: GroupSync;

  constructor(
    readonly gfid: Gfid,
    readonly ino: bigint,
    where: string,
    syncFailed: (why: unknown) => void,
  ) {
    this.syncs = new GroupSync(where, syncFailed);
  }
}

export interface OpenFile {
  readonly inode: OpenInode;
  readonly file: FileNumber;
  readonly flags: number;
  readonly isAppend: boolean;
  readonly isSync: boolean;
  /** Fops at work on it, and the fd itself: the last one closes it. */
  users: number;
}

export interface OpenDirectory {
  readonly gfid: Gfid;
  entries: readonly OrderedDirent[] | undefined;
}

/** What clients have open on one brick. */
export class OpenFiles {
  private readonly inodes = new Map<bigint, OpenInode>();
  private readonly files = new WeakMap<Fd, OpenFile>();
  private readonly directories = new WeakMap<Fd, OpenDirectory>();
  private readonly held = new Set<OpenFile>();

  private readonly failedSyncs: FailedSyncs;

  constructor(private readonly brick: Brick) {
    this.failedSyncs = new FailedSyncs(brick);
  }

  /** Opens an inode for an fd. */
  open(fd: Fd, inode: Inode, flags: number): void {
    this.files.set(fd, this.openInode(inode, flags, 1));
  }

  openDirectory(fd: Fd, gfid: Gfid): void {
    this.directories.set(fd, { gfid, entries: undefined });
  }

  directory(fd: Fd): OpenDirectory | undefined {
    return this.directories.get(fd);
  }

  /** How often an inode is open. */
  count(ino: bigint): number {
    return this.inodes.get(ino)?.opens ?? 0;
  }

  /** The open inode of that number, if somebody has it open. */
  inode(ino: bigint): OpenInode | undefined {
    return this.inodes.get(ino);
  }

  release(fd: Fd): void {
    const open = this.files.get(fd);
    this.files.delete(fd);
    this.directories.delete(fd);
    if (open !== undefined) this.leave(open);
  }

  /** Runs `work` on the file of an fd, which stays open until the work is over. */
  async use<T>(
    fd: Fd,
    work: (open: OpenFile) => T | Promise<T>,
    ofDirectory: 'EBADF' | 'EISDIR' = 'EBADF',
  ): Promise<T> {
    const open = this.files.get(fd) ?? this.anonymous(fd, ofDirectory);
    open.users += 1;
    try {
      return await work(open);
    } finally {
      this.leave(open);
    }
  }

  /** The inode behind an fd, for fops that ask no bytes of it. */
  resolve(fd: Fd): Inode {
    const open = this.files.get(fd);
    if (open !== undefined) return this.inodeOf(open);
    const directory = this.directories.get(fd);
    if (directory !== undefined) return this.brick.handles.resolve(directory.gfid);
    if (!fd.isAnonymous) throw this.brick.error('EBADF');
    return this.brick.handles.resolve(fd.gfid, 'ENOENT');
  }

  inodeOf(open: OpenFile): Inode {
    const { gfid, aside } = open.inode;
    const path = aside ?? this.brick.handles.path(gfid);
    return { gfid, path, target: open.file, stat: this.brick.disk.fstat(open.file) };
  }

  /** Closes all: the brick stops. */
  closeAll(): void {
    for (const open of [...this.held]) {
      open.users = 1;
      this.leave(open);
    }
  }

  private anonymous(fd: Fd, errno: 'EBADF' | 'EISDIR'): OpenFile {
    if (!fd.isAnonymous) throw this.brick.error(this.directories.has(fd) ? errno : 'EBADF');
    const inode = this.brick.handles.resolve(fd.gfid, 'ENOENT');
    return this.openInode(inode, O_RDWR, 0);
  }

  private openInode(inode: Inode, flags: number, users: number): OpenFile {
    this.checkKind(inode);
    const passed = (flags & PASSED_FLAGS) | O_NOFOLLOW | O_NONBLOCK;
    const file = this.brick.disk.open(inode.path, passed, 0);
    const { ino } = inode.stat;
    const open = this.inodes.get(ino) ?? this.newInode(inode);
    this.inodes.set(ino, open);
    open.opens += 1;
    const isAppend = (flags & O_APPEND) !== 0 && (flags & O_ACCMODE) !== O_RDONLY;
    const isSync = (flags & O_DSYNC) !== 0;
    const opened = { inode: open, file, flags, isAppend, isSync, users };
    this.held.add(opened);
    return opened;
  }

  private newInode(inode: Inode): OpenInode {
    const { brick, failedSyncs } = this;
    const { ino } = inode.stat;
    const open = new OpenInode(inode.gfid, ino, brick.name, (why) => failedSyncs.note(inode, why));
    const failure = failedSyncs.of(inode);
    if (failure !== undefined) open.syncs.distrust(failure);
    return open;
  }

  /** Only files hold bytes. Opening a pipe could wait for ever. */
  private checkKind({ stat }: Inode): void {
    if (isRegular(stat)) return;
    if (isDirectory(stat)) throw this.brick.error('EISDIR');
    throw this.brick.error(isSymlink(stat) ? 'ELOOP' : 'EINVAL');
  }

  private leave(open: OpenFile): void {
    open.users -= 1;
    if (open.users > 0 || !this.held.delete(open)) return;
    this.brick.disk.close(open.file);
    const { inode } = open;
    inode.opens -= 1;
    if (inode.opens > 0) return;
    this.inodes.delete(inode.ino);
    const { aside } = inode;
    if (aside !== undefined) absent(() => this.brick.disk.unlink(aside), 'ENOENT');
  }
}
