import { type Dict, type DictValue, EMPTY_DICT } from '../fop/dict.js';
import type { ByteString } from '../fop/name.js';
import { malformed } from './error.js';
import { readIatt, readMdata, writeIatt, writeMdata } from './iatt.js';
import type { Reader, Writer } from './xdr.js';

/*
 * gfx_dict (wire reference, section 6.1). A size that is not exact makes a C peer look for the payload in the
 * wrong place, and its keys are C strings there.
 *
 *   bytes of the pairs | count, -1 for no dict at all | count again
 *   each pair:  key<> with its NUL | type | value
 */

const NULL_COUNT = 0xffff_ffff;
export const MAX_DICT_PAIRS = 8192;
/** Key length, a NUL with padding, type, and the least of all values. */
const LEAST_PAIR_BYTES = 16;

const WIRE_TYPE = {
  untyped: 1,
  int: 2,
  uint: 3,
  double: 4,
  string: 5,
  bytes: 6,
  gfid: 7,
  iatt: 8,
  mdata: 9,
} as const satisfies Record<DictValue['type'], number>;

export function writeDict(writer: Writer, dict: Dict): void {
  const start = writer.length;
  writer.u32(0);
  writer.u32(dict === null ? NULL_COUNT : dict.size);
  writer.u32(dict === null ? 0 : dict.size);
  if (dict === null || dict.size === 0) return;
  for (const [key, value] of dict) {
    writeTerminated(writer, key);
    writer.u32(WIRE_TYPE[value.type]);
    writeValue(writer, value);
  }
  writer.setWord(start, writer.length - start - 12);
}

function writeTerminated(writer: Writer, text: ByteString): void {
  writer.u32(text.length + 1);
  writer.text(text);
  writer.zeros(1);
  writer.pad(text.length + 1);
}

function writeValue(writer: Writer, value: DictValue): void {
  switch (value.type) {
    case 'untyped':
    case 'bytes':
      writer.opaque(value.bytes);
      break;
    case 'int':
      writer.bigU64(value.int);
      break;
    case 'uint':
      writer.bigU64(value.uint);
      break;
    case 'double':
      writer.double(value.double);
      break;
    case 'string':
      writeTerminated(writer, value.text);
      break;
    case 'gfid':
      writer.gfid(value.gfid);
      break;
    case 'iatt':
      writeIatt(writer, value.iatt);
      break;
    case 'mdata':
      writeMdata(writer, value.times);
      break;
  }
}

export function readDict(reader: Reader): Dict {
  const size = reader.u32();
  const count = reader.u32();
  const pairs = reader.u32();
  if (count === NULL_COUNT || count === 0) return readNoPairs(size, count, pairs);
  const end = checkPairs(reader, size, count, pairs);
  const dict = new Map<string, DictValue>();
  for (let index = 0; index < count; index += 1) {
    const key = readKey(reader);
    dict.set(key, readValue(reader));
  }
  if (reader.at !== end) throw malformed('a dict is not as long as it says');
  return dict;
}

function readNoPairs(size: number, count: number, pairs: number): Dict {
  if (size !== 0 || pairs !== 0) throw malformed('an empty dict that is not empty');
  return count === 0 ? EMPTY_DICT : null;
}

function checkPairs(reader: Reader, size: number, count: number, pairs: number): number {
  if (count > MAX_DICT_PAIRS) throw malformed(`a dict of ${count} pairs`);
  if (pairs !== count) throw malformed(`a dict of ${count} or ${pairs} pairs`);
  if (size > reader.left || count * LEAST_PAIR_BYTES > size)
    throw malformed(`a dict of ${count} pairs in ${size} bytes`);
  return reader.at + size;
}

function readKey(reader: Reader): string {
  const key = reader.string();
  if (key.length < 2 || key.indexOf('\0') !== key.length - 1)
    throw malformed('a dict key that is no C string');
  return key.slice(0, -1);
}

function readValue(reader: Reader): DictValue {
  const type = reader.u32();
  switch (type) {
    case WIRE_TYPE.untyped:
      return { type: 'untyped', bytes: reader.opaque() };
    case WIRE_TYPE.int:
      return { type: 'int', int: reader.bigI64() };
    case WIRE_TYPE.uint:
      return { type: 'uint', uint: reader.bigU64() };
    case WIRE_TYPE.double:
      return { type: 'double', double: reader.double() };
    case WIRE_TYPE.string:
      return { type: 'string', text: unterminated(reader.string()) };
    case WIRE_TYPE.bytes:
      return { type: 'bytes', bytes: reader.opaque() };
    case WIRE_TYPE.gfid:
      return { type: 'gfid', gfid: reader.gfid() };
    case WIRE_TYPE.iatt:
      return { type: 'iatt', iatt: readIatt(reader) };
    case WIRE_TYPE.mdata:
      return { type: 'mdata', times: readMdata(reader) };
    default:
      throw malformed(`a dict value of type ${type}`);
  }
}

function unterminated(text: string): string {
  return text.endsWith('\0') ? text.slice(0, -1) : text;
}
