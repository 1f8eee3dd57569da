import { isErrno } from '../../../../fop/error.js';
import { type Gfid, isGfid, NULL_GFID } from '../../../../fop/gfid.js';
import { isDirectory } from '../../../../fop/iatt.js';
import { listNames } from './index-reader.js';
import { lookAt } from './inspection.js';
import type { HealSession } from './session.js';
import { WaitingRoom } from './waiting-room.js';

/**
 * Removes from the waiting rooms what has another name where it waits, and what no other subvolume has. What others have and this one has
 * nowhere else waits on: its name is missing here, and is brought when it is looked up.
 */
export async function clearWaitingRoom(session: HealSession): Promise<number> {
  const room = WaitingRoom.of(session);
  if (room === undefined || !session.everybody) return 0;
  let count = 0;
  for (const child of session.up)
    for (const name of await listNames(session, child, room.gfid))
      if (isGfid(name) && (await clear(session, room, child, name))) count += 1;
  return count;
}

async function clear(
  session: HealSession,
  { gfid: pargfid }: WaitingRoom,
  child: number,
  gfid: Gfid,
): Promise<boolean> {
  const here = await lookAt(session, child, { gfid: NULL_GFID, pargfid, bname: gfid });
  if (typeof here !== 'object' || here.stat.gfid !== gfid) return false;
  const isNamed = !isDirectory(here.stat) && here.stat.nlink > 1;
  if (!isNamed && (await livesElsewhere(session, child, gfid))) return false;
  const { replica, frame } = session;
  try {
    const request = { pargfid, bname: gfid, xdata: null };
    if (isDirectory(here.stat))
      await replica.windTo(child, 'rmdir', { ...request, xflags: 1 }, frame);
    else await replica.windTo(child, 'unlink', { ...request, xflags: 0 }, frame);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return true;
}

/** Whoever does not answer may have it. */
async function livesElsewhere(session: HealSession, child: number, gfid: Gfid): Promise<boolean> {
  const others = session.up.filter((other) => other !== child);
  const at = { gfid, pargfid: NULL_GFID, bname: '' };
  const seen = await Promise.all(others.map((other) => lookAt(session, other, at)));
  return seen.some((one) => one !== 'missing');
}
