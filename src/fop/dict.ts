import type { Gfid } from './gfid.js';
import type { Iatt } from './iatt.js';

/** The times of an inode as features/utime keeps them, apart from the brick's own. */
export interface MdataTimes {
  readonly atime: number;
  readonly atimeNsec: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
}

/**
 * A value of a dict, with the type that the wire gives it. Peers compare types as well as values
 * (cluster/disperse drops a brick whose answer differs), so a translator answers with the type that
 * GlusterFS's brick uses.
 */
export type DictValue =
  | { readonly type: 'untyped'; readonly bytes: Buffer }
  | { readonly type: 'int'; readonly int: bigint }
  | { readonly type: 'uint'; readonly uint: bigint }
  | { readonly type: 'double'; readonly double: number }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'bytes'; readonly bytes: Buffer }
  | { readonly type: 'gfid'; readonly gfid: Gfid }
  | { readonly type: 'iatt'; readonly iatt: Iatt }
  | { readonly type: 'mdata'; readonly times: MdataTimes };

/**
 * Extra words beside a fop: what is asked in a request (`xdata`), what is answered in a reply,
 * or the attributes of a setxattr. `null` (no dict at all) and an empty dict are different values.
 * Keys and text are byte strings (see name.ts).
 */
export type Dict = ReadonlyMap<string, DictValue> | null;

export const NO_DICT: Dict = null;
export const EMPTY_DICT: Dict = new Map();

/** A dict of binary values, as setxattr and the answers of getxattr carry. */
export function dictOfBytes(
  pairs: Iterable<readonly [string, Buffer]>,
): ReadonlyMap<string, DictValue> {
  const dict = new Map<string, DictValue>();
  for (const [key, bytes] of pairs) dict.set(key, { type: 'bytes', bytes });
  return dict;
}

/** The bytes of a binary value, or undefined where the key is absent or of another kind. */
export function dictBytes(dict: Dict, key: string): Buffer | undefined {
  const value = dict?.get(key);
  return value?.type === 'bytes' || value?.type === 'untyped' ? value.bytes : undefined;
}
