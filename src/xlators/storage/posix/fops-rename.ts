import { EMPTY_DICT } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Brick } from './brick.js';
import { type Entry, entryOf, existing, type FoundEntry } from './entry.js';
import { letGo, tryHold } from './held.js';
import { forgetName, noteName } from './new-inode.js';
import { afterName } from './removal.js';
import { ATTRIBUTES_CHANGED, namesChange, touch } from './times.js';

/** rename. */
export function renameFops(brick: Brick): Handlers {
  return {
    async rename(request, frame) {
      const from = existing(brick, entryOf(brick, request.oldpargfid, request.oldbname));
      const to = entryOf(brick, request.newpargfid, request.newbname);
      const old = namesChange(brick, from.parent);
      const isWithin = from.parent.gfid === to.parent.gfid;
      const other = isWithin ? undefined : namesChange(brick, to.parent);
      const gfid = brick.gfidOf(from.path, from.stat);
      if (gfid === undefined) throw brick.error('ENODATA', 'the name has no gfid');
      const isMoved = move(brick, from, to, gfid, frame);
      const postoldparent = isMoved ? old.after(frame) : brick.iatt(from.parent);
      const postnewparent = isMoved ? other?.after(frame) : brick.iatt(to.parent);
      const { path } = to;
      return {
        stat: brick.iatt({ gfid, path, target: path }),
        preoldparent: old.before,
        postoldparent,
        prenewparent: (other ?? old).before,
        postnewparent: postnewparent ?? postoldparent,
        xdata: EMPTY_DICT,
      };
    },
  };
}

interface Victim {
  readonly stat: DiskStat;
  readonly gfid: Gfid | undefined;
}

/** False where both names are names of one inode already: then nothing is done, as rename(2) has it. */
function move(brick: Brick, from: FoundEntry, to: Entry, gfid: Gfid, frame: Frame): boolean {
  const stat = brick.lstat(to.path);
  if (stat?.ino === from.stat.ino) return false;
  const victim = stat === undefined ? undefined : { stat, gfid: brick.gfidOf(to.path, stat) };
  if (isDirectory(from.stat)) moveDirectory(brick, from, to, gfid, victim, frame);
  else moveFile(brick, from, to, gfid, victim, frame);
  return true;
}

function moveDirectory(
  brick: Brick,
  from: FoundEntry,
  to: Entry,
  gfid: Gfid,
  victim: Victim | undefined,
  frame: Frame,
): void {
  const { disk, handles } = brick;
  const held = handles.prepareDirectory(gfid, to.parent.gfid, to.bname, victim?.gfid);
  try {
    disk.rename(from.path, to.path);
  } catch (error) {
    letGo(brick, held);
    throw error;
  }
  if (victim?.gfid !== undefined) handles.remove(victim.gfid);
  handles.putDirectory(gfid, held);
  touch(brick, { target: to.path, stat: from.stat }, frame, ATTRIBUTES_CHANGED);
}

function moveFile(
  brick: Brick,
  from: FoundEntry,
  to: Entry,
  gfid: Gfid,
  victim: Victim | undefined,
  frame: Frame,
): void {
  const held = tryHold(brick, from.path, gfid, victim?.gfid);
  try {
    noteName(brick, from.path, to.parent.gfid, to.bname);
    brick.disk.rename(from.path, to.path);
  } catch (error) {
    forgetName(brick, from.path, to.parent.gfid, to.bname);
    letGo(brick, held);
    throw error;
  }
  forgetName(brick, to.path, from.parent.gfid, from.bname);
  touch(brick, { target: to.path, stat: from.stat }, frame, ATTRIBUTES_CHANGED);
  if (victim?.gfid !== undefined)
    afterName(brick, { stat: victim.stat, gfid: victim.gfid, held: undefined }, to, frame);
  letGo(brick, held);
}
