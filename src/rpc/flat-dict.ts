import type { ByteString } from '../fop/name.js';
import { MAX_DICT_PAIRS } from './dict.js';
import { malformed } from './error.js';
import { Reader, Writer } from './xdr.js';

/*
 * The older dict of handshakes, volfile requests and callbacks (wire reference, section 6.2): no types, no padding.
 *
 *   count | each pair: key length without NUL, value length | key NUL value
 */

/** Values as byte strings; a text's NUL at the end is off. */
export type FlatDict = ReadonlyMap<string, ByteString>;

const LEAST_PAIR_BYTES = 9;

/** Every value as text, with its NUL. */
export function encodeFlatDict(dict: FlatDict): Buffer {
  const texts = [...dict].map(
    ([key, value]) => [key, Buffer.from(`${value}\0`, 'latin1')] as const,
  );
  return encodeFlatBytes(new Map(texts));
}

/** Every value as it is. */
export function encodeFlatBytes(dict: ReadonlyMap<string, Buffer>): Buffer {
  const writer = new Writer();
  writer.u32(dict.size);
  for (const [key, value] of dict) {
    writer.u32(key.length);
    writer.u32(value.length);
    writer.text(key);
    writer.zeros(1);
    writer.text(value.toString('latin1'));
  }
  return writer.finish();
}

/** Zero bytes are no dict, read as one without pairs. */
export function decodeFlatDict(bytes: Buffer): FlatDict {
  const dict = new Map<string, ByteString>();
  for (const [key, value] of decodeFlatBytes(bytes)) {
    const text = value.toString('latin1');
    dict.set(key, text.endsWith('\0') ? text.slice(0, -1) : text);
  }
  return dict;
}

/** The same, with values as they are. */
export function decodeFlatBytes(bytes: Buffer): Map<string, Buffer> {
  const dict = new Map<string, Buffer>();
  if (bytes.length === 0) return dict;
  const reader = new Reader(bytes);
  const count = reader.u32();
  if (count > MAX_DICT_PAIRS || count * LEAST_PAIR_BYTES > reader.left)
    throw malformed(`a flat dict of ${count} pairs in ${reader.left} bytes`);
  for (let index = 0; index < count; index += 1) readPair(reader, dict);
  reader.done();
  return dict;
}

function readPair(reader: Reader, into: Map<string, Buffer>): void {
  const keyLength = reader.u32();
  const valueLength = reader.u32();
  const key = reader.raw(keyLength).toString('latin1');
  if (reader.raw(1)[0] !== 0 || key.includes('\0'))
    throw malformed('a flat dict key that is no C string');
  into.set(key, Buffer.from(reader.raw(valueLength)));
}
