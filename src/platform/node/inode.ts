import * as fs from 'node:fs';
import { FopError } from '../../fop/error.js';
import { S_IFMT, S_IFREG } from '../../fop/iatt.js';
import type { ByteString } from '../../fop/name.js';
import type { DiskTime } from '../disk.js';
import { calling } from './failure.js';
import { requireSystemCalls, systemCalls } from './syscalls.js';

const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;
const EXCLUSIVELY = fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY;

/** `mknod(2)`. Without koffi only a regular file, which open can make too. */
export function makeNode(path: ByteString, mode: number, dev: number): void {
  const calls = systemCalls();
  if (calls !== undefined) calls.mknod(path, mode, dev);
  else makeFile(path, mode);
}

function makeFile(path: ByteString, mode: number): void {
  if ((mode & S_IFMT) !== S_IFREG) requireSystemCalls('mknod');
  const name = Buffer.from(path, 'latin1');
  calling('mknod', () => fs.closeSync(fs.openSync(name, EXCLUSIVELY, mode & 0o7777)));
}

/** `utimensat(2)`. Without koffi times are exact to the microsecond only, which is what Node can say. */
export function setTimes(path: ByteString, atime: DiskTime, mtime: DiskTime): void {
  const calls = systemCalls();
  if (calls === undefined) setTimesRoughly(path, atime, mtime);
  else calls.utimensat(path, Buffer.concat([timespec(atime), timespec(mtime)]));
}

/** `struct timespec`: seconds and nanoseconds, 8 bytes each. */
function timespec(time: DiskTime): Buffer {
  const bytes = Buffer.alloc(16);
  if (time === 'now' || time === 'omit') {
    bytes.writeBigInt64LE(BigInt(time === 'now' ? UTIME_NOW : UTIME_OMIT), 8);
    return bytes;
  }
  if (!Number.isSafeInteger(time.sec) || !(time.nsec >= 0 && time.nsec < 1e9))
    throw new FopError('EINVAL', 'utimensat');
  bytes.writeBigInt64LE(BigInt(time.sec), 0);
  bytes.writeBigInt64LE(BigInt(time.nsec), 8);
  return bytes;
}

function setTimesRoughly(path: ByteString, atime: DiskTime, mtime: DiskTime): void {
  const name = Buffer.from(path, 'latin1');
  calling('utimensat', () => {
    const stat = fs.lstatSync(name);
    const seconds = (time: DiskTime, was: Date) => {
      if (time === 'now') return Date.now() / 1000;
      return time === 'omit' ? was.getTime() / 1000 : time.sec + time.nsec / 1e9;
    };
    fs.lutimesSync(name, seconds(atime, stat.atime), seconds(mtime, stat.mtime));
  });
}
