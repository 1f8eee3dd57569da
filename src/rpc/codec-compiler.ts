import { type Dict, dictBytes } from '../fop/dict.js';
import { errnoName, FopError } from '../fop/error.js';
import { O_DIRECTORY } from '../fop/fd.js';
import type { FopName } from '../fop/fops.js';
import { type Gfid, gfidFromBytes, NULL_GFID } from '../fop/gfid.js';
import type { FopCodec } from './codec.js';
import { readDict, writeDict } from './dict.js';
import type { ReplyKind, RequestKind } from './fop-table.js';
import { readIatt, writeIatt } from './iatt.js';
import * as structs from './structs.js';
import { Writer } from './xdr.js';

/*
 * Turns a row of the table into straight-line functions, by writing their source. Each kind of field says how it is
 * read and written; nothing that a peer sends becomes part of a source.
 */

/** Open flags that have a meaning on the wire, with Linux's numbers (wire reference, section 7). */
const OPEN_FLAGS = 0o3777743;

type Kind = RequestKind | ReplyKind | 'zero' | 'no-iatt';

interface Source {
  /** What reads it; undefined for a field without bytes. */
  readonly read?: string;
  /** What writes `x`, the field's value. */
  readonly write?: string;
  /** What it adds to an error reply, which is zeros but for dicts: bytes, or a statement. */
  readonly zeros?: number;
}

const SOURCES: Readonly<Record<Kind, Source>> = {
  u32: { read: 'r.u32()', write: 'w.u32(x)', zeros: 4 },
  i32: { read: 'r.i32()', write: 'w.i32(x)', zeros: 4 },
  u64: { read: 'r.u64()', write: 'w.u64(x)', zeros: 8 },
  big: { read: 'r.bigU64()', write: 'w.bigU64(x)', zeros: 8 },
  gfid: { read: 'r.gfid()', write: 'w.gfid(x)', zeros: 16 },
  name: { read: 'r.string()', write: 'w.string(x)', zeros: 4 },
  text: { read: 'r.string()', write: 'w.string(x)', zeros: 4 },
  opaque: { read: 'r.opaque()', write: 'w.opaque(x)', zeros: 4 },
  dict: { read: 'readDict(r)', write: 'writeDict(w, x)', zeros: 12 },
  iatt: { read: 'readIatt(r)', write: 'writeIatt(w, x)', zeros: 148 },
  flock: { read: 'readFlock(r)', write: 'writeFlock(w, x)', zeros: 32 },
  lease: { read: 'readLease(r)', write: 'writeLease(w, x)', zeros: 28 },
  statfs: { read: 'readStatfs(r)', write: 'writeStatfs(w, x)', zeros: 88 },
  dirents: { read: 'readDirents(r)', write: 'writeDirents(w, x)', zeros: 4 },
  'dirents-plus': { read: 'readDirentsPlus(r)', write: 'writeDirentsPlus(w, x)', zeros: 4 },
  locks: { read: 'readLocks(r)', write: 'writeLocks(w, x)', zeros: 4 },
  length: { read: 'r.u32()', write: 'w.u32(x.length)', zeros: 4 },
  payload: {},
  'fd-gfid': { read: 'r.gfid()', write: 'w.gfid(x.gfid)' },
  fd: { read: 'r.i64()', write: 'w.u64(fds.numberOf(x))', zeros: 8 },
  'fd-file': {},
  'fd-directory': {},
  'fd-created': {},
  'open-flags': { read: 'r.u32() & OPEN_FLAGS', write: 'w.u32(x & OPEN_FLAGS)' },
  flag32: { read: 'r.u32()', write: 'w.u32(x === undefined ? 0 : 1)' },
  flag64: { read: 'r.u64()', write: 'w.u64(x === undefined ? 0 : 1)' },
  'optional-text': { read: 'r.string()', write: "w.string(x ?? '')" },
  zero: { read: 'r.u32()', write: 'w.u32(0)' },
  'no-iatt': { read: 'r.take(148)', write: 'w.zeros(148)', zeros: 148 },
  ret: {},
  'ret-length': {},
  'ret-bytes': {},
  eof: {},
};

