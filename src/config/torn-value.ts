import { isErrno } from '../fop/error.js';
import { type Key, MAX_VALUE_BYTES } from './key.js';
import type { FoundValue, ValuesTree } from './values-tree.js';

/** Filesystems lose whole blocks of a file in a power cut, or bring them back as zeros. */
const BLOCK_BYTES = 512;

/**
 * True where a file holds nothing but blocks of `value` at their places, the others being zeros or cut off: a power cut has left
 * it so, and no copy of it is worth keeping. Our own writes replace a file as a whole.
 */
export async function isTornFrom(
  tree: ValuesTree,
  key: Key,
  found: FoundValue,
  value: Buffer,
): Promise<boolean> {
  if (found.kind !== 'value' || found.size > MAX_VALUE_BYTES) return false;
  try {
    return isTorn(await tree.read(key), value);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESTALE', 'EIO')) return false;
    throw error;
  }
}

export function isTorn(bytes: Buffer, value: Buffer): boolean {
  if (bytes.length > value.length) return false;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const isSame = block.equals(value.subarray(at, at + block.length));
    if (!isSame && block.some((byte) => byte !== 0)) return false;
  }
  return true;
}
