import { type Frame, ROOT_FRAME } from '../fop/frame.js';
import { malformed } from './error.js';
import { Reader, Writer } from './xdr.js';

/*
 * On whose behalf a call is made (wire reference, section 3).
 *
 *   v2  pid uid gid groups<> lk_owner<>
 *   v3  pid uid gid flags ctime_nsec ctime_sec(8) groups<> lk_owner<>
 */

export const AUTH_NONE = 0;
const AUTH_UNIX = 1;
export const AUTH_GLUSTERFS_V2 = 390039;
export const AUTH_GLUSTERFS_V3 = 390040;

/** The 400 bytes of a credential hold this many groups, less the bytes of the lock owner. */
const GROUP_ROOM = 91;
const MAX_UNIX_GROUPS = 16;

/** Of calls that no caller asked for: handshakes and pings. Without a pid they are the same in every run. */
export const OWN_FRAME: Frame = { ...ROOT_FRAME, pid: 0 };

/** A whole credential with an empty verifier behind it, as writeCallHeader wants it. */
export function encodeCredential(frame: Frame, flavour: 390039 | 390040): Buffer {
  const writer = new Writer();
  writer.u32(flavour);
  writer.u32(0);
  writer.i32(frame.pid);
  writer.u32(frame.uid);
  writer.u32(frame.gid);
  if (flavour === AUTH_GLUSTERFS_V3) writeTime(writer, frame);
  writeGroups(writer, frame);
  writeOwner(writer, frame);
  writer.setWord(4, writer.length - 8);
  writer.zeros(8);
  return writer.finish();
}

function writeTime(writer: Writer, frame: Frame): void {
  writer.u32(0);
  writer.u32(frame.time?.nsec ?? 0);
  writer.u64(frame.time?.sec ?? 0);
}

function writeGroups(writer: Writer, frame: Frame): void {
  const owner = frame.lkOwner.length === 0 ? 4 : frame.lkOwner.length;
  const count = Math.min(frame.groups.length, Math.max(0, GROUP_ROOM - owner));
  writer.u32(count);
  for (const group of frame.groups.slice(0, count)) writer.u32(group);
}

/** A frame without an owner takes its pid, little-endian, as GlusterFS's clients do. */
function writeOwner(writer: Writer, frame: Frame): void {
  if (frame.lkOwner.length > 0) {
    writer.string(frame.lkOwner);
    return;
  }
  const pid = Buffer.alloc(4);
  pid.writeInt32LE(frame.pid);
  writer.opaque(pid);
}

/** AUTH_NONE, with its verifier: for calls of the callback program. */
export const NO_CREDENTIAL = Buffer.alloc(16);

/** Reads the body of a credential. Undefined for a flavour that is not served. */
export function decodeCredential(flavour: number, body: Buffer): Frame | undefined {
  const reader = new Reader(body);
  switch (flavour) {
    case AUTH_GLUSTERFS_V3:
      return readGluster(reader, true);
    case AUTH_GLUSTERFS_V2:
      return readGluster(reader, false);
    case AUTH_NONE:
      return { pid: 0, uid: 0, gid: 0, groups: [], lkOwner: '' };
    case AUTH_UNIX:
      return readUnix(reader);
    default:
      return undefined;
  }
}

function readGluster(reader: Reader, isV3: boolean): Frame {
  const pid = reader.i32();
  const uid = reader.u32();
  const gid = reader.u32();
  const time = isV3 ? readTime(reader) : undefined;
  const groups = readGroups(reader, GROUP_ROOM);
  const lkOwner = reader.string();
  reader.done();
  return { pid, uid, gid, groups, lkOwner, ...(time && { time }) };
}

function readTime(reader: Reader): Frame['time'] {
  reader.u32();
  const nsec = reader.u32();
  const sec = reader.u64();
  return sec === 0 && nsec === 0 ? undefined : { sec, nsec };
}

function readGroups(reader: Reader, most: number): readonly number[] {
  const count = reader.u32();
  if (count > most) throw malformed(`${count} groups, ${most} are allowed`);
  return Array.from({ length: count }, () => reader.u32());
}

function readUnix(reader: Reader): Frame {
  reader.u32();
  reader.string();
  const uid = reader.u32();
  const gid = reader.u32();
  const groups = readGroups(reader, MAX_UNIX_GROUPS);
  reader.done();
  return { pid: 0, uid, gid, groups, lkOwner: '' };
}

/**
 * Decodes credentials for one connection, where one caller mostly follows itself: the frame of equal bytes is
 * handed out again. `complete` adds to a new frame what the connection knows.
 */
export class CredentialCache {
  private flavour = -1;
  private body = Buffer.alloc(0);
  private frame: Frame | undefined;

  constructor(private readonly complete: (frame: Frame) => Frame) {}

  frameOf(flavour: number, record: Buffer, at: number, length: number): Frame | undefined {
    if (this.isSame(flavour, record, at, length)) return this.frame;
    const body = Buffer.from(record.subarray(at, at + length));
    const frame = decodeCredential(flavour, body);
    this.flavour = flavour;
    this.body = body;
    this.frame = frame && this.complete(frame);
    return this.frame;
  }

  /** Forgets, because `complete` would answer otherwise from here on. */
  clear(): void {
    this.flavour = -1;
  }

  private isSame(flavour: number, record: Buffer, at: number, length: number): boolean {
    return (
      flavour === this.flavour &&
      length === this.body.length &&
      record.compare(this.body, 0, length, at, at + length) === 0
    );
  }
}
