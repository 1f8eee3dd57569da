import type { Dict, MdataTimes } from '../../../fop/dict.js';
import { isErrno } from '../../../fop/error.js';
import type { Fops } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, gfidBytes, gfidFromBytes, NULL_GFID, ROOT_GFID } from '../../../fop/gfid.js';
import { isDirectory, isRegular } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import { absent, type Brick, type Inode, S_ISGID } from './brick.js';
import { type Entry, entryOf } from './entry.js';
import { gfid2pathKey, gfid2pathValue } from './gfid2path.js';
import { newPath } from './held.js';
import { countLinks } from './link-counts.js';
import { MDATA_XATTR } from './mdata.js';
import { JUST_MADE, namesChange, touch } from './times.js';
import { GFID_XATTR, isStored, whyNotChange } from './xattr-name.js';
import { attributeBytes } from './xattr-value.js';

type NewEntryReply = Fops['mkdir']['reply'];

/** The gfid that a request wants for a new inode, or undefined where it names none. */
export function requestedGfid(xdata: Dict): Gfid | undefined {
  const value = xdata?.get('gfid-req');
  if (value?.type === 'gfid') return usable(value.gfid);
  const isBytes = value?.type === 'bytes' || value?.type === 'untyped';
  if (!isBytes || value.bytes.length !== 16) return undefined;
  return usable(gfidFromBytes(value.bytes));
}

function usable(gfid: Gfid): Gfid | undefined {
  return gfid === NULL_GFID || gfid === ROOT_GFID ? undefined : gfid;
}

export function requireGfid(brick: Brick, xdata: Dict): Gfid {
  const gfid = requestedGfid(xdata);
  if (gfid === undefined) throw brick.error('EINVAL', 'gfid-req is missing');
  return gfid;
}

export interface NewInode {
  readonly pargfid: Gfid;
  readonly bname: ByteString;
  /** With the type bits; undefined for a symlink, which has no permissions of its own. */
  readonly mode: number | undefined;
  readonly xdata: Dict;
  readonly make: (path: ByteString) => void;
  /** Where it is known already, and that nothing has this name. */
  readonly entry?: Entry;
}

function newEntry(brick: Brick, { pargfid, bname }: NewInode): Entry {
  const entry = entryOf(brick, pargfid, bname);
  if (brick.lstat(entry.path) !== undefined) throw brick.error('EEXIST');
  return entry;
}

/** Makes an inode with its name, gfid, handle and attributes; or nothing at all. */
export function makeInode(
  brick: Brick,
  frame: Frame,
  wanted: NewInode,
): { readonly inode: Inode; readonly reply: NewEntryReply } {
  const gfid = requireGfid(brick, wanted.xdata);
  const entry = wanted.entry ?? newEntry(brick, wanted);
  brick.handles.claim(gfid);
  const parent = namesChange(brick, entry.parent);
  const { inode, times } = made(brick, frame, entry, gfid, wanted);
  const postparent = parent.after(frame);
  const stat = brick.iatt(inode, times);
  return { inode, reply: { stat, preparent: parent.before, postparent, xdata: null } };
}

interface MadeInode {
  readonly inode: Inode;
  readonly times: MdataTimes | null;
}

/** Makes the inode aside, whole, before anything of it can be seen; its name comes last but for tidying up. */
function made(brick: Brick, frame: Frame, entry: Entry, gfid: Gfid, wanted: NewInode): MadeInode {
  const aside = newPath(brick, gfid);
  makeAside(brick, aside, wanted);
  try {
    const { stat, times } = furnish(brick, frame, entry, gfid, wanted, aside);
    if (isDirectory(stat)) nameDirectory(brick, entry, gfid, aside);
    else nameFile(brick, entry, gfid, aside);
    return { inode: { gfid, path: entry.path, target: entry.path, stat }, times };
  } catch (error) {
    removeAside(brick, aside);
    throw error;
  }
}

/** A create that failed when it could not even tidy up may have left something there. */
function makeAside(brick: Brick, aside: ByteString, wanted: NewInode): void {
  try {
    wanted.make(aside);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    removeAside(brick, aside);
    wanted.make(aside);
  }
}

function removeAside(brick: Brick, aside: ByteString): void {
  const stat = brick.lstat(aside);
  if (stat === undefined) return;
  if (isDirectory(stat)) brick.disk.rmdir(aside);
  else brick.disk.unlink(aside);
}

function furnish(
  brick: Brick,
  frame: Frame,
  { parent, bname }: Entry,
  gfid: Gfid,
  wanted: NewInode,
  aside: ByteString,
): { readonly stat: DiskStat; readonly times: MdataTimes | null } {
  brick.setXattr(aside, GFID_XATTR, gfidBytes(gfid));
  const made = brick.disk.lstat(aside);
  brick.giveTo(frame, parent.stat, aside, made);
  const isDir = isDirectory(made);
  if (wanted.mode !== undefined) {
    const inherited = isDir ? parent.stat.mode & S_ISGID : 0;
    brick.disk.chmod(aside, brick.modeOnDisk(wanted.mode | inherited, isDir));
  }
  setStored(brick, aside, wanted.xdata, isDir || isRegular(made));
  if (!isDir) noteName(brick, aside, parent.gfid, bname);
  const stat = brick.disk.lstat(aside);
  const stored = wanted.xdata?.has(MDATA_XATTR) ? brick.readTimes(aside) : null;
  return { stat, times: touch(brick, { target: aside, stat }, frame, JUST_MADE, stored) };
}

/** The handle comes before the name: GlusterFS, if it is the next to start here, mends none that lacks. */
function nameFile({ disk, handles }: Brick, { path }: Entry, gfid: Gfid, aside: ByteString): void {
  handles.link(gfid, aside);
  try {
    disk.link(aside, path);
  } catch (error) {
    handles.remove(gfid);
    throw error;
  }
  disk.unlink(aside);
}

/** The handle leads nowhere until the directory is where it says. */
function nameDirectory(brick: Brick, entry: Entry, gfid: Gfid, aside: ByteString): void {
  const { disk, handles } = brick;
  handles.linkDirectory(gfid, entry.parent.gfid, entry.bname);
  try {
    disk.rename(aside, entry.path);
  } catch (error) {
    handles.remove(gfid);
    throw error;
  }
}

/** Attributes that came along with the creation; symlinks and special files take none of the user's. */
export function setStored(brick: Brick, path: ByteString, xdata: Dict, takesUsers = true): void {
  for (const [key, value] of xdata ?? []) {
    if (!isStored(key) || whyNotChange(key) !== undefined) continue;
    if (key.startsWith('user.') && !takesUsers) continue;
    const bytes = attributeBytes(value);
    if (bytes !== undefined) brick.setXattr(path, key, bytes);
  }
}

/** Notes on an inode that it has this name. */
export function noteName(
  brick: Brick,
  target: Inode['target'],
  pargfid: Gfid,
  bname: ByteString,
): void {
  const value = gfid2pathValue(pargfid, bname);
  brick.setXattr(target, gfid2pathKey(brick.hash, value), value);
  countLinks(brick, target, pargfid);
}

/** Notes on an inode that it has this name no more. */
export function forgetName(
  brick: Brick,
  target: Inode['target'],
  pargfid: Gfid,
  bname: ByteString,
): void {
  const value = gfid2pathValue(pargfid, bname);
  absent(() => {
    brick.dropXattr(target, gfid2pathKey(brick.hash, value));
    countLinks(brick, target, pargfid);
  }, 'ENOENT');
}
