import type { Dict, DictValue } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import { absent, type Brick } from './brick.js';
import { entryOf, existing, type FoundEntry } from './entry.js';
import { heldHandlePath, letGo, tryHold } from './held.js';
import { afterName } from './removal.js';
import { namesChange } from './times.js';

/** unlink, rmdir. */
export function removeFops(brick: Brick): Handlers {
  return {
    async unlink({ pargfid, bname, xdata }, frame) {
      const entry = existing(brick, entryOf(brick, pargfid, bname));
      if (isDirectory(entry.stat)) throw brick.error('EISDIR');
      checkConditions(brick, entry, xdata);
      const parent = namesChange(brick, entry.parent);
      removeName(brick, entry, frame);
      const postparent = parent.after(frame);
      return { preparent: parent.before, postparent, xdata: linkCount(entry, xdata) };
    },

    async rmdir({ pargfid, bname, xflags }, frame) {
      const entry = existing(brick, entryOf(brick, pargfid, bname));
      if (!isDirectory(entry.stat)) throw brick.error('ENOTDIR');
      const parent = namesChange(brick, entry.parent);
      const gfid = brick.gfidOf(entry.path, entry.stat);
      if (xflags !== 0) toLandfill(brick, entry, gfid);
      else if (gfid !== undefined) removeDirectory(brick, entry, gfid);
      else brick.disk.rmdir(entry.path);
      brick.handles.forget();
      return { preparent: parent.before, postparent: parent.after(frame), xdata: null };
    },
  };
}

/** Takes a name from an inode that is no directory, and with the last one the handle. */
export function removeName(brick: Brick, entry: FoundEntry, frame: Frame): void {
  const { path, stat } = entry;
  const gfid = brick.gfidOf(path, stat);
  const held = gfid === undefined ? undefined : tryHold(brick, path, gfid);
  try {
    brick.disk.unlink(path);
  } catch (error) {
    letGo(brick, held);
    throw error;
  }
  if (gfid !== undefined) afterName(brick, { gfid, stat, held }, entry, frame);
}

/** Removes an empty directory. Its handle has a second name meanwhile, by which a start after a crash finds it. */
function removeDirectory(brick: Brick, { path }: FoundEntry, gfid: Gfid): void {
  const handle = brick.handles.path(gfid);
  const held = heldHandlePath(brick, gfid);
  absent(() => brick.disk.link(handle, held), 'ENOENT', 'EEXIST', 'EPERM', 'ENOSPC', 'EDQUOT');
  try {
    brick.disk.rmdir(path);
  } catch (error) {
    letGo(brick, held);
    throw error;
  }
  brick.handles.remove(gfid);
  letGo(brick, held);
}

/** A directory that is not empty is put where the janitor finds it. */
function toLandfill(brick: Brick, { path, stat }: FoundEntry, gfid: Gfid | undefined): void {
  const name = gfid ?? brick.random.uuid();
  const there = brick.handles.hidden(`landfill/${name}`);
  const isFree = brick.lstat(there) === undefined;
  brick.disk.rename(path, isFree ? there : `${there}-${stat.ino}`);
  if (gfid !== undefined) brick.handles.remove(gfid);
}

const STICKY_ONLY = 0o1000;
const LINKTO_XATTR = 'trusted.glusterfs.dht.linkto';

/** Conditions that cluster/distribute sends along: refused with EBUSY where they do not hold. */
function checkConditions(brick: Brick, { path, stat }: FoundEntry, xdata: Dict): void {
  const isOpen = brick.openFiles.count(stat.ino) > 0;
  const onlyLinkto = xdata?.has('unlink-only-if-dht-linkto-file') ?? false;
  if (isOpen && (onlyLinkto || xdata?.has('dont-unlink-for-open-fd'))) throw brick.error('EBUSY');
  if (!onlyLinkto) return;
  const isLinkto =
    (stat.mode & 0o7777) === STICKY_ONLY &&
    absent(() => brick.xattr(path, LINKTO_XATTR), 'EOPNOTSUPP') !== undefined;
  if (!isLinkto) throw brick.error('EBUSY');
}

/** The names there were before, where the request asks for that; 10.3 answers 0 where it does not. */
function linkCount({ stat }: FoundEntry, xdata: Dict): Dict {
  const uint = BigInt(Math.max(stat.nlink - 1, 0));
  const asked = xdata?.has('get-link-count') ? uint : 0n;
  const answers = new Map<string, DictValue>([['get-link-count', { type: 'uint', uint: asked }]]);
  if (xdata?.has('gf_request_link_count'))
    answers.set('gf_response_link_count', { type: 'uint', uint });
  return answers;
}
