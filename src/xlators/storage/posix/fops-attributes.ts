import type { Fops, Reply, Statfs } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import {
  type Iatt,
  isDirectory,
  isSymlink,
  SETATTR_ATIME,
  SETATTR_ATIME_NOW,
  SETATTR_CTIME,
  SETATTR_GID,
  SETATTR_MODE,
  SETATTR_MTIME,
  SETATTR_MTIME_NOW,
  SETATTR_SIZE,
  SETATTR_UID,
} from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import type { DiskStat, DiskTime } from '../../../platform/disk.js';
import { type AnswerKinds, answersFor, FSTAT_ANSWERS, STAT_ANSWERS } from './answers.js';
import type { Brick, Inode } from './brick.js';
import { withoutReserve } from './reserve.js';
import { setKeptTimes } from './times.js';

type Change = { readonly stbuf: Iatt; readonly valid: number };
type PrePost = Fops['setattr']['reply'];

/** stat, fstat, access, readlink, setattr, fsetattr, statfs. */
export function attributeFops(brick: Brick): Handlers {
  const stat = (
    inode: Inode,
    xdata: Reply<'stat'>['xdata'],
    kinds: AnswerKinds,
  ): Reply<'stat'> => ({
    stat: brick.iattOf(inode),
    xdata: answersFor(brick, inode, xdata, kinds),
  });
  return {
    async stat({ gfid, xdata }) {
      return stat(brick.handles.resolve(gfid), xdata, STAT_ANSWERS);
    },

    async fstat({ fd, xdata }) {
      return stat(brick.openFiles.resolve(fd), xdata, FSTAT_ANSWERS);
    },

    async access({ gfid, mask }) {
      const inode = brick.handles.resolve(gfid);
      if (!permitsRoot(inode.stat, mask)) throw brick.error('EACCES');
      return { xdata: null };
    },

    async readlink({ gfid, size }) {
      const inode = brick.handles.resolve(gfid);
      if (!isSymlink(inode.stat)) throw brick.error('EINVAL');
      const path = brick.disk.readlink(inode.path).slice(0, Math.max(0, size));
      return { stat: brick.iattOf(inode), path, xdata: null };
    },

    async setattr({ gfid, stbuf, valid, xdata }, frame) {
      const change = { stbuf, valid };
      const inode = brick.handles.resolve(gfid);
      const reply = setAttributes(brick, inode, change, frame);
      return { ...reply, xdata: answersFor(brick, lookedAtAgain(brick, inode), xdata, {}) };
    },

    async fsetattr({ fd, stbuf, valid, xdata }, frame) {
      const change = { stbuf, valid };
      const inode = brick.openFiles.resolve(fd);
      const reply = setAttributes(brick, inode, change, frame);
      return { ...reply, xdata: answersFor(brick, lookedAtAgain(brick, inode), xdata, {}) };
    },

    async statfs({ gfid }) {
      const inode = brick.handles.resolve(gfid);
      const disk = brick.disk.statfs(isDirectory(inode.stat) ? inode.path : brick.root);
      const whole = withoutReserve(brick.options.reserve, disk);
      return { statfs: shareOf(whole, brick.options.sharedBrickCount), xdata: null };
    },
  };
}

function lookedAtAgain(brick: Brick, inode: Inode): Inode {
  const { target } = inode;
  const stat = typeof target === 'number' ? brick.disk.fstat(target) : brick.disk.lstat(target);
  return { ...inode, stat };
}

/** What one of several bricks on a filesystem may call its own. */
function shareOf(whole: Statfs, count: number): Statfs {
  const share = (number: number) => Math.floor(number / count);
  return {
    ...whole,
    blocks: share(whole.blocks),
    bfree: share(whole.bfree),
    bavail: share(whole.bavail),
    files: share(whole.files),
    ffree: share(whole.ffree),
    favail: share(whole.favail),
  };
}

function setAttributes(brick: Brick, inode: Inode, change: Change, frame: Frame): PrePost {
  if ((change.valid & SETATTR_SIZE) !== 0)
    throw brick.error('EINVAL', 'setattr of the size (truncate does that)');
  const prebuf = brick.iattOf(inode);
  const { path } = inode;
  setOwner(brick, path, change);
  if ((change.valid & SETATTR_MODE) !== 0) setMode(brick, inode, change.stbuf.mode);
  setTimes(brick, inode, change, frame);
  return { prebuf, postbuf: brick.iatt(inode), xdata: null };
}

/** A symlink has no permissions of its own; a heal sends them along nevertheless. */
function setMode(brick: Brick, { path, stat }: Inode, mode: number): void {
  if (!isSymlink(stat)) brick.disk.chmod(path, brick.modeOnDisk(mode, isDirectory(stat)));
}

function setOwner(brick: Brick, path: string, { stbuf, valid }: Change): void {
  const uid = (valid & SETATTR_UID) !== 0 ? stbuf.uid : -1;
  const gid = (valid & SETATTR_GID) !== 0 ? stbuf.gid : -1;
  if (uid !== -1 || gid !== -1) brick.disk.chown(path, uid, gid);
}

/** On the inode itself, and beside it where times are kept apart. */
function setTimes(brick: Brick, inode: Inode, { stbuf, valid }: Change, frame: Frame): void {
  const wanted = (set: number, now: number, sec: number, nsec: number): DiskTime => {
    if ((valid & now) !== 0) return frame.time ?? 'now';
    return (valid & set) !== 0 ? { sec, nsec } : 'omit';
  };
  const atime = wanted(SETATTR_ATIME, SETATTR_ATIME_NOW, stbuf.atime, stbuf.atimeNsec);
  const mtime = wanted(SETATTR_MTIME, SETATTR_MTIME_NOW, stbuf.mtime, stbuf.mtimeNsec);
  if (atime !== 'omit' || mtime !== 'omit') brick.disk.utimes(inode.path, atime, mtime);
  const stat = brick.disk.lstat(inode.path);
  const { ctime, ctimeNsec } = stbuf;
  setKeptTimes(brick, inode, frame, {
    ...(atime !== 'omit' && { atime: stat.atime, atimeNsec: stat.atimeNsec }),
    ...(mtime !== 'omit' && { mtime: stat.mtime, mtimeNsec: stat.mtimeNsec }),
    ...((valid & SETATTR_CTIME) !== 0 && { ctime, ctimeNsec }),
  });
}

/** `access(2)` for root, who may do all but run what nobody may. Who else may what is features/access-control's to say. */
function permitsRoot(stat: DiskStat, mask: number): boolean {
  return (mask & 1) === 0 || isDirectory(stat) || (stat.mode & 0o111) !== 0;
}
