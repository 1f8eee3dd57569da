import * as fs from 'node:fs';
import type { Statfs } from '../../fop/fops.js';
import type { ByteString } from '../../fop/name.js';
import { calling } from './failure.js';
import { type SystemCalls, systemCalls } from './syscalls.js';

/*
 * `struct statvfs` of glibc on 64 bits: eleven numbers of 8 bytes in the order of `Statfs`, and room for more.
 */

const SIZE_BYTES = 112;
const FSID = 64;

/** `statvfs(3)`. Without koffi what Node tells: no id, no flags, and 255 for the longest name. */
export function statvfs(path: ByteString): Statfs {
  const calls = systemCalls();
  return calls === undefined ? statfsOf(path) : statvfsOf(path, calls);
}

function statvfsOf(path: ByteString, calls: SystemCalls): Statfs {
  const bytes = Buffer.alloc(SIZE_BYTES);
  calls.statvfs(path, bytes);
  const at = (index: number): number => Number(bytes.readBigUInt64LE(index * 8));
  return {
    bsize: at(0),
    frsize: at(1),
    blocks: at(2),
    bfree: at(3),
    bavail: at(4),
    files: at(5),
    ffree: at(6),
    favail: at(7),
    fsid: bytes.readBigUInt64LE(FSID),
    flag: at(9),
    namemax: at(10),
  };
}

function statfsOf(path: ByteString): Statfs {
  const stat = calling('statfs', () => fs.statfsSync(Buffer.from(path, 'latin1')));
  const { bsize, blocks, bfree, bavail, files, ffree } = stat;
  const known = { bsize, frsize: bsize, blocks, bfree, bavail, files, ffree, favail: ffree };
  return { ...known, fsid: 0n, flag: 0, namemax: 255 };
}
