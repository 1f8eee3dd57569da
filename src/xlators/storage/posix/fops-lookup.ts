import { type Gfid, gfidBytes } from '../../../fop/gfid.js';
import { isDirectory, NO_IATT } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import { answersFor, LOOKUP_ANSWERS } from './answers.js';
import type { Brick, Inode } from './brick.js';
import { entryOf, existing, type FoundEntry } from './entry.js';
import { checkHandle } from './handle-check.js';
import { letGo, tryHold } from './held.js';
import { noteName, requestedGfid } from './new-inode.js';
import { GFID_XATTR } from './xattr-name.js';

/** A name without gfid that is younger may still be in the making. */
const FRESH_MS = 1000;

/** lookup. */
export function lookupFops(brick: Brick): Handlers {
  return {
    async lookup({ gfid, pargfid, bname, xdata }) {
      if (bname === '') {
        const inode = brick.handles.resolve(gfid, 'ENOENT');
        return {
          stat: brick.iattOf(inode),
          postparent: NO_IATT,
          xdata: answersFor(brick, inode, xdata, LOOKUP_ANSWERS),
        };
      }
      const entry = existing(brick, entryOf(brick, pargfid, bname));
      const { path } = entry;
      const known = brick.gfidOf(path, entry.stat);
      const found = known ?? adopt(brick, entry, requestedGfid(xdata));
      const isMended = checkHandle(brick, entry, found) || known === undefined;
      const stat = isMended ? brick.disk.lstat(path) : entry.stat;
      const inode: Inode = { gfid: found, path, target: path, stat };
      return {
        stat: brick.iattOf(inode),
        postparent: brick.iattOf(entry.parent),
        xdata: answersFor(brick, inode, xdata, LOOKUP_ANSWERS),
      };
    },
  };
}

/** Gives the wanted gfid to what somebody has put on the brick by hand. */
function adopt(brick: Brick, entry: FoundEntry, wanted: Gfid | undefined): Gfid {
  const { path, stat } = entry;
  const age = brick.clock.wallMs() - (stat.ctime * 1000 + stat.ctimeNsec / 1e6);
  if (Math.abs(age) < FRESH_MS) throw brick.error('ENOENT', 'the name has no gfid yet');
  if (wanted === undefined) throw brick.error('ENODATA', 'the name has no gfid');
  brick.handles.claim(wanted, stat);
  if (isDirectory(stat)) adoptDirectory(brick, entry, wanted);
  else adoptFile(brick, entry, wanted);
  brick.notice('a file without gfid was taken in', { path, gfid: wanted });
  return wanted;
}

function adoptDirectory(brick: Brick, { path, parent, bname }: FoundEntry, gfid: Gfid): void {
  const held = brick.handles.prepareDirectory(gfid, parent.gfid, bname);
  brick.setXattr(path, GFID_XATTR, gfidBytes(gfid));
  brick.handles.putDirectory(gfid, held);
}

function adoptFile(brick: Brick, { path, stat, parent, bname }: FoundEntry, gfid: Gfid): void {
  const held = tryHold(brick, path, gfid);
  if (brick.canCarry(stat)) {
    noteName(brick, path, parent.gfid, bname);
    brick.setXattr(path, GFID_XATTR, gfidBytes(gfid));
  } else {
    brick.remember(gfid, stat);
  }
  if (brick.lstat(brick.handles.path(gfid)) === undefined) brick.handles.link(gfid, path);
  letGo(brick, held);
}
