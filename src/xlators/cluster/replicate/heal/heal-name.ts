import { FopError } from '../../../../fop/error.js';
import { type Gfid, NULL_GFID } from '../../../../fop/gfid.js';
import { isDirectory } from '../../../../fop/iatt.js';
import type { ByteString } from '../../../../fop/name.js';
import { conflictName } from './conflict-name.js';
import { lookAt } from './inspection.js';
import { isPresent, type NameCopy, type NamePlan, planName, versionKey } from './name-plan.js';
import { bringName, type Original, type Place } from './new-copy.js';
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
    const livesAt = await whereInodesLive(session, copies);
    const { policy } = session.settings;
    const { count } = session.replica;
    const plan = planName(copies, { ...direction, changedAt, livesAt, policy, count });
    return await carryOut(session, place, copies, plan, livesAt);
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

async function whereInodesLive(
  session: HealSession,
  copies: readonly NameCopy[],
): Promise<ReadonlyMap<Gfid, readonly number[]>> {
  const gfids = new Set(copies.flatMap(({ stat }) => stat?.gfid ?? []));
  const found = new Map<Gfid, readonly number[]>();
  for (const gfid of gfids) {
    const lives = await Promise.all(
      copies.map(async ({ child, stat }) => {
        if (stat?.gfid === gfid) return true;
        const seen = await lookAt(session, child, { gfid, pargfid: NULL_GFID, bname: '' });
        return typeof seen === 'object' && seen.stat.gfid === gfid;
      }),
    );
    found.set(
      gfid,
      copies.flatMap(({ child }, index) => (lives[index] ? [child] : [])),
    );
  }
  return found;
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
