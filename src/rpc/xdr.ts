import { type Gfid, NULL_GFID, ROOT_GFID } from '../fop/gfid.js';
import type { ByteString } from '../fop/name.js';
import { malformed } from './error.js';

/*
 * XDR (RFC 4506) as GlusterFS uses it: big-endian, everything but gfids and payloads padded to four bytes. A Reader
 * throws a `malformed` RpcError instead of reading past its end; what it answers as Buffer is a view of its bytes.
 */

const TWO_32 = 0x1_0000_0000;
/** The upper half of the smallest number that a double does not hold exactly. */
const UNSAFE_HIGH = 0x20_0000;
const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');
/** Where each of the 16 bytes stands in a gfid's text. */
const GFID_DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const gfidText = Buffer.from(NULL_GFID, 'latin1');
const HEX_VALUES = new Uint8Array(128);
for (let value = 0; value < 16; value += 1) HEX_VALUES[HEX_DIGITS[value] ?? 0] = value;

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** The word at `at`; the caller has checked that it is there. */
export function wordAt(bytes: Buffer, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

/** The gfid at `at`; the caller has checked that it is there. */
export function gfidAt(bytes: Buffer, at: number): Gfid {
  if (wordAt(bytes, at) === 0 && wordAt(bytes, at + 4) === 0 && wordAt(bytes, at + 8) === 0) {
    const last = wordAt(bytes, at + 12);
    if (last < 2) return last === 0 ? NULL_GFID : ROOT_GFID;
  }
  for (let index = 0; index < 16; index += 1) {
    const byte = bytes[at + index] ?? 0;
    const digit = GFID_DIGITS[index] ?? 0;
    gfidText[digit] = HEX_DIGITS[byte >>> 4] ?? 0;
    gfidText[digit + 1] = HEX_DIGITS[byte & 15] ?? 0;
  }
  return gfidText.toString('latin1', 0, 36);
}

export class Reader {
  /** A 64-bit value was read that a Number does not hold exactly: the value is only near. */
  overflowed = false;

  constructor(
    readonly bytes: Buffer,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  /** Claims `count` bytes and answers where they begin. */
  take(count: number): number {
    const at = this.at;
    if (count > this.end - at)
      throw malformed(`${count} bytes wanted, ${this.end - at} left in the record`);
    this.at = at + count;
    return at;
  }

  u32(): number {
    return wordAt(this.bytes, this.take(4));
  }

  i32(): number {
    return this.u32() | 0;
  }

  u64(): number {
    const at = this.take(8);
    const high = wordAt(this.bytes, at);
    if (high >= UNSAFE_HIGH) this.overflowed = true;
    return high * TWO_32 + wordAt(this.bytes, at + 4);
  }

  i64(): number {
    const at = this.take(8);
    const high = wordAt(this.bytes, at) | 0;
    if (high >= UNSAFE_HIGH || high < -UNSAFE_HIGH) this.overflowed = true;
    return high * TWO_32 + wordAt(this.bytes, at + 4);
  }

  bigU64(): bigint {
    const at = this.take(8);
    return this.bytes.readBigUInt64BE(at);
  }

  bigI64(): bigint {
    const at = this.take(8);
    return this.bytes.readBigInt64BE(at);
  }

  double(): number {
    return this.bytes.readDoubleBE(this.take(8));
  }

  gfid(): Gfid {
    return gfidAt(this.bytes, this.take(16));
  }

  /** Exactly `length` bytes, without padding. */
  raw(length: number): Buffer {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** `opaque<>`: its length, the bytes, padding. */
  opaque(): Buffer {
    const length = this.length();
    const at = this.take(padded(length));
    return this.bytes.subarray(at, at + length);
  }

  string(): ByteString {
    const length = this.length();
    if (length === 0) return '';
    const at = this.take(padded(length));
    return this.bytes.toString('latin1', at, at + length);
  }

  /** The rest of the record, which the sender said is `length` bytes. */
  payload(length: number): Buffer {
    if (length !== this.left)
      throw malformed(`a payload of ${length} bytes was announced, ${this.left} came`);
    return this.raw(length);
  }

  /** Nothing may be left over: what is not understood is not ignored. */
  done(): void {
    if (this.at !== this.end) throw malformed(`${this.left} bytes left over in the record`);
  }

  private length(): number {
    const length = this.u32();
    if (length > this.left)
      throw malformed(`${length} bytes announced, ${this.left} left in the record`);
    return length;
  }
}

const SLAB_BYTES = 64 * 1024;
/** A record begins only where at least this much of the slab is free. */
const ROOM_BYTES = 1024;

/** What the last finished Writer left of its slab; a Writer at work owns it, so two never share one. */
let spare: { readonly bytes: Buffer; readonly at: number } | undefined;

export class Writer {
  private bytes: Buffer;
  private start: number;
  private at: number;

  constructor() {
    const from = spare;
    spare = undefined;
    const fits = from !== undefined && from.bytes.length - from.at >= ROOM_BYTES;
    this.bytes = fits ? from.bytes : Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.start = fits ? from.at : 0;
    this.at = this.start;
  }

  get length(): number {
    return this.at - this.start;
  }

  u32(value: number): void {
    this.word(this.room(4), value);
  }

  i32(value: number): void {
    this.word(this.room(4), value);
  }

  /** A whole number up to 2^53 either side of zero; negative ones are two's complement. */
  u64(value: number): void {
    const at = this.room(8);
    this.word(at, Math.floor(value / TWO_32));
    this.word(at + 4, value);
  }

  bigU64(value: bigint): void {
    const at = this.room(8);
    this.bytes.writeBigUInt64BE(BigInt.asUintN(64, value), at);
  }

  double(value: number): void {
    const at = this.room(8);
    this.bytes.writeDoubleBE(value, at);
  }

  gfid(gfid: Gfid): void {
    const at = this.room(16);
    const bytes = this.bytes;
    for (let index = 0; index < 16; index += 1) {
      const digit = GFID_DIGITS[index] ?? 0;
      const high = HEX_VALUES[gfid.charCodeAt(digit)] ?? 0;
      bytes[at + index] = (high << 4) | (HEX_VALUES[gfid.charCodeAt(digit + 1)] ?? 0);
    }
  }

  zeros(count: number): void {
    const at = this.room(count);
    this.bytes.fill(0, at, at + count);
  }

  raw(data: Uint8Array): void {
    const at = this.room(data.length);
    this.bytes.set(data, at);
  }

  opaque(data: Uint8Array): void {
    this.u32(data.length);
    this.raw(data);
    this.pad(data.length);
  }

  string(text: ByteString): void {
    this.u32(text.length);
    this.text(text);
    this.pad(text.length);
  }

  /** A byte string as it is, without length or padding. */
  text(text: ByteString): void {
    const at = this.room(text.length);
    this.bytes.write(text, at, text.length, 'latin1');
  }

  pad(length: number): void {
    const rest = padded(length) - length;
    if (rest > 0) this.zeros(rest);
  }

  /** Overwrites the word `offset` bytes after the beginning. */
  setWord(offset: number, value: number): void {
    this.word(this.start + offset, value);
  }

  /** Copies eight bytes written before to `offset`, both counted from the beginning. */
  copyEight(offset: number, from: number): void {
    const start = this.start;
    this.bytes.copyWithin(start + offset, start + from, start + from + 8);
  }

  /** What was written. The writer is over: its bytes will not change any more. */
  finish(): Buffer {
    const written = this.bytes.subarray(this.start, this.at);
    spare = { bytes: this.bytes, at: this.at };
    this.bytes = Buffer.alloc(0);
    this.start = 0;
    this.at = 0;
    return written;
  }

  private word(at: number, value: number): void {
    const bytes = this.bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  private room(count: number): number {
    const at = this.at;
    if (at + count > this.bytes.length) return this.grow(count);
    this.at = at + count;
    return at;
  }

  private grow(count: number): number {
    const used = this.length;
    const bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (used + count)));
    this.bytes.copy(bytes, 0, this.start, this.at);
    this.bytes = bytes;
    this.start = 0;
    this.at = used + count;
    return used;
  }
}
