import type { Gfid } from '../../../fop/gfid.js';
import type { Brick, Inode } from './brick.js';
import { GFID2PATH_PREFIX, parseGfid2path } from './gfid2path.js';

/*
 * With `update-link-count-parent` each inode that is no directory notes beside its names how many of them each directory has:
 * `trusted.pgfid.<gfid of parent>`, u32 big-endian (engine reference, A.3).
 */

export const LINK_COUNT_PREFIX = 'trusted.pgfid.';

/** Has the count of one directory be that of the names that are noted, where the volfile asks for it. */
export function countLinks(brick: Brick, target: Inode['target'], pargfid: Gfid): void {
  if (!brick.options.countsLinks) return;
  const count = brick.xattrNames(target).filter((name) => {
    const value = name.startsWith(GFID2PATH_PREFIX) ? brick.xattr(target, name) : undefined;
    return value !== undefined && parseGfid2path(value)?.pargfid === pargfid;
  }).length;
  const key = LINK_COUNT_PREFIX + pargfid;
  if (count === 0) brick.dropXattr(target, key);
  else brick.setXattr(target, key, u32(count));
}

function u32(count: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(count);
  return bytes;
}
