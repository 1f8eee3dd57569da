import { O_CREAT, O_DSYNC, O_EXCL, O_NOFOLLOW, O_RDWR } from '../../../fop/fd.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, gfidBytes } from '../../../fop/gfid.js';
import { isDirectory, isRegular, S_IFREG } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import type { DiskStat, FileNumber } from '../../../platform/disk.js';
import type { Brick } from './brick.js';
import { type Entry, entryOf } from './entry.js';
import { putAside } from './handle-check.js';
import { hold, letGo } from './held.js';
import { MDATA_XATTR } from './mdata.js';
import { noteName, requireGfid, setStored } from './new-inode.js';
import { LARGE_BYTES } from './range.js';
import { retireHandle } from './removal.js';
import { BYTES_CHANGED, touch, writeTimes } from './times.js';
import { GFID_XATTR, isHidden } from './xattr-name.js';

/**
 * put: the whole content of a name at once. It is written aside and renamed over the name, so that readers find the old
 * bytes or the new ones, also after a power cut. With O_DSYNC in `flags` it is on the platter, name and all, when the answer
 * comes; without it a power cut may take it back.
 */
export function putFops(brick: Brick): Handlers {
  return {
    async put(request, frame) {
      check(brick, request);
      const aside = brick.handles.hidden(`unlink/put-${brick.random.uuid()}`);
      const file = brick.disk.open(aside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        const isSynced = (request.flags & O_DSYNC) !== 0;
        await writeAll(brick, file, request.data);
        // Unless the bytes are on the platter, a power cut may leave the name with none.
        await brick.disk.fdatasync(file);
        const reply = replace(brick, request, frame, aside);
        if (isSynced) await brick.disk.fsync(file);
        return reply;
      } catch (error) {
        if (brick.lstat(aside) !== undefined) brick.disk.unlink(aside);
        throw error;
      } finally {
        brick.disk.close(file);
      }
    },
  };
}

/** All that can be refused before a byte is written. */
function check(brick: Brick, request: Request<'put'>): void {
  if (request.offset !== 0) throw brick.error('EINVAL', 'put writes from the beginning');
  oldFile(brick, request, entryOf(brick, request.pargfid, request.bname));
}

interface OldFile {
  readonly stat: DiskStat | undefined;
  readonly gfid: Gfid;
}

/** What has the name now, and the gfid that the new content is to have. */
function oldFile(brick: Brick, request: Request<'put'>, { path }: Entry): OldFile {
  const stat = brick.lstat(path);
  if (stat === undefined) {
    const gfid = requireGfid(brick, request.xdata);
    brick.handles.claim(gfid);
    return { stat, gfid };
  }
  if (isDirectory(stat)) throw brick.error('EISDIR');
  if (!isRegular(stat)) throw brick.error('EINVAL', 'put over what is no file');
  if (stat.nlink > 2) throw brick.error('EMLINK', 'put over a file of several names');
  const gfid = brick.gfidOf(path);
  if (gfid === undefined) throw brick.error('ENODATA', 'the name has no gfid');
  return { stat, gfid };
}

async function writeAll(brick: Brick, file: FileNumber, data: Buffer): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const rest = data.subarray(done);
    done +=
      rest.length < LARGE_BYTES
        ? brick.disk.write(file, rest, done)
        : await brick.disk.writeLarge(file, rest, done);
  }
}

/** From here on nothing waits: the name, the handle and the attributes change together. */
function replace(
  brick: Brick,
  request: Request<'put'>,
  frame: Frame,
  aside: ByteString,
): Reply<'put'> {
  const entry = entryOf(brick, request.pargfid, request.bname);
  const old = oldFile(brick, request, entry);
  const { gfid } = old;
  const preparent = brick.iattOf(entry.parent);
  furnish(brick, request, frame, entry, old, aside);
  if (old.stat === undefined) nameNew(brick, entry, gfid, aside);
  else exchange(brick, entry, { gfid, stat: old.stat }, aside);
  touch(brick, entry.parent, frame, BYTES_CHANGED);
  const stat = brick.iatt({ gfid, path: entry.path, target: entry.path });
  return { stat, preparent, postparent: brick.iatt(entry.parent), xdata: null };
}

function nameNew({ disk, handles }: Brick, { path }: Entry, gfid: Gfid, aside: ByteString): void {
  handles.link(gfid, aside);
  try {
    disk.rename(aside, path);
  } catch (error) {
    handles.remove(gfid);
    throw error;
  }
}

/** The handle goes over first; whoever finds it when the name has not followed has the old inode held (held.ts). */
function exchange(
  brick: Brick,
  { path }: Entry,
  { gfid, stat }: { readonly gfid: Gfid; readonly stat: DiskStat },
  aside: ByteString,
): void {
  const { disk, handles } = brick;
  const held = hold(brick, path, gfid);
  const inTheWay = brick.lstat(handles.path(gfid));
  try {
    if (inTheWay !== undefined && inTheWay.ino !== stat.ino) putAside(brick, gfid, inTheWay);
    handles.remove(gfid);
    handles.link(gfid, aside);
    disk.rename(aside, path);
  } catch (error) {
    handles.remove(gfid);
    handles.link(gfid, path);
    letGo(brick, held);
    throw error;
  }
  retireHandle(brick, { gfid, stat, held }, false);
}

/** Attributes of the new inode: those of the old one, and those that came along. */
function furnish(
  brick: Brick,
  request: Request<'put'>,
  frame: Frame,
  { parent, bname, path }: Entry,
  old: OldFile,
  aside: ByteString,
): void {
  brick.setXattr(aside, GFID_XATTR, gfidBytes(old.gfid));
  if (old.stat === undefined) brick.giveTo(frame, parent.stat, aside);
  else copyFrom(brick, path, old.stat, aside);
  brick.disk.chmod(aside, brick.modeOnDisk(S_IFREG | request.mode));
  setStored(brick, aside, request.xattr);
  setStored(brick, aside, request.xdata);
  noteName(brick, aside, parent.gfid, bname);
  if (frame.time === undefined) return;
  const { sec, nsec } = frame.time;
  brick.disk.utimes(aside, frame.time, frame.time);
  writeTimes(brick, aside, {
    atime: sec,
    atimeNsec: nsec,
    mtime: sec,
    mtimeNsec: nsec,
    ctime: sec,
    ctimeNsec: nsec,
  });
}

function copyFrom(brick: Brick, path: ByteString, stat: DiskStat, aside: ByteString): void {
  if (brick.namespace.isTrusted) brick.disk.chown(aside, stat.uid, stat.gid);
  for (const name of brick.xattrNames(path)) {
    const value = isHidden(name) || name === MDATA_XATTR ? undefined : brick.xattr(path, name);
    if (value !== undefined) brick.setXattr(aside, name, value);
  }
}
