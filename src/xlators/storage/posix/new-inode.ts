import type { Dict } from '../../../fop/dict.js';
import type { Fops } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, gfidBytes, gfidFromBytes, NULL_GFID, ROOT_GFID } from '../../../fop/gfid.js';
import { isDirectory, isRegular } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import { absent, type Brick, type Inode, S_ISGID } from './brick.js';
import { type Entry, entryOf } from './entry.js';
import { gfid2pathKey, gfid2pathValue } from './gfid2path.js';
import { BYTES_CHANGED, JUST_MADE, touch } from './times.js';
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
}

/** Makes an inode with its name, gfid, handle and attributes; or nothing at all. */
export function makeInode(
  brick: Brick,
  frame: Frame,
  wanted: NewInode,
): { readonly inode: Inode; readonly reply: NewEntryReply } {
  const gfid = requireGfid(brick, wanted.xdata);
  const entry = entryOf(brick, wanted.pargfid, wanted.bname);
  if (brick.lstat(entry.path) !== undefined) throw brick.error('EEXIST');
  brick.handles.claim(gfid);
  const preparent = brick.iattOf(entry.parent);
  wanted.make(entry.path);
  try {
    furnish(brick, frame, entry, gfid, wanted);
  } catch (error) {
    unmake(brick, entry, gfid);
    throw error;
  }
  const inode = { gfid, path: entry.path, target: entry.path, stat: brick.disk.lstat(entry.path) };
  touch(brick, inode, frame, JUST_MADE);
  touch(brick, entry.parent, frame, BYTES_CHANGED);
  const reply = {
    stat: brick.iatt(inode),
    preparent,
    postparent: brick.iatt(entry.parent),
    xdata: null,
  };
  return { inode, reply };
}

/** The gfid comes first: what has none is taken for a name that is still being made. */
function furnish(brick: Brick, frame: Frame, entry: Entry, gfid: Gfid, wanted: NewInode): void {
  const { path, parent, bname } = entry;
  brick.setXattr(path, GFID_XATTR, gfidBytes(gfid));
  brick.giveTo(frame, parent.stat, path);
  const made = brick.disk.lstat(path);
  const isDir = isDirectory(made);
  if (wanted.mode !== undefined) {
    const inherited = isDir ? parent.stat.mode & S_ISGID : 0;
    brick.disk.chmod(path, brick.modeOnDisk(wanted.mode | inherited, isDir));
  }
  setStored(brick, path, wanted.xdata, isDir || isRegular(made));
  if (isDir) {
    brick.handles.setDirectory(gfid, parent.gfid, bname);
  } else {
    noteName(brick, path, parent.gfid, bname);
    brick.handles.link(gfid, path);
  }
}

function unmake(brick: Brick, { path }: Entry, gfid: Gfid): void {
  brick.handles.remove(gfid);
  const stat = brick.lstat(path);
  if (stat === undefined) return;
  if (isDirectory(stat)) brick.disk.rmdir(path);
  else brick.disk.unlink(path);
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
}

/** Notes on an inode that it has this name no more. */
export function forgetName(
  brick: Brick,
  target: Inode['target'],
  pargfid: Gfid,
  bname: ByteString,
): void {
  const value = gfid2pathValue(pargfid, bname);
  absent(() => brick.dropXattr(target, gfid2pathKey(brick.hash, value)), 'ENOENT');
}
