import type { MdataTimes } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { Iatt } from '../../../fop/iatt.js';
import type { Brick, Inode } from './brick.js';
import { encodeMdata, laterTimes, MDATA_XATTR } from './mdata.js';

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
 * do not stand still. Times only go forward here. `stored` is what is kept; the answer is what is kept then, null where nothing is.
 */
export function touch(
  brick: Brick,
  inode: Pick<Inode, 'target' | 'stat'>,
  frame: Frame,
  which: Touched,
  stored = brick.readTimes(inode.target),
): MdataTimes | null {
  if (isBookkeeping(frame) || (stored === null && frame.time === undefined)) return stored;
  const { sec, nsec } = frame.time ?? now(brick);
  const moved: MdataTimes = stored ?? timesOf(inode.stat);
  const wanted = {
    ...moved,
    ...(which.atime && { atime: sec, atimeNsec: nsec }),
    ...(which.mtime && { mtime: sec, mtimeNsec: nsec }),
    ...(which.ctime && { ctime: sec, ctimeNsec: nsec }),
  };
  const times = stored === null ? wanted : laterTimes(wanted, moved);
  writeTimes(brick, inode.target, times);
  return times;
}

/** A directory while its names change: its attributes before, and, once its times were moved, after. */
export function namesChange(
  brick: Brick,
  parent: Inode,
): { readonly before: Iatt; after(frame: Frame): Iatt } {
  const kept = brick.keptTimes(parent);
  return {
    before: brick.iattOf(parent, kept),
    after: (frame) => brick.iatt(parent, touch(brick, parent, frame, BYTES_CHANGED, kept)),
  };
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
  const stored = brick.readTimes(inode.target);
  if (stored === null && frame.time === undefined) return;
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
