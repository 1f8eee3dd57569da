import type { Statfs } from '../fop/fops.js';
import type { ByteString } from '../fop/name.js';

/** An open file of the system, as a small number. */
export type FileNumber = number;

/** `stat(2)`; `blocks` counts 512 bytes. */
export interface DiskStat {
  readonly dev: number;
  readonly ino: bigint;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atime: number;
  readonly atimeNsec: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
}

export interface DiskDirent {
  readonly name: ByteString;
  readonly ino: bigint;
  /** `DT_*` of readdir(3); 0 where the filesystem does not tell. */
  readonly type: number;
}

/** A time to set: seconds and nanoseconds, now, or as it was. */
export type DiskTime = { readonly sec: number; readonly nsec: number } | 'now' | 'omit';

/**
 * System calls on one machine's files, by absolute path or open file. Paths are byte strings. Failures throw a
 * FopError with the errno and the name of the call.
 *
 * The synchronous half is for what a warm cache answers in microseconds: it lets a fop run from start to
 * end with nothing in between. What waits for the platter or moves much is in the other half.
 * No call follows a symlink in the last component unless it says so.
 */
export interface Disk {
  lstat(path: ByteString): DiskStat;
  /** `lstat`, or undefined where there is no such name: an exception costs more than the call. */
  find(path: ByteString): DiskStat | undefined;
  /** Follows symlinks. */
  stat(path: ByteString): DiskStat;
  fstat(file: FileNumber): DiskStat;
  /** `flags` with Linux's numbers; O_NOFOLLOW is the caller's to add. */
  open(path: ByteString, flags: number, mode: number): FileNumber;
  close(file: FileNumber): void;
  /** Fills `into` from `offset`; answers how much there was. */
  read(file: FileNumber, into: Uint8Array, offset: number): number;
  /** Writes all of `data`, as far as one call takes it; answers how much. `offset` null: at the file's position, or its end with O_APPEND. */
  write(file: FileNumber, data: Uint8Array, offset: number | null): number;
  truncate(file: FileNumber, size: number): void;
  readdir(path: ByteString): readonly DiskDirent[];
  mkdir(path: ByteString, mode: number): void;
  rmdir(path: ByteString): void;
  unlink(path: ByteString): void;
  link(existing: ByteString, path: ByteString): void;
  symlink(target: ByteString, path: ByteString): void;
  readlink(path: ByteString): ByteString;
  /** Replaces what is there, as `rename(2)`. */
  rename(from: ByteString, to: ByteString): void;
  mknod(path: ByteString, mode: number, dev: number): void;
  chmod(path: ByteString, mode: number): void;
  /** -1 leaves an owner as it is. */
  chown(path: ByteString, uid: number, gid: number): void;
  utimes(path: ByteString, atime: DiskTime, mtime: DiskTime): void;
  getxattr(target: ByteString | FileNumber, name: ByteString): Buffer;
  /** `getxattr`, or undefined where there is no such attribute. */
  findxattr(target: ByteString | FileNumber, name: ByteString): Buffer | undefined;
  /** `flags`: 0, 1 only create (EEXIST), 2 only replace (ENODATA). */
  setxattr(
    target: ByteString | FileNumber,
    name: ByteString,
    value: Uint8Array,
    flags: 0 | 1 | 2,
  ): void;
  removexattr(target: ByteString | FileNumber, name: ByteString): void;
  listxattr(target: ByteString | FileNumber): readonly ByteString[];
  statfs(path: ByteString): Statfs;
  /** `fallocate(2)`: mode bits as Linux has them. */
  fallocate(file: FileNumber, mode: number, offset: number, size: number): void;
  /** `lseek(2)` for data (0) or a hole (1); ENXIO past the end. */
  seek(file: FileNumber, offset: number, what: 0 | 1): number;

  /** Everything written to the file, and the file's names, are on the platter when it settles. */
  fsync(file: FileNumber): Promise<void>;
  fdatasync(file: FileNumber): Promise<void>;
  /** The directory's names are on the platter when it settles. */
  fsyncdir(path: ByteString): Promise<void>;
  readLarge(file: FileNumber, into: Uint8Array, offset: number): Promise<number>;
  writeLarge(file: FileNumber, data: Uint8Array, offset: number | null): Promise<number>;
}