interface Field {
  readonly name: string;
  readonly kind: Kind;
  /** A variable of the generated function: several fields may share a name. */
  readonly variable: string;
}

interface Row {
  readonly number: number;
  readonly request: readonly string[];
  readonly reply: readonly string[];
}

function fieldsOf(texts: readonly string[]): readonly Field[] {
  return texts.map((text, index) => {
    const [name = '', kind = ''] = text.split(':');
    return { name, kind: kind as Kind, variable: `v${index}` };
  });
}

function lengthOf(fields: readonly Field[], name: string): string {
  return fields.find((field) => field.kind === 'length' && field.name === name)?.variable ?? '0';
}

function readSource(field: Field, all: readonly Field[]): string {
  const read =
    field.kind === 'payload' ? `r.payload(${lengthOf(all, field.name)})` : SOURCES[field.kind].read;
  return read === undefined ? '' : `const ${field.variable} = ${read};`;
}

function writeSource(field: Field, record: string): string {
  if (field.name === 'new-fd') return 'w.u64(fd);';
  const write = SOURCES[field.kind].write;
  return write === undefined ? '' : `${write.replace(/\bx\b/g, `${record}.${field.name}`)};`;
}

function payloadSource(fields: readonly Field[], record: string): string {
  const payload = fields.find((field) => field.kind === 'payload');
  return payload === undefined ? 'return undefined;' : `return ${record}.${payload.name};`;
}

/** The property that a field of a request becomes, or nothing for one that only helps another. */
function requestProperty(field: Field, all: readonly Field[]): string {
  const of = (kind: Kind, name = field.name): string =>
    all.find((other) => other.kind === kind && other.name === name)?.variable ?? 'undefined';
  switch (field.kind) {
    case 'fd-gfid':
    case 'length':
    case 'flag32':
    case 'flag64':
    case 'zero':
      return '';
    case 'fd':
      return `${field.name}: fds.find(${field.variable}, ${of('fd-gfid')}),`;
    case 'fd-file':
      return `${field.name}: fds.create(${of('gfid', 'gfid')}, ${of('open-flags', 'flags')}),`;
    case 'fd-directory':
      return `${field.name}: fds.create(${of('gfid', 'gfid')}, O_DIRECTORY),`;
    case 'fd-created':
      return `${field.name}: fds.create(wantedGfid(${of('dict', 'xdata')}), ${of('open-flags', 'flags')}),`;
    case 'optional-text': {
      const flag = all.find((other) => other.kind.startsWith('flag') && other.name === field.name);
      return `${field.name}: ${flag?.variable ?? '1'} === 0 ? undefined : ${field.variable},`;
    }
    default:
      return `${field.name}: ${field.variable},`;
  }
}

function replyProperty(field: Field): string {
  switch (field.kind) {
    case 'fd':
    case 'length':
    case 'no-iatt':
    case 'ret-length':
    case 'ret-bytes':
      return '';
    case 'ret':
      return `${field.name}: ret,`;
    case 'eof':
      return `${field.name}: errno === 2,`;
    default:
      return `${field.name}: ${field.variable},`;
  }
}

/** What op_ret is in a successful reply. */
function retSource(fields: readonly Field[]): string {
  const field = fields.find((candidate) => candidate.kind.startsWith('ret'));
  if (field === undefined) return '0';
  if (field.kind === 'ret') return `reply.${field.name}`;
  return field.kind === 'ret-length'
    ? `reply.${field.name}.length`
    : `dictBytesTotal(reply.${field.name})`;
}

function errnoSource(fields: readonly Field[]): string {
  const field = fields.find((candidate) => candidate.kind === 'eof');
  return field === undefined ? '0' : `reply.${field.name} ? 2 : 0`;
}

