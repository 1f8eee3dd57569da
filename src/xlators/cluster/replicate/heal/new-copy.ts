import type { DictValue } from '../../../../fop/dict.js';
import { isErrno } from '../../../../fop/error.js';
import { type Gfid, NULL_GFID } from '../../../../fop/gfid.js';
import { type Iatt, isDirectory, isRegular, isSymlink } from '../../../../fop/iatt.js';
import { type ByteString, MAX_PATH_BYTES } from '../../../../fop/name.js';
import { encodeMarks, type Marks, NO_MARKS } from '../pending.js';
import { lookAt } from './inspection.js';
import { changeMarks } from './mark-book.js';
import type { MarkChange } from './mark-changes.js';
import type { NameCopy } from './name-plan.js';
import type { HealSession } from './session.js';
import { WaitingRoom } from './waiting-room.js';

/** A name of a directory. */
export interface Place {
  readonly pargfid: Gfid;
  readonly bname: ByteString;
}

/** An inode that some subvolumes have under a name. */
export interface Original {
  readonly stat: Iatt;
  /** Who has it, with what they say of it. */
  readonly holders: readonly NameCopy[];
}

/** What a new copy has missed (engine reference, B.1): of a directory all of its names too. */
function marksOfNew(stat: Iatt): Marks {
  if (isDirectory(stat)) return { data: 1, metadata: 1, entry: 1 };
  return isRegular(stat) ? { ...NO_MARKS, data: 1, metadata: 1 } : { ...NO_MARKS, metadata: 1 };
}

/**
 * Gives an inode a name at a subvolume that does not have it: if the inode is there it is linked, or comes out of the waiting
 * room; else it is made, empty, and marked as such at those that have it before and on itself with its making. False
 * where a directory stands elsewhere there: its old name has to go first.
 */
export async function bringName(
  session: HealSession,
  child: number,
  place: Place,
  original: Original,
): Promise<boolean> {
  const { gfid } = original.stat;
  const at = { gfid, pargfid: NULL_GFID, bname: '' };
  const there = await lookAt(session, child, at);
  if (there === undefined || there === 'gfidless') return false;
  if (there === 'missing') {
    await makeCopy(session, child, place, original);
    return true;
  }
  const room = WaitingRoom.of(session);
  if (isDirectory(there.stat))
    return (await room?.leave(child, gfid, place.pargfid, place.bname)) ?? false;
  if (there.stat.nlink === 1 && (await room?.leave(child, gfid, place.pargfid, place.bname)))
    return true;
  const { replica, frame } = session;
  const request = { gfid, newpargfid: place.pargfid, newbname: place.bname, xdata: null };
  await replica.windTo(child, 'link', request, frame);
  return true;
}

async function makeCopy(
  session: HealSession,
  child: number,
  place: Place,
  { stat, holders }: Original,
): Promise<void> {
  await Promise.all(holders.map((holder) => accuseNew(session, holder, child, stat)));
  const { keys } = session.replica.settings;
  const own: DictValue = { type: 'bytes', bytes: encodeMarks(marksOfNew(stat)) };
  const xdata = new Map<string, DictValue>([
    ['gfid-req', { type: 'gfid', gfid: stat.gfid }],
    [keys.keyOf(child), own],
  ]);
  try {
    await make(session, child, place, stat, holders[0]?.child, xdata);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

/** Only what is not accused yet. */
async function accuseNew(
  session: HealSession,
  { child: by, testimony }: NameCopy,
  child: number,
  stat: Iatt,
): Promise<void> {
  const said = testimony?.about[child] ?? NO_MARKS;
  const wanted = marksOfNew(stat);
  const missing: Marks = {
    data: said.data === 0 ? wanted.data : 0,
    metadata: said.metadata === 0 ? wanted.metadata : 0,
    entry: said.entry === 0 ? wanted.entry : 0,
  };
  if (missing.data + missing.metadata + missing.entry === 0) return;
  const about = Array.from({ length: session.replica.count }, (_, other) =>
    other === child ? missing : NO_MARKS,
  );
  const change: MarkChange = { child: by, about, dirty: NO_MARKS };
  await changeMarks(session, stat.gfid, change);
}

async function make(
  session: HealSession,
  child: number,
  place: Place,
  stat: Iatt,
  source: number | undefined,
  xdata: ReadonlyMap<string, DictValue>,
): Promise<void> {
  const { replica, frame } = session;
  const entry = { ...place, mode: stat.mode, umask: 0, xdata };
  if (isDirectory(stat)) {
    await replica.windTo(child, 'mkdir', { ...entry, mode: stat.mode & 0o7777 }, frame);
  } else if (isSymlink(stat)) {
    if (source === undefined) throw new TypeError('nobody has the symlink');
    const asked = { gfid: stat.gfid, size: MAX_PATH_BYTES, xdata: null };
    const { path } = await replica.windTo(source, 'readlink', asked, frame);
    await replica.windTo(child, 'symlink', { ...entry, linkname: path }, frame);
  } else {
    await replica.windTo(child, 'mknod', { ...entry, dev: stat.rdev }, frame);
  }
}
