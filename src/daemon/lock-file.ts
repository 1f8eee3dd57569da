import { join } from 'node:path';
import { ConfigError } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { O_CREAT, O_NOFOLLOW, O_RDWR } from '../fop/fd.js';
import { type ByteString, byteString } from '../fop/name.js';
import type { Disk, FileNumber } from '../platform/disk.js';
import { ignoreMissing, readWhole } from './durable-file.js';

export interface HeldLock {
  /** Removes the file and lets go. */
  release(): void;
}

/**
 * Makes this process the one hekafsd of a state directory: an exclusive lock on `hekafsd.pid`, which also names it. The
 * kernel drops the lock with the process, however that ends. Throws HFS-5002 naming the other one.
 */
export function lockStateDir(
  disk: Disk,
  stateDir: string,
  flock: (file: FileNumber) => void,
): HeldLock {
  const path = byteString(join(stateDir, 'hekafsd.pid'));
  for (;;) {
    const file = disk.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    const isMine = locked(disk, stateDir, path, file, flock);
    if (isMine) return held(disk, path, file);
    disk.close(file);
  }
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
    const pid = readWhole(disk, path).toString('latin1').trim();
    disk.close(file);
    throw inUse(stateDir, pid, error);
  }
  return inodeOf(disk, path) === disk.fstat(file).ino;
}

function held(disk: Disk, path: ByteString, file: FileNumber): HeldLock {
  disk.truncate(file, 0);
  disk.write(file, Buffer.from(`${process.pid}\n`), 0);
  return {
    release: () => {
      ignoreMissing(() => disk.unlink(path));
      disk.close(file);
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
