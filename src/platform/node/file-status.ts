import * as fs from 'node:fs';
import { errnoName, FopError } from '../../fop/error.js';
import type { ByteString } from '../../fop/name.js';
import type { DiskStat, FileNumber } from '../disk.js';
import { calling } from './failure.js';
import type { SystemCalls } from './syscalls.js';

/** `lstat` and `fstat`, the calls that nearly every fop makes more than once. */
export interface FileStatus {
  /** Undefined where there is no such name. */
  find(path: ByteString): DiskStat | undefined;
  ofFile(file: FileNumber): DiskStat;
}

/*
 * `struct statx`, in the byte order of the machine:
 *
 *     4 blksize   16 nlink   20 uid   24 gid   28 mode (2 bytes)   32 ino (8)   40 size (8)   48 blocks (8)
 *    64 atime   96 ctime   112 mtime, each seconds (8, signed) and nanoseconds (4)
 *   128 rdev major, minor   136 dev major, minor
 */

const STATX_BYTES = 256;
const ENOENT = 2;

/** Through koffi: nothing is made but the answer, and a name that is not there costs no exception. */
export function fastFileStatus(calls: SystemCalls): FileStatus {
  const bytes = new Uint8Array(STATX_BYTES);
  const words = new Uint32Array(bytes.buffer);
  const signed = new BigInt64Array(bytes.buffer);
  const inodes = new BigUint64Array(bytes.buffer);
  const word = (at: number): number => words[at >> 2] ?? 0;
  const long = (at: number): number => {
    const high = word(at + 4);
    return high >= 0x8000_0000 ? Number(signed[at >> 3]) : high * TWO_32 + word(at);
  };
  const status = (): DiskStat => ({
    dev: deviceNumber(word(136), word(140)),
    ino: inodes[4] ?? 0n,
    mode: word(28) & 0xffff,
    nlink: word(16),
    uid: word(20),
    gid: word(24),
    rdev: deviceNumber(word(128), word(132)),
    size: long(40),
    blksize: word(4),
    blocks: long(48),
    atime: long(64),
    atimeNsec: word(72),
    mtime: long(112),
    mtimeNsec: word(120),
    ctime: long(96),
    ctimeNsec: word(104),
  });
  return {
    find(path) {
      const answer = calls.lstatx(path, bytes);
      if (answer === 0) return status();
      if (answer === -ENOENT) return undefined;
      throw new FopError(errnoName(-answer), 'lstat');
    },
    ofFile(file) {
      const answer = calls.fstatx(file, bytes);
      if (answer === 0) return status();
      throw new FopError(errnoName(-answer), 'fstat');
    },
  };
}

const TWO_32 = 0x1_0000_0000;

/** Two numbers in one, as glibc's makedev(3) does. */
function deviceNumber(major: number, minor: number): number {
  const low = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12);
  return (low >>> 0) + ((major & 0xffff_f000) >>> 0) * TWO_32;
}

/** Through Node's own library. */
export const portableFileStatus: FileStatus = {
  find(path) {
    const options = { bigint: true, throwIfNoEntry: false } as const;
    const stat = calling('lstat', () => fs.lstatSync(Buffer.from(path, 'latin1'), options));
    return stat && diskStat(stat);
  },
  ofFile: (file) => calling('fstat', () => diskStat(fs.fstatSync(file, { bigint: true }))),
};

const NS_PER_SEC = 1_000_000_000n;

/** Whole seconds below, so that times before 1970 have nanoseconds above zero too. */
function seconds(ns: bigint): number {
  return Number((ns - BigInt(nanoseconds(ns))) / NS_PER_SEC);
}

function nanoseconds(ns: bigint): number {
  return Number(((ns % NS_PER_SEC) + NS_PER_SEC) % NS_PER_SEC);
}

export function diskStat(stat: fs.BigIntStats): DiskStat {
  return {
    dev: Number(stat.dev),
    ino: stat.ino,
    mode: Number(stat.mode),
    nlink: Number(stat.nlink),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    rdev: Number(stat.rdev),
    size: Number(stat.size),
    blksize: Number(stat.blksize),
    blocks: Number(stat.blocks),
    atime: seconds(stat.atimeNs),
    atimeNsec: nanoseconds(stat.atimeNs),
    mtime: seconds(stat.mtimeNs),
    mtimeNsec: nanoseconds(stat.mtimeNs),
    ctime: seconds(stat.ctimeNs),
    ctimeNsec: nanoseconds(stat.ctimeNs),
  };
}
