import * as fs from 'node:fs';
import { FopError } from '../../fop/error.js';
import type { Statfs } from '../../fop/fops.js';
import { isSymlink } from '../../fop/iatt.js';
import type { ByteString } from '../../fop/name.js';
import type { Disk, DiskStat, DiskTime, FileNumber } from '../disk.js';
import { readDirectory } from './directory.js';
import { asFopError, calling } from './failure.js';
import { diskStat, type FileStatus, fastFileStatus, portableFileStatus } from './file-status.js';
import { makeNode, setTimes } from './inode.js';
import { statvfs } from './statvfs.js';
import { requireSystemCalls, type SystemCalls, systemCalls } from './syscalls.js';
import { nodeXattrs, type Xattrs } from './xattr.js';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** This machine's files. */
export function nodeDisk(): Disk {
  return new NodeDisk(nodeXattrs(), systemCalls());
}

function bytes(path: ByteString): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Settles a call of the thread pool. */
function pooled<T>(
  call: string,
  run: (done: (error: Error | null, answer: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    calling(call, () =>
      run((error, answer) => (error ? reject(asFopError(error, call)) : resolve(answer))),
    );
  });
}

function syncFile(call: 'fsync' | 'fdatasync', file: FileNumber): Promise<void> {
  const sync = call === 'fsync' ? fs.fsync : fs.fdatasync;
  return pooled<void>(call, (done) => sync(file, (error) => done(error, undefined)));
}

class NodeDisk implements Disk {
  private readonly status: FileStatus;

  constructor(
    private readonly xattrs: Xattrs,
    calls: SystemCalls | undefined,
  ) {
    this.status = calls === undefined ? portableFileStatus : fastFileStatus(calls);
  }

  lstat(path: ByteString): DiskStat {
    const stat = this.status.find(path);
    if (stat === undefined) throw new FopError('ENOENT', 'lstat');
    return stat;
  }

  find(path: ByteString): DiskStat | undefined {
    return this.status.find(path);
  }

  stat(path: ByteString): DiskStat {
    return calling('stat', () => diskStat(fs.statSync(bytes(path), { bigint: true })));
  }

  fstat(file: FileNumber): DiskStat {
    return this.status.ofFile(file);
  }

  open(path: ByteString, flags: number, mode: number): FileNumber {
    return calling('open', () => fs.openSync(bytes(path), flags, mode));
  }

  close(file: FileNumber): void {
    calling('close', () => fs.closeSync(file));
  }

  read(file: FileNumber, into: Uint8Array, offset: number): number {
    return calling('read', () => fs.readSync(file, into, 0, into.length, offset));
  }

  write(file: FileNumber, data: Uint8Array, offset: number | null): number {
    return calling('write', () => fs.writeSync(file, data, 0, data.length, offset));
  }

  truncate(file: FileNumber, size: number): void {
    calling('ftruncate', () => fs.ftruncateSync(file, size));
  }

  readdir(path: ByteString) {
    return readDirectory(path);
  }

  mkdir(path: ByteString, mode: number): void {
    calling('mkdir', () => fs.mkdirSync(bytes(path), mode));
  }

  rmdir(path: ByteString): void {
    calling('rmdir', () => fs.rmdirSync(bytes(path)));
  }

  unlink(path: ByteString): void {
    calling('unlink', () => fs.unlinkSync(bytes(path)));
  }

  link(existing: ByteString, path: ByteString): void {
    calling('link', () => fs.linkSync(bytes(existing), bytes(path)));
  }

  symlink(target: ByteString, path: ByteString): void {
    calling('symlink', () => fs.symlinkSync(bytes(target), bytes(path)));
  }

  readlink(path: ByteString): ByteString {
    return calling('readlink', () =>
      fs.readlinkSync(bytes(path), { encoding: 'buffer' }).toString('latin1'),
    );
  }

  rename(from: ByteString, to: ByteString): void {
    calling('rename', () => fs.renameSync(bytes(from), bytes(to)));
  }

  mknod(path: ByteString, mode: number, dev: number): void {
    makeNode(path, mode, dev);
  }

  chmod(path: ByteString, mode: number): void {
    if (isSymlink(this.lstat(path))) throw new FopError('EOPNOTSUPP', 'chmod of a symlink');
    calling('chmod', () => fs.chmodSync(bytes(path), mode));
  }

  chown(path: ByteString, uid: number, gid: number): void {
    calling('lchown', () => fs.lchownSync(bytes(path), uid, gid));
  }

  utimes(path: ByteString, atime: DiskTime, mtime: DiskTime): void {
    setTimes(path, atime, mtime);
  }

  getxattr(target: ByteString | FileNumber, name: ByteString): Buffer {
    return this.xattrs.get(target, name);
  }

  findxattr(target: ByteString | FileNumber, name: ByteString): Buffer | undefined {
    return this.xattrs.find(target, name);
  }

  setxattr(
    target: ByteString | FileNumber,
    name: ByteString,
    value: Uint8Array,
    flags: 0 | 1 | 2,
  ): void {
    this.xattrs.set(target, name, value, flags);
  }

  removexattr(target: ByteString | FileNumber, name: ByteString): void {
    this.xattrs.remove(target, name);
  }

  listxattr(target: ByteString | FileNumber): readonly ByteString[] {
    return this.xattrs.list(target);
  }

  statfs(path: ByteString): Statfs {
    return statvfs(path);
  }

  fallocate(file: FileNumber, mode: number, offset: number, size: number): void {
    requireSystemCalls('fallocate').fallocate(file, mode, offset, size);
  }

  seek(file: FileNumber, offset: number, what: 0 | 1): number {
    return requireSystemCalls('lseek').lseek(file, offset, what === 0 ? SEEK_DATA : SEEK_HOLE);
  }

  fsync(file: FileNumber): Promise<void> {
    return syncFile('fsync', file);
  }

  fdatasync(file: FileNumber): Promise<void> {
    return syncFile('fdatasync', file);
  }

  async fsyncdir(path: ByteString): Promise<void> {
    const directory = this.open(path, fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW, 0);
    try {
      await syncFile('fsync', directory);
    } finally {
      this.close(directory);
    }
  }

  readLarge(file: FileNumber, into: Uint8Array, offset: number): Promise<number> {
    return pooled('read', (done) => fs.read(file, into, 0, into.length, offset, done));
  }

  writeLarge(file: FileNumber, data: Uint8Array, offset: number | null): Promise<number> {
    return pooled('write', (done) => fs.write(file, data, 0, data.length, offset, done));
  }
}
