import type { MdataTimes } from '../fop/dict.js';
import { NULL_GFID } from '../fop/gfid.js';
import { type Iatt, NO_IATT } from '../fop/iatt.js';
import type { Reader, Writer } from './xdr.js';

/*
 * gfx_iattx, 148 bytes (wire reference, section 7):
 *
 *     0 gfid[16]    16 flags   24 ino       32 dev      40 rdev    48 size   56 blocks
 *    64 attributes, mask       80 atime     88 mtime    96 ctime  104 btime
 *   112 nanoseconds of the four           128 nlink   132 uid    136 gid   140 blksize   144 mode
 */

export const IATT_BYTES = 148;
/** Everything but btime is valid: what a brick of GlusterFS 10 always sends. */
const VALID_FLAGS = 0x17ff;

export function writeIatt(writer: Writer, iatt: Iatt): void {
  if (iatt === NO_IATT) {
    writer.zeros(IATT_BYTES);
    return;
  }
  const start = writer.length;
  writer.gfid(iatt.gfid);
  writer.u32(0);
  writer.u32(isAbsent(iatt) ? 0 : VALID_FLAGS);
  writer.u64(0);
  writer.copyEight(start + 24, start + 8);
  writer.u64(iatt.dev);
  writeDeviceNumber(writer, iatt.rdev);
  writer.u64(iatt.size);
  writer.u64(iatt.blocks);
  writer.zeros(16);
  writer.u64(iatt.atime);
  writer.u64(iatt.mtime);
  writer.u64(iatt.ctime);
  writer.zeros(8);
  writer.u32(iatt.atimeNsec);
  writer.u32(iatt.mtimeNsec);
  writer.u32(iatt.ctimeNsec);
  writer.u32(0);
  writer.u32(iatt.nlink);
  writer.u32(iatt.uid);
  writer.u32(iatt.gid);
  writer.u32(iatt.blksize);
  writer.u32(iatt.mode);
}

/** `rdev` crosses the wire as its two halves, major and minor; a request's `dev` and the `dev` above as they are. */
export function writeDeviceNumber(writer: Writer, rdev: number): void {
  writer.u32((rdev >>> 8) & 0xfff);
  writer.u32((rdev & 0xff) | ((rdev >>> 12) & 0xf_ff00));
}

function readDeviceNumber(reader: Reader): number {
  const [major, minor] = [reader.u32(), reader.u32()];
  return (((minor & 0xf_ff00) << 12) | ((major & 0xfff) << 8) | (minor & 0xff)) >>> 0;
}

function isAbsent(iatt: Iatt): boolean {
  return iatt.mode === 0 && iatt.gfid === NULL_GFID;
}

export function readIatt(reader: Reader): Iatt {
  const gfid = reader.gfid();
  reader.take(16);
  const dev = reader.u64();
  const rdev = readDeviceNumber(reader);
  const size = reader.u64();
  const blocks = reader.u64();
  reader.take(16);
  const atime = reader.i64();
  const mtime = reader.i64();
  const ctime = reader.i64();
  reader.take(8);
  const atimeNsec = reader.u32();
  const mtimeNsec = reader.u32();
  const ctimeNsec = reader.u32();
  reader.take(4);
  const nlink = reader.u32();
  const uid = reader.u32();
  const gid = reader.u32();
  const blksize = reader.u32();
  const mode = reader.u32();
  return {
    gfid,
    dev,
    rdev,
    size,
    blocks,
    blksize,
    mode,
    nlink,
    uid,
    gid,
    atime,
    atimeNsec,
    mtime,
    mtimeNsec,
    ctime,
    ctimeNsec,
  };
}

/** gfx_mdata_iatt, 36 bytes. */
export function writeMdata(writer: Writer, times: MdataTimes): void {
  writer.u64(times.atime);
  writer.u64(times.mtime);
  writer.u64(times.ctime);
  writer.u32(times.atimeNsec);
  writer.u32(times.mtimeNsec);
  writer.u32(times.ctimeNsec);
}

export function readMdata(reader: Reader): MdataTimes {
  const atime = reader.i64();
  const mtime = reader.i64();
  const ctime = reader.i64();
  const atimeNsec = reader.u32();
  const mtimeNsec = reader.u32();
  return { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec: reader.u32() };
}
