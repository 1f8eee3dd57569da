import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Brick } from './brick.js';

/**
 * Ends the handle of an inode that is losing its last name, whose open files live on: then the handle moves to
 * `.glusterfs/unlink` and goes with the last fd.
 */
export function retireHandle(brick: Brick, gfid: Gfid, { ino }: DiskStat): void {
  const handle = brick.handles.path(gfid);
  const open = brick.openFiles.inode(ino);
  const stat = brick.lstat(handle);
  if (stat === undefined || stat.ino !== ino) return;
  if (open === undefined) {
    brick.disk.unlink(handle);
    return;
  }
  open.aside = asidePath(brick, gfid, ino);
  brick.disk.rename(handle, open.aside);
}

function asidePath(brick: Brick, gfid: Gfid, ino: bigint): ByteString {
  const path = brick.handles.hidden(`unlink/${gfid}`);
  return brick.lstat(path) === undefined ? path : `${path}-${ino}`;
}
