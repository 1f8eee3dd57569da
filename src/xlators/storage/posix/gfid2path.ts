import { type Gfid, isGfid } from '../../../fop/gfid.js';
import { type ByteString, isComponent } from '../../../fop/name.js';

/*
 * Every name of an inode that is no directory is noted on it: `trusted.gfid2path.<16 hex>` holds
 * `<gfid of parent>/<basename>`, and the hex is the xxh64 of that value (engine reference, A.3).
 */

export const GFID2PATH_PREFIX = 'trusted.gfid2path.';

/** xxh64 with seed 0. */
export type Hash64 = (bytes: Uint8Array) => bigint;

export function gfid2pathValue(pargfid: Gfid, bname: ByteString): Buffer {
  return Buffer.from(`${pargfid}/${bname}`, 'latin1');
}

export function gfid2pathKey(hash: Hash64, value: Uint8Array): ByteString {
  return GFID2PATH_PREFIX + hash(value).toString(16).padStart(16, '0');
}

/** Undefined where the value is damaged. */
export function parseGfid2path(
  value: Buffer,
): { readonly pargfid: Gfid; readonly bname: ByteString } | undefined {
  const text = value.toString('latin1');
  const pargfid = text.slice(0, 36);
  const bname = text.slice(37);
  if (!isGfid(pargfid) || text[36] !== '/' || !isComponent(bname)) return undefined;
  return { pargfid, bname };
}
