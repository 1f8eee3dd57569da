import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { DiskStat } from '../../../platform/disk.js';
import { absent, type Brick } from './brick.js';
import type { FoundEntry } from './entry.js';

/**
 * Makes sure that the handle of a name's inode leads to that very inode. GlusterFS trusts handles blindly: a missing
 * one is never made again, and of one that is another inode the bytes are served by gfid (engine reference, H10).
 */
export function checkHandle(brick: Brick, entry: FoundEntry, gfid: Gfid): void {
  if (entry.parent.gfid === gfid) throw brick.error('EIO', `${gfid} is in itself`);
  if (isDirectory(entry.stat)) checkDirectoryHandle(brick, entry, gfid);
  else checkFileHandle(brick, entry, gfid);
}

function checkDirectoryHandle(brick: Brick, { path, stat, parent, bname }: FoundEntry, gfid: Gfid) {
  const found = brick.handles.find(gfid);
  if (found?.stat.ino === stat.ino) return;
  if (found !== undefined) {
    brick.notice('two directories have one gfid', { path, other: found.path, gfid });
    throw brick.error('EIO', `two directories have the gfid ${gfid}`);
  }
  brick.handles.remove(gfid);
  brick.handles.setDirectory(gfid, parent.gfid, bname);
  brick.notice('the handle of a directory was made again', { path, gfid });
}

function checkFileHandle(brick: Brick, { path, stat }: FoundEntry, gfid: Gfid): void {
  const handle = brick.handles.path(gfid);
  const found = brick.lstat(handle);
  if (found?.ino === stat.ino) return;
  if (found !== undefined) putAside(brick, gfid, found);
  brick.handles.link(gfid, path);
  brick.notice('the handle of a file was made again', { path, gfid });
}

/** Another inode under this handle: it is kept where nobody is served from, and the name wins. */
export function putAside(brick: Brick, gfid: Gfid, stat: DiskStat): void {
  const { disk, handles } = brick;
  const handle = handles.path(gfid);
  if (stat.nlink > 1 && brick.gfidOf(handle) === gfid) {
    brick.notice('two files have one gfid', { handle, gfid });
    throw brick.error('EIO', `two files have the gfid ${gfid}`);
  }
  absent(() => disk.mkdir(handles.hidden('quarantine'), 0o700), 'EEXIST');
  disk.rename(handle, handles.hidden(`quarantine/${gfid}-${stat.ino}`));
  brick.notice('a handle was another inode than its name; it was put aside', { handle, gfid });
}