function codecSource(row: Row): string {
  const request = fieldsOf(row.request);
  const reply = fieldsOf(row.reply);
  const fd = reply.find((field) => field.kind === 'fd')?.variable ?? '-1';
  const xdata = reply.find((field) => field.name === 'xdata')?.variable ?? 'null';
  return `'use strict';
return {
  fop,
  number: ${row.number},
  encodeRequest(w, request, fds) {
    ${request.map((field) => writeSource(field, 'request')).join('\n    ')}
    ${payloadSource(request, 'request')}
  },
  decodeRequest(r, fds) {
    ${request.map((field) => readSource(field, request)).join('\n    ')}
    r.done();
    if (r.overflowed) throw tooLarge();
    return { ${request.map((field) => requestProperty(field, request)).join(' ')} };
  },
  encodeReply(w, reply, fd) {
    w.i32(${retSource(reply)});
    w.i32(${errnoSource(reply)});
    ${reply.map((field) => writeSource(field, 'reply')).join('\n    ')}
    ${payloadSource(reply, 'reply')}
  },
  encodeError(w, errno, xdata) {
    if (xdata && isXdataFirst) {
      w.i32(-1);
      w.i32(errno);
      writeDict(w, xdata);
      w.raw(errorReply.subarray(AFTER_XDATA));
      return;
    }
    w.raw(errorReply);
    w.setWord(w.length - errorReply.length + 4, errno);
  },
  decodeReply(r, where) {
    const ret = r.i32();
    const errno = r.i32();
    ${reply.map((field) => readSource(field, reply)).join('\n    ')}
    r.done();
    if (ret < 0) throw failed(errno, where, ${xdata});
    if (r.overflowed) throw beyond(where);
    return { fd: ${fd}, reply: { ${reply.map(replyProperty).join(' ')} } };
  },
};`;
}

/** An error reply with errno 0: no xdata, zeros for everything else. */
function errorReplyOf(row: Row): Buffer {
  const writer = new Writer();
  writer.i32(-1);
  writer.i32(0);
  for (const field of fieldsOf(row.reply)) {
    if (field.name === 'xdata') writeDict(writer, null);
    else writer.zeros(SOURCES[field.kind].zeros ?? 0);
  }
  return Buffer.from(writer.finish());
}

/** `gfid-req` of a create; without one the brick answers EINVAL. */
function wantedGfid(xdata: Dict): Gfid {
  const value = xdata?.get('gfid-req');
  if (value?.type === 'gfid') return value.gfid;
  const bytes = dictBytes(xdata, 'gfid-req');
  return bytes?.length === 16 ? gfidFromBytes(bytes) : NULL_GFID;
}

function dictBytesTotal(dict: Dict): number {
  let total = 0;
  for (const value of dict?.values() ?? []) {
    if (value.type === 'bytes' || value.type === 'untyped') total += value.bytes.length;
    else if (value.type === 'string') total += value.text.length + 1;
  }
  return total;
}

/** op_ret, op_errno and the three words of no dict. */
const AFTER_XDATA = 20;

/** In all replies but that of readv. */
function isXdataFirst(row: Row): boolean {
  const withBytes = fieldsOf(row.reply).filter(({ kind }) => (SOURCES[kind].zeros ?? 0) !== 0);
  return withBytes[0]?.name === 'xdata';
}

const SCOPE = {
  ...structs,
  readDict,
  writeDict,
  readIatt,
  writeIatt,
  OPEN_FLAGS,
  O_DIRECTORY,
  wantedGfid,
  dictBytesTotal,
  AFTER_XDATA,
  failed: (errno: number, where: string, xdata: Dict) =>
    new FopError(errnoName(errno), where, undefined, xdata),
  beyond: (where: string) => new FopError('EOVERFLOW', where, 'a number beyond 2^53'),
  tooLarge: () => new FopError('EFBIG', 'request', 'a number beyond 2^53'),
};

export function compileCodec(fop: FopName, row: Row): FopCodec<FopName> {
  const errorReply = errorReplyOf(row);
  const scope = { ...SCOPE, fop, errorReply, isXdataFirst: isXdataFirst(row) };
  const make = new Function(...Object.keys(scope), codecSource(row));
  return make(...Object.values(scope)) as FopCodec<FopName>;
}
