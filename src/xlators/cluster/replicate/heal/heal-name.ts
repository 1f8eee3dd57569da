import { FopError } from '../../../../fop/error.js';
import { type Gfid, NULL_GFID } from '../../../../fop/gfid.js';
import { isDirectory, isRegular } from '../../../../fop/iatt.js';
import type { ByteString } from '../../../../fop/name.js';
import { conflictName } from './conflict-name.js';
import { dropName, namesOf } from './inode-names.js';
import { lookAt } from './inspection.js';
import {
  isPresent,
  type NameCopy,
  type NameEvidence,
  type NamePlan,
  planName,
  versionKey,
} from './name-plan.js';
import { bringName, type Original, type Place } from './new-copy.js';
import { noteName } from './note-name.js';
import type { HealSession } from './session.js';
import { WaitingRoom } from './waiting-room.js';

type Present = NonNullable<NamePlan['keep']>;

/** What a directory's marks say about its names. */
export interface NamesDirection {
  /** The subvolumes that take part: their copies of the directory were seen under a lock. */
  readonly children: readonly number[];
  /** Who is right by the marks; nobody where nobody is accused, or all are. */
  readonly sources: readonly number[];
  readonly isDirty: boolean;
  /** The caller holds the lock of all names of the directory, not of one. */
  readonly holdsAllNames: boolean;
}

/** What became of a name. */
export interface HealedName {
  readonly result: 'same' | 'healed' | 'failed';
  /** Versions that are kept under other names. */
  readonly conflicts: readonly ByteString[];
}

const SAME: HealedName = { result: 'same', conflicts: [] };
const FAILED: HealedName = { result: 'failed', conflicts: [] };

/** Makes a name stand for the same inode at all that take part. The caller holds the lock of the name. */
export async function healName(
  session: HealSession,
  place: Place,
  direction: NamesDirection,
  changedAt: readonly number[],
): Promise<HealedName> {
  try {
    const copies = await look(session, place, direction.children);
    if (copies === undefined) return FAILED;
    if (new Set(copies.map(versionKey)).size === 1) return SAME;
    const isDecided = isDecidedByMarks(copies, direction.sources);
    const lives = isDecided ? NOWHERE : await whereInodesLive(session, copies);
    const { policy } = session.settings;
    const { count, settings } = session.replica;
    const { arbiter } = settings;
    const evidence = { ...direction, changedAt, ...lives, policy, count, arbiter };
    const plan = planName(copies, evidence);
    if (!isDecided && copies.length < count && isWithoutBytes(plan.keep, copies, arbiter))
      return FAILED;
    const healed = await carryOut(session, place, copies, plan, lives.livesAt);
    if (healed.result === 'healed' && direction.sources.length === 0 && plan.keep)
      await dropOldNames(session, place, direction, plan.keep, copies);
    return healed;
  } catch (error) {
    if (error instanceof FopError) return FAILED;
    throw error;
  }
}

/** The name at each; undefined where one does not tell. A name without a gfid is given one. */
async function look(
  session: HealSession,
  { pargfid, bname }: Place,
  children: readonly number[],
): Promise<readonly NameCopy[] | undefined> {
  const at = { gfid: NULL_GFID, pargfid, bname };
  const found = await Promise.all(children.map((child) => lookAt(session, child, at)));
  const copies: NameCopy[] = [];
  for (const [index, child] of children.entries()) {
    const seen = found[index];
    if (seen === undefined) return undefined;
    if (seen === 'missing') copies.push({ child });
    else if (seen !== 'gfidless') copies.push(seen);
    else {
      const gfid = onlyGfid(copies, found) ?? session.random.uuid();
      const given = await lookAt(
        session,
        child,
        at,
        new Map([['gfid-req', { type: 'gfid', gfid }]]),
      );
      if (typeof given !== 'object') return undefined;
      copies.push(given);
    }
  }
  return copies;
}

