import { createHash } from 'node:crypto';
import type { DictValue } from '../../../../fop/dict.js';
import { isErrno } from '../../../../fop/error.js';
import { Fd } from '../../../../fop/fd.js';
import { type Gfid, gfidBytes, gfidFromBytes } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import { NO_MARKS } from '../pending.js';
import { BLOCK_BYTES } from './block-copier.js';
import { conflictName } from './conflict-name.js';
import { HealLocks, holding } from './heal-locks.js';
import { copyAttributes } from './heal-metadata.js';
import { namesOf, placeOf } from './inode-names.js';
import { type InspectedCopy, lookAt } from './inspection.js';
import { changeMarks } from './mark-book.js';
import type { Place } from './new-copy.js';
import { noteName } from './note-name.js';
import type { HealSession } from './session.js';

/**
 * Saves the bytes that one subvolume has of a file before they give way to another version: as a file of their own beside it, made at
 * that subvolume alone and marked so that the others get it. It can be done again: name and gfid follow from what is saved. Undefined where
 * the file has no name there that leads to it.
 */
export async function keepVersion(
  session: HealSession,
  copy: InspectedCopy,
  children: readonly number[],
): Promise<ByteString | undefined> {
  const { child, stat } = copy;
  const [path] = await namesOf(session, child, stat.gfid);
  const place = path === undefined ? undefined : await placeOf(session, child, path);
  if (place === undefined) return undefined;
  const subvolume = session.replica.child(child).name;
  const bname = conflictName(place.bname, subvolume, stat.mtime);
  const kept = { pargfid: place.pargfid, bname };
  const gfid = gfidOfVersion(copy);
  const isMade = await holding(new HealLocks(session).names(kept.pargfid, bname), () =>
    makeFile(session, copy, kept, gfid, children),
  );
  if (!isMade) return undefined;
  await copyBytes(session, copy, gfid);
  const made = await lookAt(session, child, { gfid, pargfid: gfid, bname: '' });
  if (typeof made !== 'object') return undefined;
  await copyAttributes(session, copy, made, copy);
  return bname;
}

/** The same for the same version, so that a heal which begins again does not save it twice. */
function gfidOfVersion({ child, stat }: InspectedCopy): Gfid {
  const hash = createHash('sha256').update(gfidBytes(stat.gfid));
  const bytes = hash.update(`${child} ${stat.size} ${stat.mtime} ${stat.mtimeNsec}`).digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return gfidFromBytes(bytes);
}

/** False where the name is taken by something else. */
async function makeFile(
  session: HealSession,
  { child, stat }: InspectedCopy,
  place: Place,
  gfid: Gfid,
  children: readonly number[],
): Promise<boolean> {
  const { replica, frame } = session;
  await noteName(session, place, children);
  const xdata = new Map<string, DictValue>([['gfid-req', { type: 'gfid', gfid }]]);
  try {
    const request = { ...place, mode: stat.mode, umask: 0, dev: 0, xdata };
    await replica.windTo(child, 'mknod', request, frame);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    const there = await lookAt(session, child, { gfid, ...place });
    if (typeof there !== 'object' || there.stat.gfid !== gfid) return false;
  }
  const about = Array.from({ length: replica.count }, (_, other) =>
    other === child ? NO_MARKS : { ...NO_MARKS, data: 1, metadata: 1 },
  );
  await changeMarks(session, gfid, { child, about, dirty: NO_MARKS });
  return true;
}

async function copyBytes(
  session: HealSession,
  { child, stat }: InspectedCopy,
  gfid: Gfid,
): Promise<void> {
  const { replica, frame, pace, settings } = session;
  const [from, to] = [Fd.anonymous(stat.gfid), Fd.anonymous(gfid)];
  const { size } = stat;
  await replica.windTo(child, 'truncate', { gfid, offset: size, xdata: null }, frame);
  for (let offset = 0; offset < size; offset += BLOCK_BYTES) {
    const request = { fd: from, offset, size: BLOCK_BYTES, flags: 0, xdata: null };
    const data = Buffer.from((await replica.windTo(child, 'readv', request, frame)).data);
    await pace.take(data.length);
    await replica.windTo(child, 'writev', { fd: to, offset, flags: 0, data, xdata: null }, frame);
  }
  if (settings.isDurable)
    await replica.windTo(child, 'fsync', { fd: to, datasync: 0, xdata: null }, frame);
}
