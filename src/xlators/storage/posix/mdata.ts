import type { MdataTimes } from '../../../fop/dict.js';

/*
 * `trusted.glusterfs.mdata`, 57 bytes, big-endian: version u8 = 1, flags u64 = 0, then ctime, mtime and atime, each
 * seconds u64 and nanoseconds u64 (engine reference, A.3). Where it is there, an inode's times are these.
 */

export const MDATA_XATTR = 'trusted.glusterfs.mdata';

const SIZE_BYTES = 57;
const VERSION = 1;
const CTIME = 9;
const MTIME = 25;
const ATIME = 41;

export function encodeMdata(times: MdataTimes): Buffer {
  const bytes = Buffer.alloc(SIZE_BYTES);
  bytes.writeUInt8(VERSION, 0);
  writeTime(bytes, CTIME, times.ctime, times.ctimeNsec);
  writeTime(bytes, MTIME, times.mtime, times.mtimeNsec);
  writeTime(bytes, ATIME, times.atime, times.atimeNsec);
  return bytes;
}

/** Undefined for another version, another size, or times that cannot be. */
export function decodeMdata(bytes: Buffer): MdataTimes | undefined {
  if (bytes.length !== SIZE_BYTES || bytes.readUInt8(0) !== VERSION) return undefined;
  const [ctime, ctimeNsec] = readTime(bytes, CTIME);
  const [mtime, mtimeNsec] = readTime(bytes, MTIME);
  const [atime, atimeNsec] = readTime(bytes, ATIME);
  if (![ctimeNsec, mtimeNsec, atimeNsec].every((nsec) => nsec < 1e9)) return undefined;
  return { ctime, ctimeNsec, mtime, mtimeNsec, atime, atimeNsec };
}

/** For each of the three the later one: times that come in through heal or rebalance never go back. */
export function laterTimes(a: MdataTimes, b: MdataTimes): MdataTimes {
  const [ctime, ctimeNsec] = later([a.ctime, a.ctimeNsec], [b.ctime, b.ctimeNsec]);
  const [mtime, mtimeNsec] = later([a.mtime, a.mtimeNsec], [b.mtime, b.mtimeNsec]);
  const [atime, atimeNsec] = later([a.atime, a.atimeNsec], [b.atime, b.atimeNsec]);
  return { ctime, ctimeNsec, mtime, mtimeNsec, atime, atimeNsec };
}

type Time = readonly [sec: number, nsec: number];

function later(a: Time, b: Time): Time {
  return a[0] > b[0] || (a[0] === b[0] && a[1] >= b[1]) ? a : b;
}

function writeTime(bytes: Buffer, at: number, sec: number, nsec: number): void {
  bytes.writeBigInt64BE(BigInt(sec), at);
  bytes.writeBigInt64BE(BigInt(nsec), at + 8);
}

function readTime(bytes: Buffer, at: number): Time {
  return [Number(bytes.readBigInt64BE(at)), Number(bytes.readBigUInt64BE(at + 8))];
}
