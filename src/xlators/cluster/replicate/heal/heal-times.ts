import { dictOfBytes } from '../../../../fop/dict.js';
import type { Gfid } from '../../../../fop/gfid.js';
import { SETATTR_ATIME, SETATTR_MTIME } from '../../../../fop/iatt.js';
import type { InspectedCopy } from './inspection.js';
import type { HealSession } from './session.js';

/** The times that features/utime keeps beside an inode. */
export const MDATA = 'trusted.glusterfs.mdata';

/** Gives a healed copy the times that the source had when it was looked at. */
export async function restoreTimes(
  { replica, frame }: HealSession,
  gfid: Gfid,
  child: number,
  { stat, mdata }: Pick<InspectedCopy, 'stat' | 'mdata'>,
): Promise<void> {
  const valid = SETATTR_ATIME | SETATTR_MTIME;
  await replica.windTo(child, 'setattr', { gfid, stbuf: stat, valid, xdata: null }, frame);
  if (mdata === undefined) return;
  const dict = dictOfBytes([[MDATA, mdata]]);
  await replica.windTo(child, 'setxattr', { gfid, dict, flags: 0, xdata: null }, frame);
}
