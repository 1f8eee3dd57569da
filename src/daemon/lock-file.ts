import { join } from 'node:path';
import { ConfigError } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } from '../fop/fd.js';
import { type ByteString, byteString } from '../fop/name.js';
import type { Disk, FileNumber } from '../platform/disk.js';
import { ignoreMissing, readWhole } from './durable-file.js';

export interface HeldLock {
  /** Removes the file and lets go. */
  release(): void;
}

/**
 * Makes this process the one hekafsd of a state directory: an exclusive lock on the directory itself, and on `hekafsd.pid`,
 * which also names it; that file alone could be removed and made anew. The kernel drops locks with the
 * process, however that ends. Throws HFS-5002 naming the other one.
 */
export function lockStateDir(
  disk: Disk,
  stateDir: string,
  flock: (file: FileNumber) => void,
): HeldLock {
  const path = byteString(join(stateDir, 'hekafsd.pid'));
  const directory = lockDirectory(disk, stateDir, path, flock);
  try {
    for (;;) {
      const file = disk.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
      const isMine = locked(disk, stateDir, path, file, flock);
      if (isMine) return held(disk, path, file, directory);
      disk.close(file);
    }
  } catch (error) {
    disk.close(directory);
    throw error;
  }
}

function lockDirectory(
  disk: Disk,
  stateDir: string,
  path: ByteString,
  flock: (file: FileNumber) => void,
): FileNumber {
  const directory = disk.open(byteString(stateDir), O_RDONLY, 0);
  try {
    flock(directory);
  } catch (error) {
    // Some network filesystems lock no directories: there the file has to do.
    if (!isErrno(error, 'EAGAIN')) return directory;
    disk.close(directory);
    throw inUse(stateDir, pidIn(disk, path), error);
  }
  return directory;
}

/** False where a finishing process has removed the file in between: it is to be opened again. */
function locked(
  disk: Disk,
  stateDir: string,
  path: ByteString,
  file: FileNumber,
  flock: (file: FileNumber) => void,
): boolean {
  try {
    flock(file);
  } catch (error) {
    disk.close(file);
    throw inUse(stateDir, pidIn(disk, path), error);
  }
  return inodeOf(disk, path) === disk.fstat(file).ino;
}

function pidIn(disk: Disk, path: ByteString): string {
  try {
    return readWhole(disk, path).toString('latin1').trim();
  } catch {
    return '';
  }
}

function held(disk: Disk, path: ByteString, file: FileNumber, directory: FileNumber): HeldLock {
  try {
    disk.truncate(file, 0);
    disk.write(file, Buffer.from(`${process.pid}\n`), 0);
  } catch (error) {
    // The lock is what counts. A node must be able to start while its disk is full.
    if (!isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS')) throw error;
  }
  return {
    release: () => {
      ignoreMissing(() => disk.unlink(path));
      disk.close(file);
      disk.close(directory);
    },
  };
}

function inodeOf(disk: Disk, path: ByteString): bigint | undefined {
  try {
    return disk.lstat(path).ino;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function inUse(stateDir: string, pid: string, cause: unknown): ConfigError {
  const isHeld = isErrno(cause, 'EAGAIN');
  const why = isHeld ? `hekafsd with process id ${pid || '?'} runs on it` : String(cause);
  const next = isHeld ? 'stop that one, or give this one its own --state-dir' : 'see the error';
  return new ConfigError('HFS-5002', `${stateDir} cannot be locked`, why, next, cause);
}
