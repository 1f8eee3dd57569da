import type { ActiveLock, Dirent, DirentPlus, Flock, Lease, Statfs } from '../fop/fops.js';
import { readDict, writeDict } from './dict.js';
import { malformed } from './error.js';
import { readIatt, writeIatt } from './iatt.js';
import type { Reader, Writer } from './xdr.js';

/* The smaller structs of wire reference section 7, in the order of their fields there. */

const MAX_LIST_LENGTH = 65_536;

export function writeFlock(writer: Writer, flock: Flock): void {
  writer.u32(flock.type);
  writer.u32(flock.whence);
  writer.bigU64(flock.start);
  writer.bigU64(flock.len);
  writer.u32(flock.pid);
  writer.string(flock.lkOwner);
}

export function readFlock(reader: Reader): Flock {
  const type = reader.u32();
  const whence = reader.u32();
  const start = reader.bigU64();
  const len = reader.bigU64();
  const pid = reader.u32();
  return { type, whence, start, len, pid, lkOwner: reader.string() };
}

export function writeLease(writer: Writer, lease: Lease): void {
  writer.u32(lease.cmd);
  writer.u32(lease.leaseType);
  writer.raw(lease.leaseId.subarray(0, 16));
  writer.zeros(Math.max(0, 16 - lease.leaseId.length));
  writer.u32(lease.leaseFlags);
}

export function readLease(reader: Reader): Lease {
  const cmd = reader.u32();
  const leaseType = reader.u32();
  const leaseId = reader.raw(16);
  return { cmd, leaseType, leaseId, leaseFlags: reader.u32() };
}

export function writeStatfs(writer: Writer, statfs: Statfs): void {
  writer.u64(statfs.bsize);
  writer.u64(statfs.frsize);
  writer.u64(statfs.blocks);
  writer.u64(statfs.bfree);
  writer.u64(statfs.bavail);
  writer.u64(statfs.files);
  writer.u64(statfs.ffree);
  writer.u64(statfs.favail);
  writer.bigU64(statfs.fsid);
  writer.u64(statfs.flag);
  writer.u64(statfs.namemax);
}

export function readStatfs(reader: Reader): Statfs {
  const bsize = reader.u64();
  const frsize = reader.u64();
  const blocks = reader.u64();
  const bfree = reader.u64();
  const bavail = reader.u64();
  const files = reader.u64();
  const ffree = reader.u64();
  const favail = reader.u64();
  const fsid = reader.bigU64();
  const flag = reader.u64();
  const namemax = reader.u64();
  return { bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax };
}

/** An XDR list: a 1 before each element, a 0 at the end. */
function writeList<Element>(
  writer: Writer,
  elements: readonly Element[],
  write: (writer: Writer, element: Element) => void,
): void {
  for (const element of elements) {
    writer.u32(1);
    write(writer, element);
  }
  writer.u32(0);
}

function readList<Element>(reader: Reader, read: (reader: Reader) => Element): Element[] {
  const elements: Element[] = [];
  for (let more = reader.u32(); more !== 0; more = reader.u32()) {
    if (more !== 1) throw malformed(`${more} where a list goes on or ends`);
    if (elements.length === MAX_LIST_LENGTH)
      throw malformed(`a list of more than ${MAX_LIST_LENGTH}`);
    elements.push(read(reader));
  }
  return elements;
}

function writeDirent(writer: Writer, entry: Dirent): void {
  writer.bigU64(entry.ino);
  writer.bigU64(entry.offset);
  writer.u32(entry.name.length);
  writer.u32(entry.type);
  writer.string(entry.name);
}

function readDirent(reader: Reader): Dirent {
  const ino = reader.bigU64();
  const offset = reader.bigU64();
  const length = reader.u32();
  const type = reader.u32();
  const name = reader.string();
  if (name.length !== length) throw malformed('a directory entry with two lengths');
  return { ino, offset, type, name };
}

function writeDirentPlus(writer: Writer, entry: DirentPlus): void {
  writeDirent(writer, entry);
  writeIatt(writer, entry.stat);
  writeDict(writer, entry.dict);
}

function readDirentPlus(reader: Reader): DirentPlus {
  const { ino, offset, type, name } = readDirent(reader);
  const stat = readIatt(reader);
  return { ino, offset, type, name, stat, dict: readDict(reader) };
}

function writeActiveLock(writer: Writer, lock: ActiveLock): void {
  writeFlock(writer, lock.flock);
  writer.string(lock.client);
  writer.u32(lock.lkFlags);
}

function readActiveLock(reader: Reader): ActiveLock {
  const flock = readFlock(reader);
  const client = reader.string();
  return { flock, client, lkFlags: reader.u32() };
}

export function writeDirents(writer: Writer, entries: readonly Dirent[]): void {
  writeList(writer, entries, writeDirent);
}

export function readDirents(reader: Reader): readonly Dirent[] {
  return readList(reader, readDirent);
}

export function writeDirentsPlus(writer: Writer, entries: readonly DirentPlus[]): void {
  writeList(writer, entries, writeDirentPlus);
}

export function readDirentsPlus(reader: Reader): readonly DirentPlus[] {
  return readList(reader, readDirentPlus);
}

export function writeLocks(writer: Writer, locks: readonly ActiveLock[]): void {
  writeList(writer, locks, writeActiveLock);
}

export function readLocks(reader: Reader): readonly ActiveLock[] {
  return readList(reader, readActiveLock);
}