function onlyGfid(copies: readonly NameCopy[], found: readonly unknown[]): Gfid | undefined {
  const seen = [...copies, ...found.filter((one): one is NameCopy => typeof one === 'object')];
  const gfids = new Set(seen.flatMap(({ stat }) => stat?.gfid ?? []));
  return gfids.size === 1 ? [...gfids][0] : undefined;
}

/** A source has the name and others have nothing: where else the inode may live does not matter. */
function isDecidedByMarks(copies: readonly NameCopy[], sources: readonly number[]): boolean {
  const present = copies.filter(isPresent);
  return (
    present.some(({ child }) => sources.includes(child)) &&
    new Set(present.map(versionKey)).size === 1
  );
}

/** Only the arbiter has the file: it would come back empty where who has its bytes is away. */
function isWithoutBytes(
  keep: Present | undefined,
  copies: readonly NameCopy[],
  arbiter: number | undefined,
): boolean {
  if (keep === undefined || !isRegular(keep.stat)) return false;
  return originalOf(keep, copies).holders.every(({ child }) => child === arbiter);
}

const NOWHERE: Pick<NameEvidence, 'livesAt' | 'movedAt'> = {
  livesAt: new Map(),
  movedAt: new Map(),
};

/** By inode: the subvolumes that have it at all, and those without it here that know it by a name of their own. */
async function whereInodesLive(
  session: HealSession,
  copies: readonly NameCopy[],
): Promise<Pick<NameEvidence, 'livesAt' | 'movedAt'>> {
  const gfids = new Set(copies.flatMap(({ stat }) => stat?.gfid ?? []));
  const livesAt = new Map<Gfid, readonly number[]>();
  const movedAt = new Map<Gfid, readonly number[]>();
  for (const gfid of gfids) {
    const holders = copies.filter(({ stat }) => stat?.gfid === gfid).map(({ child }) => child);
    const others = copies.map(({ child }) => child).filter((child) => !holders.includes(child));
    const lives = await Promise.all(others.map((child) => livesThere(session, child, gfid)));
    const elsewhere = others.filter((_, index) => lives[index]);
    livesAt.set(gfid, [...holders, ...elsewhere]);
    const known = await knownNames(session, holders, gfid);
    const moved: number[] = [];
    for (const child of elsewhere)
      if ((await namesOf(session, child, gfid)).some((name) => !known.has(name))) moved.push(child);
    movedAt.set(gfid, moved);
  }
  return { livesAt, movedAt };
}

async function livesThere(session: HealSession, child: number, gfid: Gfid): Promise<boolean> {
  const seen = await lookAt(session, child, { gfid, pargfid: NULL_GFID, bname: '' });
  return typeof seen === 'object' && seen.stat.gfid === gfid;
}

async function knownNames(
  session: HealSession,
  children: readonly number[],
  gfid: Gfid,
): Promise<ReadonlySet<ByteString>> {
  const names = await Promise.all(children.map((child) => namesOf(session, child, gfid)));
  return new Set(names.flat());
}

/**
 * What a torn rename has left: where the inode got its name just now, it is still under the one from which it was taken elsewhere.
 * Names that somebody holds a lock of are left alone.
 */
async function dropOldNames(
  session: HealSession,
  place: Place,
  { holdsAllNames }: NamesDirection,
  keep: Present,
  copies: readonly NameCopy[],
): Promise<void> {
  const { gfid } = keep.stat;
  if (isDirectory(keep.stat)) return;
  const { holders } = originalOf(keep, copies);
  const late = copies.filter((copy) => isPresent(copy) && !holders.includes(copy));
  if (late.length === 0) return;
  const known = await knownNames(
    session,
    holders.map(({ child }) => child),
    gfid,
  );
  for (const { child } of late)
    for (const path of await namesOf(session, child, gfid))
      if (!known.has(path)) await dropName(session, child, gfid, path, place, holdsAllNames);
}

