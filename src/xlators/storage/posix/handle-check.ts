import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory, isSymlink } from '../../../fop/iatt.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Brick } from './brick.js';
import type { FoundEntry } from './entry.js';
import { quarantine } from './quarantine.js';

/**
 * Makes sure that the handle of a name's inode leads to that very inode. GlusterFS trusts handles blindly: a missing
 * one is never made again, and of one that is another inode the bytes are served by gfid (engine reference, H10).
 * True where the handle had to be mended, so that the inode is not as it was.
 */
export function checkHandle(brick: Brick, entry: FoundEntry, gfid: Gfid): boolean {
  if (entry.parent.gfid === gfid) throw brick.error('EIO', `${gfid} is in itself`);
  if (isDirectory(entry.stat)) return mendDirectoryHandle(brick, entry, gfid);
  return mendFileHandle(brick, entry, gfid);
}

function mendDirectoryHandle(
  brick: Brick,
  { path, stat, parent, bname }: FoundEntry,
  gfid: Gfid,
): boolean {
  const found = brick.handles.find(gfid);
  if (found?.stat.ino === stat.ino) return false;
  if (found !== undefined) {
    brick.noticeOnce('two directories have one gfid', gfid, { path, other: found.path });
    throw brick.error('EIO', `two directories have the gfid ${gfid}`);
  }
  const wrong = brick.lstat(brick.handles.path(gfid));
  if (wrong !== undefined && !isSymlink(wrong)) putAside(brick, gfid, wrong);
  brick.handles.setDirectory(gfid, parent.gfid, bname);
  brick.notice('the handle of a directory was made again', { path, gfid });
  return true;
}

function mendFileHandle(brick: Brick, { path, stat }: FoundEntry, gfid: Gfid): boolean {
  const handle = brick.handles.path(gfid);
  const found = brick.lstat(handle);
  if (found?.ino === stat.ino) return false;
  if (found !== undefined) putAside(brick, gfid, found);
  brick.handles.link(gfid, path);
  brick.notice('the handle of a file was made again', { path, gfid });
  return true;
}

/** Another inode under this handle: it is kept where nobody is served from, and the name wins. */
export function putAside(brick: Brick, gfid: Gfid, stat: DiskStat): void {
  const handle = brick.handles.path(gfid);
  if (stat.nlink > 1 && brick.gfidOf(handle) === gfid) {
    brick.noticeOnce('two files have one gfid', gfid, { handle });
    throw brick.error('EIO', `two files have the gfid ${gfid}`);
  }
  quarantine(brick, gfid, stat);
  brick.notice('a handle was another inode than its name; it was put aside', { handle, gfid });
}
