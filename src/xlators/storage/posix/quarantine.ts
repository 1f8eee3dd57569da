import type { Gfid } from '../../../fop/gfid.js';
import type { DiskStat } from '../../../platform/disk.js';
import { absent, type Brick } from './brick.js';

/** Moves what lies at the handle of a gfid to `.glusterfs/quarantine`: nobody is served from there, and nothing is ever removed. */
export function quarantine(brick: Brick, gfid: Gfid, { ino }: DiskStat): void {
  const { disk, handles } = brick;
  absent(() => disk.mkdir(handles.hidden('quarantine'), 0o700), 'EEXIST');
  disk.rename(handles.path(gfid), handles.hidden(`quarantine/${gfid}-${ino}`));
}
