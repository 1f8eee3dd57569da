import { inodeNumber, isGfid, NULL_GFID } from '../fop/gfid.js';
import { type Iatt, NO_IATT } from '../fop/iatt.js';
import type { Upcall } from '../fop/upcall.js';
import { malformed } from './error.js';
import { decodeFlatBytes, encodeFlatBytes } from './flat-dict.js';
import { CALLBACK } from './programs.js';
import { readFlock, writeFlock } from './structs.js';
import type { Reader, Writer } from './xdr.js';

/*
 * The arguments of callbacks that carry something (wire reference, section 14); no reply is ever sent.
 *
 *   CACHE_INVALIDATION   gfid<> event flags expire | three old iatts: inode, parent, old parent | xdata<>
 *   INODELK_CONTENTION   gfid[16] | flock of the lock that is held | pid domain<> xdata<>
 *   ENTRYLK_CONTENTION   gfid[16] type pid name<> domain<> xdata<>
 *
 * The old iatt, 100 bytes:
 *
 *   gfid[16] ino:8 dev:8 mode nlink uid gid rdev:8 size:8 blksize blocks:8 atime+ns mtime+ns ctime+ns
 */

const CACHE_INVALIDATION = 1;
const OLD_IATT_BYTES = 100;

export const PROCEDURE = {
  invalidate: CALLBACK.CACHE_INVALIDATION,
  'inodelk-contention': CALLBACK.INODELK_CONTENTION,
  'entrylk-contention': CALLBACK.ENTRYLK_CONTENTION,
} as const satisfies Record<Upcall['kind'], number>;

export function writeUpcall(writer: Writer, upcall: Upcall): void {
  if (upcall.kind === 'invalidate') {
    writer.string(upcall.gfid);
    for (const word of [CACHE_INVALIDATION, upcall.flags, upcall.expireSeconds]) writer.u32(word);
    for (const iatt of [upcall.stat, upcall.parent, upcall.oldParent]) writeOldIatt(writer, iatt);
    writeXattrs(writer, upcall.xattrs);
    return;
  } else if (upcall.kind === 'inodelk-contention') {
    writer.gfid(upcall.gfid);
    writeFlock(writer, upcall.flock);
    writer.u32(upcall.flock.pid);
    writer.string(upcall.domain);
  } else {
    writer.gfid(upcall.gfid);
    writer.u32(upcall.type);
    writer.u32(upcall.pid);
    writer.string(upcall.name ?? '');
    writer.string(upcall.domain);
  }
  writer.u32(0);
}

/** Undefined for a procedure that means something else. Throws for arguments that are no such. */
export function readUpcall(procedure: number, args: Reader): Upcall | undefined {
  const upcall = readKnown(procedure, args);
  if (upcall === undefined) return undefined;
  const xattrs = readXattrs(args.opaque());
  args.done();
  return upcall.kind === 'invalidate' && xattrs.size > 0 ? { ...upcall, xattrs } : upcall;
}

function readKnown(procedure: number, args: Reader): Upcall | undefined {
  switch (procedure) {
    case PROCEDURE.invalidate:
      return readInvalidation(args);
    case PROCEDURE['inodelk-contention']: {
      const [gfid, flock] = [args.gfid(), readFlock(args)];
      args.u32();
      return { kind: 'inodelk-contention', gfid, flock, domain: args.string() };
    }
    case PROCEDURE['entrylk-contention']: {
      const [gfid, type, pid, name] = [args.gfid(), args.u32(), args.u32(), args.string()];
      const domain = args.string();
      return { kind: 'entrylk-contention', gfid, type, pid, name: name || undefined, domain };
    }
    default:
      return undefined;
  }
}

function readInvalidation(args: Reader): Upcall | undefined {
  const gfid = args.string();
  if (!isGfid(gfid)) throw malformed('an upcall for something that is no gfid');
  const [event, flags, expireSeconds] = [args.u32(), args.u32(), args.u32()];
  const [stat, parent, oldParent] = [readOldIatt(args), readOldIatt(args), readOldIatt(args)];
  if (event !== CACHE_INVALIDATION) return undefined;
  return { kind: 'invalidate', gfid, flags, expireSeconds, stat, parent, oldParent };
}

/** One that has been removed is written as an empty text. */
function writeXattrs(writer: Writer, xattrs: ReadonlyMap<string, Buffer> | undefined): void {
  if (xattrs === undefined) {
    writer.u32(0);
    return;
  }
  const values = [...xattrs].map(
    ([name, value]) => [name, value.length === 0 ? Buffer.alloc(1) : value] as const,
  );
  writer.opaque(encodeFlatBytes(new Map(values)));
}

function readXattrs(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const xattrs = decodeFlatBytes(bytes);
  for (const [name, value] of xattrs)
    if (value.length === 1 && value[0] === 0) xattrs.set(name, Buffer.alloc(0));
  return xattrs;
}

function writeOldIatt(writer: Writer, iatt: Iatt): void {
  if (iatt === NO_IATT) {
    writer.zeros(OLD_IATT_BYTES);
    return;
  }
  writer.gfid(iatt.gfid);
  writer.bigU64(inodeNumber(iatt.gfid));
  writer.u64(iatt.dev);
  for (const word of [iatt.mode, iatt.nlink, iatt.uid, iatt.gid]) writer.u32(word);
  writer.u64(iatt.rdev);
  writer.u64(iatt.size);
  writer.u32(iatt.blksize);
  writer.u64(iatt.blocks);
  writer.u32(iatt.atime);
  writer.u32(iatt.atimeNsec);
  writer.u32(iatt.mtime);
  writer.u32(iatt.mtimeNsec);
  writer.u32(iatt.ctime);
  writer.u32(iatt.ctimeNsec);
}

function readOldIatt(reader: Reader): Iatt {
  const gfid = reader.gfid();
  reader.take(8);
  const dev = reader.u64();
  const [mode, nlink, uid, gid] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  const [rdev, size] = [reader.u64(), reader.u64()];
  const [blksize, blocks] = [reader.u32(), reader.u64()];
  const [atime, atimeNsec] = [reader.u32(), reader.u32()];
  const [mtime, mtimeNsec] = [reader.u32(), reader.u32()];
  const [ctime, ctimeNsec] = [reader.u32(), reader.u32()];
  if (gfid === NULL_GFID && mode === 0) return NO_IATT;
  const times = { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec };
  return { gfid, dev, rdev, size, blocks, blksize, mode, nlink, uid, gid, ...times };
}
