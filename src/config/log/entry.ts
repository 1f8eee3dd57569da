import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter, FormatError, NewerFormat } from './bytes.js';
import type { Epoch } from './epoch.js';
import { HASH_BYTES } from './record.js';

/*
 * An entry is what one append puts into an acceptor's file, in one WRITE:
 *
 *   "HKFS" · u32 length of the whole entry · u8 version (1) · u8 kind · u16 zero
 *   u64 epoch counter · 16 bytes epoch owner
 *   u64 prefix length · 16 bytes prefix hash     the file before this entry, as its writer knew it
 *   u64 commit revision · 32 bytes commit hash   the newest commit its writer knew of
 *   u16 count · (16 bytes voter, u64 length)…    how long each voter's file was, as its writer knew it
 *   u32 length · body
 *   u32 CRC-32 of all of it
 *
 *   kind 0 header   the first entry: JSON {cluster, voter, brick}; the voter is this file
 *   kind 1 promise  no body
 *   kind 2 accept   u64 first revision · u32 count · records, each with its u32 length before it
 *   kind 3 end      reserved: the file goes on in the next segment
 *
 * An entry counts only whole: its CRC tells.
 */

export const MAGIC = Buffer.from('HKFS', 'latin1');
const VERSION = 1;
export const PREFIX_HASH_BYTES = 16;
/** What stands before the body of an entry without a vector, and the CRC after it. */
const SMALLEST = 4 + 4 + 4 + 24 + 24 + 40 + 2 + 4 + 4;
/** What one record may have, and an entry with it. A longer entry would be read as torn. */
export const MAX_RECORD_BYTES = 11 * 1024 * 1024;
export const MAX_ENTRY_BYTES = 12 * 1024 * 1024;

export interface LogHeader {
  readonly cluster: string;
  readonly voter: string;
  readonly brick: number;
}

export type EntryBody =
  | { readonly kind: 'header'; readonly header: LogHeader }
  | { readonly kind: 'promise' }
  | { readonly kind: 'accept'; readonly first: number; readonly records: readonly Buffer[] };

export interface CommitMark {
  readonly revision: number;
  readonly hash: Buffer;
}

export interface VoterLength {
  readonly voter: string;
  readonly length: number;
}

export interface Entry {
  readonly epoch: Epoch;
  readonly prefixLength: number;
  readonly prefixHash: Buffer;
  readonly commit: CommitMark;
  readonly lengths: readonly VoterLength[];
  readonly body: EntryBody;
}

const KIND_NUMBER = { header: 0, promise: 1, accept: 2 } as const;

function bodyBytes(body: EntryBody): Buffer {
  if (body.kind === 'promise') return Buffer.alloc(0);
  if (body.kind === 'header') return Buffer.from(JSON.stringify(body.header), 'utf8');
  const writer = new ByteWriter().u64(body.first).u32(body.records.length);
  for (const record of body.records) writer.blob(record);
  return writer.finish();
}

export function encodeEntry(entry: Entry): Buffer {
  const rest = new ByteWriter()
    .u8(VERSION)
    .u8(KIND_NUMBER[entry.body.kind])
    .u16(0)
    .u64(entry.epoch.counter)
    .uuid(entry.epoch.owner)
    .u64(entry.prefixLength)
    .raw(entry.prefixHash)
    .u64(entry.commit.revision)
    .raw(entry.commit.hash)
    .u16(entry.lengths.length);
  for (const { voter, length } of entry.lengths) rest.uuid(voter).u64(length);
  const inside = rest.blob(bodyBytes(entry.body)).finish();
  if (inside.length + 12 > MAX_ENTRY_BYTES)
    throw new RangeError(`an entry of ${inside.length + 12} bytes, ${MAX_ENTRY_BYTES} are allowed`);
  const bytes = Buffer.allocUnsafe(8 + inside.length + 4);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32BE(bytes.length, 4);
  inside.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

function readHeader(body: Buffer, offset: number): LogHeader {
  const json: unknown = JSON.parse(body.toString('utf8'));
  const fields = json as Partial<LogHeader> | null;
  if (
    typeof fields?.cluster !== 'string' ||
    typeof fields.voter !== 'string' ||
    typeof fields.brick !== 'number'
  )
    throw new FormatError('header without cluster, voter or brick', offset);
  return { cluster: fields.cluster, voter: fields.voter, brick: fields.brick };
}

function readBody(kind: number, body: Buffer, offset: number): EntryBody {
  if (kind === KIND_NUMBER.header) return { kind: 'header', header: readHeader(body, offset) };
  if (kind === KIND_NUMBER.promise) return { kind: 'promise' };
  if (kind !== KIND_NUMBER.accept)
    throw new NewerFormat(`entry of kind ${kind}, which a newer release wrote`, offset);
  const reader = new ByteReader(body);
  const first = reader.u64();
  const count = reader.u32();
  const records: Buffer[] = [];
  for (let index = 0; index < count; index++) records.push(reader.blob());
  reader.done();
  return { kind: 'accept', first, records };
}

/** How long the entry that begins at `at` says it is; undefined where no entry can begin or too little is there. */
export function entryLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < 8 || bytes.compare(MAGIC, 0, 4, at, at + 4) !== 0) return undefined;
  const length = bytes.readUInt32BE(at + 4);
  return length >= SMALLEST && length <= MAX_ENTRY_BYTES ? length : undefined;
}

/** True where the `length` bytes at `at` are whole. */
export function isWhole(bytes: Buffer, at: number, length: number): boolean {
  if (bytes.length - at < length) return false;
  const sum = bytes.readUInt32BE(at + length - 4);
  return crc32(bytes.subarray(at, at + length - 4)) === sum;
}

/** Reads a whole entry (see isWhole). Throws a FormatError for what a newer release wrote. Records are views. */
export function decodeEntry(bytes: Buffer, at: number, length: number): Entry {
  const reader = new ByteReader(bytes, at + 8, at + length - 4);
  const version = reader.u8();
  if (version !== VERSION)
    throw new NewerFormat(`entry version ${version} is unknown, this release reads ${VERSION}`, at);
  const kind = reader.u8();
  reader.u16();
  const epoch = { counter: reader.u64(), owner: reader.uuid() };
  const prefixLength = reader.u64();
  const prefixHash = reader.raw(PREFIX_HASH_BYTES);
  const commit = { revision: reader.u64(), hash: reader.raw(HASH_BYTES) };
  const lengths: VoterLength[] = [];
  for (let left = reader.u16(); left > 0; left--)
    lengths.push({ voter: reader.uuid(), length: reader.u64() });
  const body = readBody(kind, reader.blob(), at);
  reader.done();
  return { epoch, prefixLength, prefixHash, commit, lengths, body };
}
