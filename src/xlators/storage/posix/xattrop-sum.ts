import type { ErrnoName } from '../../../fop/error.js';

/*
 * What xattrop computes (wire reference, section 12): arrays of big-endian integers, added element by element with
 * wrap-around.
 */

export const XATTROP_ADD_ARRAY = 0;
export const XATTROP_ADD_ARRAY64 = 1;
export const XATTROP_GET_AND_SET = 4;
export const XATTROP_ADD_ARRAY_WITH_DEFAULT = 5;
export const XATTROP_ADD_ARRAY64_WITH_DEFAULT = 6;

export interface XattropOutcome {
  /** The value to store; undefined leaves the attribute as it is, or absent. */
  readonly store: Buffer | undefined;
  /** The value to answer; undefined answers without the key. */
  readonly reply: Buffer | undefined;
}

/** Computes one attribute of an xattrop, or says why not. */
export function xattropOutcome(
  op: number,
  old: Buffer | undefined,
  delta: Buffer,
): XattropOutcome | ErrnoName {
  const isPair = op === XATTROP_ADD_ARRAY_WITH_DEFAULT || op === XATTROP_ADD_ARRAY64_WITH_DEFAULT;
  if (old !== undefined && old.length > delta.length / (isPair ? 2 : 1)) return 'ERANGE';
  switch (op) {
    case XATTROP_ADD_ARRAY:
      return add(old, delta, undefined, 4);
    case XATTROP_ADD_ARRAY64:
      return add(old, delta, undefined, 8);
    case XATTROP_GET_AND_SET:
      return { store: Buffer.from(delta), reply: old };
    case XATTROP_ADD_ARRAY_WITH_DEFAULT:
      return addWithDefault(old, delta, 4);
    case XATTROP_ADD_ARRAY64_WITH_DEFAULT:
      return addWithDefault(old, delta, 8);
    default:
      return 'EINVAL';
  }
}

type Width = 4 | 8;

function addWithDefault(old: Buffer | undefined, both: Buffer, width: Width) {
  if (both.length % (2 * width) !== 0) return 'EINVAL';
  const half = both.length / 2;
  return add(old, both.subarray(0, half), both.subarray(half), width);
}

function add(
  old: Buffer | undefined,
  delta: Buffer,
  defaults: Buffer | undefined,
  width: Width,
): XattropOutcome | ErrnoName {
  if (delta.length === 0 || delta.length % width !== 0) return 'EINVAL';
  const sum = Buffer.alloc(delta.length);
  old?.copy(sum);
  if (delta.every((byte) => byte === 0) && defaults === undefined)
    return { store: undefined, reply: sum };
  for (let at = 0; at < delta.length; at += width) addElement(sum, delta, defaults, at, width);
  return { store: sum, reply: sum };
}

/** An element that is zero, or absent, begins with its default. */
function addElement(
  sum: Buffer,
  delta: Buffer,
  defaults: Buffer | undefined,
  at: number,
  width: Width,
): void {
  const bits = width * 8;
  const was = element(sum, at, width);
  const from = was === 0n && defaults !== undefined ? element(defaults, at, width) : was;
  const total = BigInt.asUintN(bits, from + element(delta, at, width));
  if (width === 4) sum.writeUInt32BE(Number(total), at);
  else sum.writeBigUInt64BE(total, at);
}

function element(bytes: Buffer, at: number, width: Width): bigint {
  return width === 4 ? BigInt(bytes.readUInt32BE(at)) : bytes.readBigUInt64BE(at);
}
