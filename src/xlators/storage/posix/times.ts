import type { MdataTimes } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { Brick, Inode } from './brick.js';
import { decodeMdata, encodeMdata, laterTimes, MDATA_XATTR } from './mdata.js';

/** Which times a fop moves. */
export interface Touched {
  readonly atime?: boolean;
  readonly mtime?: boolean;
  readonly ctime?: boolean;
}

export const BYTES_CHANGED: Touched = { mtime: true, ctime: true };
export const ATTRIBUTES_CHANGED: Touched = { ctime: true };
export const JUST_MADE: Touched = { atime: true, mtime: true, ctime: true };

/**
 * Moves the times that are kept in `trusted.glusterfs.mdata`. They are kept from the first change that comes with
 * a time of its client (features/utime) on; a later change without one takes the brick's clock, so that they
 * do not stand still. Times only go forward here.
 */
export function touch(
  brick: Brick,
  inode: Pick<Inode, 'target' | 'stat'>,
  frame: Frame,
  which: Touched,
): void {
  if (isBookkeeping(frame)) return;
  const bytes = brick.xattr(inode.target, MDATA_XATTR);
  if (bytes === undefined && frame.time === undefined) return;
  const stored = bytes === undefined ? undefined : decodeMdata(bytes);
  const { sec, nsec } = frame.time ?? now(brick);
  const moved: MdataTimes = stored ?? timesOf(inode.stat);
  const wanted = {
    ...moved,
    ...(which.atime && { atime: sec, atimeNsec: nsec }),
    ...(which.mtime && { mtime: sec, mtimeNsec: nsec }),
    ...(which.ctime && { ctime: sec, ctimeNsec: nsec }),
  };
  const isFirst = stored === undefined;
  writeTimes(brick, inode.target, isFirst ? wanted : laterTimes(wanted, moved));
}

/** Heals and other workers of GlusterFS copy what is there; without a time of their own they move none. */
function isBookkeeping(frame: Frame): boolean {
  return frame.pid < 0 && frame.time === undefined;
}

/** Writes times that a client has set by hand, forward or backward, where times are kept. */
export function setKeptTimes(
  brick: Brick,
  inode: Pick<Inode, 'target' | 'stat'>,
  frame: Frame,
  set: Partial<MdataTimes>,
): void {
  const bytes = brick.xattr(inode.target, MDATA_XATTR);
  if (bytes === undefined && frame.time === undefined) return;
  const stored = bytes === undefined ? undefined : decodeMdata(bytes);
  const { sec, nsec } = frame.time ?? now(brick);
  const changed = isBookkeeping(frame) ? {} : { ctime: sec, ctimeNsec: nsec };
  writeTimes(brick, inode.target, { ...(stored ?? timesOf(inode.stat)), ...changed, ...set });
}

export function writeTimes(brick: Brick, target: Inode['target'], times: MdataTimes): void {
  brick.setXattr(target, MDATA_XATTR, encodeMdata(times));
}

export function timesOf(times: MdataTimes): MdataTimes {
  const { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec } = times;
  return { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec };
}

function now(brick: Brick): { readonly sec: number; readonly nsec: number } {
  const ms = brick.clock.wallMs();
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
}
