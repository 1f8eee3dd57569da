import { createHash } from 'node:crypto';
import { ByteReader, ByteWriter, NewerFormat } from './bytes.js';

/*
 * A record is one commit: its revision, the hash of the record before it, who asked and what changes.
 *
 *   u8 version (1) · u64 revision · 32 bytes hash of the record before · u64 time (ms since 1970)
 *   text request id · text author · u32 count of changes, then per change:
 *   u8 type · u32 length · body
 *
 *   1 put      text key · value (the rest)
 *   2 delete   text key
 *   3 members  JSON, the whole list as it is from the next revision on
 *   4 cluster  JSON {id}: only in revision 1
 *   5 token    JSON {hash, ttlSeconds}: a join token was given out
 *   6 token used  JSON {hash}
 *
 * A reader that meets another version or type stops: what it cannot understand it must not skip.
 * A record without changes is the no-op of a take-over.
 */

export const HASH_BYTES = 32;
export const NO_HASH = Buffer.alloc(HASH_BYTES);
const VERSION = 1;

export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'members'; readonly json: string }
  | { readonly type: 'cluster'; readonly json: string }
  | { readonly type: 'token'; readonly json: string }
  | { readonly type: 'token-used'; readonly json: string };

const TYPE_NUMBER = {
  put: 1,
  delete: 2,
  members: 3,
  cluster: 4,
  token: 5,
  'token-used': 6,
} as const satisfies Record<Change['type'], number>;

const TYPE_NAME = new Map<number, Change['type']>(
  Object.entries(TYPE_NUMBER).map(([name, number]) => [number, name as Change['type']]),
);

export interface CommitRecord {
  readonly revision: number;
  readonly previous: Buffer;
  /** For display only. */
  readonly timeMs: number;
  /** The same id again is answered with this record's revision. Empty: none. */
  readonly requestId: string;
  readonly author: string;
  readonly changes: readonly Change[];
}

/** A record with its bytes and their SHA-256, as logs, streams and the applied state pass it on. */
export interface SealedRecord {
  readonly record: CommitRecord;
  readonly bytes: Buffer;
  readonly hash: Buffer;
}

/** SHA-256 of a record's bytes: what the next record names as the one before it. */
export function recordHash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The hash of the record before, out of a record's bytes. */
export function previousHash(bytes: Buffer): Buffer {
  return new ByteReader(bytes, 9).raw(HASH_BYTES);
}

/** Whether it replaces the list of servers. */
export function changesMembers({ record }: SealedRecord): boolean {
  return record.changes.some((change) => change.type === 'members');
}

function changeBody(change: Change): Buffer {
  switch (change.type) {
    case 'put':
      return new ByteWriter().text(change.key).raw(change.value).finish();
    case 'delete':
      return new ByteWriter().text(change.key).finish();
    default:
      return Buffer.from(change.json, 'utf8');
  }
}

export function sealRecord(record: CommitRecord): SealedRecord {
  const writer = new ByteWriter()
    .u8(VERSION)
    .u64(record.revision)
    .raw(record.previous)
    .u64(record.timeMs)
    .text(record.requestId)
    .text(record.author)
    .u32(record.changes.length);
  for (const change of record.changes) writer.u8(TYPE_NUMBER[change.type]).blob(changeBody(change));
  const bytes = writer.finish();
  return { record, bytes, hash: recordHash(bytes) };
}

function readChange(type: number, body: Buffer, offset: number): Change {
  const name = TYPE_NAME.get(type);
  if (name === undefined)
    throw new NewerFormat(`change of type ${type}, which a newer release wrote`, offset);
  const reader = new ByteReader(body);
  if (name === 'put') {
    const key = reader.text();
    return { type: 'put', key, value: reader.raw(reader.left) };
  }
  if (name === 'delete') {
    const key = reader.text();
    reader.done();
    return { type: 'delete', key };
  }
  return { type: name, json: body.toString('utf8') };
}

/** Reads a record; throws a FormatError. Values are views of `bytes`, which the caller hands over. */
export function openRecord(bytes: Buffer): SealedRecord {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION)
    throw new NewerFormat(`record version ${version} is unknown, this release reads ${VERSION}`, 0);
  const revision = reader.u64();
  const previous = reader.raw(HASH_BYTES);
  const timeMs = reader.u64();
  const requestId = reader.text();
  const author = reader.text();
  const count = reader.u32();
  const changes: Change[] = [];
  for (let index = 0; index < count; index++) {
    const type = reader.u8();
    changes.push(readChange(type, reader.blob(), reader.offset));
  }
  reader.done();
  const record = { revision, previous, timeMs, requestId, author, changes };
  return { record, bytes, hash: recordHash(bytes) };
}
