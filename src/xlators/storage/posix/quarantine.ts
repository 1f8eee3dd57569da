import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { DiskStat } from '../../../platform/disk.js';
import { absent, type Brick } from './brick.js';

/**
 * Moves what lies at the handle of a gfid to `.glusterfs/quarantine`: nobody is served from there, and nothing is ever removed. A
 * file that has other names as well needs no place there.
 */
export function quarantine(brick: Brick, gfid: Gfid, stat: DiskStat): void {
  const { disk, handles } = brick;
  if (!isDirectory(stat) && stat.nlink > 1) {
    disk.unlink(handles.path(gfid));
    return;
  }
  absent(() => disk.mkdir(handles.hidden('quarantine'), 0o700), 'EEXIST');
  disk.rename(handles.path(gfid), handles.hidden(`quarantine/${gfid}-${stat.ino}`));
}