/** Versions to keep come first, then what loses goes, then what is missing comes: nothing is ever nowhere. */
async function carryOut(
  session: HealSession,
  place: Place,
  copies: readonly NameCopy[],
  { keep, kept }: NamePlan,
  livesAt: ReadonlyMap<Gfid, readonly number[]>,
): Promise<HealedName> {
  const conflicts: ByteString[] = [];
  const moved = new Set<NameCopy>();
  for (const version of kept) {
    const name = await keepElsewhere(session, place, copies, version, moved);
    if (name === undefined) return FAILED;
    conflicts.push(name);
  }
  const wanted = keep === undefined ? '' : versionKey(keep);
  const losers = copies.filter(isPresent).filter((copy) => versionKey(copy) !== wanted);
  for (const loser of losers)
    if (!moved.has(loser)) {
      const lives = livesAt.get(loser.stat.gfid) ?? [];
      await expunge(session, place, loser, lives.length > 1 || conflicts.length > 0);
    }
  if (keep === undefined) return { result: 'healed', conflicts };
  const original = originalOf(keep, copies);
  for (const { child } of copies.filter((copy) => versionKey(copy) !== wanted))
    if (!(await bringName(session, child, place, original))) return { result: 'failed', conflicts };
  return { result: 'healed', conflicts };
}

function originalOf(version: Present, copies: readonly NameCopy[]): Original {
  const holders = copies.filter((copy) => versionKey(copy) === versionKey(version));
  return { stat: version.stat, holders };
}

/**
 * Gives a version that loses the name another one, everywhere. Those that do not have it come first: a heal that is cut off finds
 * a name that all good copies know, not one that only a loser has.
 */
async function keepElsewhere(
  session: HealSession,
  { pargfid, bname }: Place,
  copies: readonly NameCopy[],
  version: Present,
  moved: Set<NameCopy>,
): Promise<ByteString | undefined> {
  const { replica, frame } = session;
  const name = conflictName(bname, replica.child(version.child).name, version.stat.mtime);
  const place = { pargfid, bname: name };
  const original = originalOf(version, copies);
  const { gfid } = version.stat;
  const others = copies.filter((copy) => !original.holders.includes(copy));
  await noteName(
    session,
    place,
    copies.map(({ child }) => child),
  );
  for (const { child } of [...others, ...original.holders]) {
    const there = await lookAt(session, child, { gfid: NULL_GFID, ...place });
    if (typeof there === 'object' && there.stat.gfid === gfid) continue;
    if (there !== 'missing') return undefined;
    const holder = original.holders.find((copy) => copy.child === child);
    if (holder === undefined) {
      if (!(await bringName(session, child, place, original))) return undefined;
    } else if (isDirectory(version.stat)) {
      const request = { oldpargfid: pargfid, oldbname: bname, newpargfid: pargfid, newbname: name };
      await replica.windTo(child, 'rename', { ...request, xdata: null }, frame);
      moved.add(holder);
    } else {
      const request = { gfid, newpargfid: pargfid, newbname: name, xdata: null };
      await replica.windTo(child, 'link', request, frame);
    }
  }
  return name;
}

/** Takes a name away at one subvolume; what may be needed yet waits. */
async function expunge(
  session: HealSession,
  { pargfid, bname }: Place,
  { child, stat }: Present,
  livesOn: boolean,
): Promise<void> {
  const { replica, frame } = session;
  const room = WaitingRoom.of(session);
  if (isDirectory(stat)) {
    if (room) return room.enter(child, pargfid, bname, stat.gfid);
    await replica.windTo(child, 'rmdir', { pargfid, bname, xflags: 1, xdata: null }, frame);
    return;
  }
  const seen = await lookAt(session, child, { gfid: NULL_GFID, pargfid, bname });
  const names = typeof seen === 'object' ? seen.stat.nlink : stat.nlink;
  if (room && livesOn && names <= 1) return room.enter(child, pargfid, bname, stat.gfid);
  await replica.windTo(child, 'unlink', { pargfid, bname, xflags: 0, xdata: null }, frame);
}
