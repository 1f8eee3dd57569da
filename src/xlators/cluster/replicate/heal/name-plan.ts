import type { Gfid } from '../../../../fop/gfid.js';
import type { Iatt } from '../../../../fop/iatt.js';
import { isRegular, S_IFMT } from '../../../../fop/iatt.js';
import type { Testimony } from '../pending.js';
import { favorite, type Preference } from './favorite.js';

/** What one subvolume has under a name; no `stat` where it has nothing. */
export interface NameCopy {
  readonly child: number;
  readonly stat?: Iatt | undefined;
  /** What the brick says of the inode that it has there. */
  readonly testimony?: Testimony | undefined;
}

type Present = NameCopy & { readonly stat: Iatt };

/** What is known around a name. */
export interface NameEvidence {
  /** Subvolumes that are right about the directory's names by its marks; none where nobody is, or nobody is accused. */
  readonly sources: readonly number[];
  /** A change of the directory's names began and was not seen to end. */
  readonly isDirty: boolean;
  /** The subvolumes that have noted this very name as changed, where names are noted. */
  readonly changedAt: readonly number[];
  /** Where an inode that stands under the name somewhere lives, under any name or waiting for one. */
  readonly livesAt: ReadonlyMap<Gfid, readonly number[]>;
  /** Where it has a name that those do not know that have it here: it was renamed there. */
  readonly movedAt: ReadonlyMap<Gfid, readonly number[]>;
  readonly policy: Preference;
  /** How many subvolumes there are. */
  readonly count: number;
  /** The one that has no bytes. */
  readonly arbiter?: number | undefined;
}

/** How a name is to look at all that take part. */
export interface NamePlan {
  /** The inode that the name stands for, by a subvolume that has it; undefined: the name goes. */
  readonly keep: Present | undefined;
  /** Other versions, one copy of each, that are kept under a conflict name: something in them is nowhere else. */
  readonly kept: readonly Present[];
  /** Nothing told which version is right. */
  readonly isConflict: boolean;
}

/**
 * Decides what a name stands for. The directory's marks come first, then whoever alone has noted a change of this name, then what the
 * inodes tell (engine reference, B.9). What loses goes, unless it holds a change that the winner has not seen (H3).
 */
export function planName(copies: readonly NameCopy[], evidence: NameEvidence): NamePlan {
  const believed = believedCopies(copies, evidence);
  if (believed) return decided(copies, believed, evidence);
  const versions = versionsOf(copies);
  const [only] = versions;
  if (only === undefined) return { keep: undefined, kept: [], isConflict: false };
  if (versions.length === 1) {
    const isKept = staysHere(copies, only, evidence);
    return { keep: isKept ? only[0] : undefined, kept: [], isConflict: false };
  }
  const winner = winnerByEvidence(versions, evidence);
  if (winner) return withLosers(versions, winner, evidence.count);
  return undecided(versions, evidence);
}

/** The copies that are right about the name, where marks tell and they agree. */
function believedCopies(
  copies: readonly NameCopy[],
  { sources, changedAt }: NameEvidence,
): readonly NameCopy[] | undefined {
  const among = (numbers: readonly number[]): readonly NameCopy[] =>
    copies.filter(({ child }) => numbers.includes(child));
  const isOne = (some: readonly NameCopy[]): boolean =>
    some.length > 0 && new Set(some.map(versionKey)).size === 1;
  const bySources = among(sources);
  if (isOne(bySources)) return bySources;
  const byNames = sources.length === 0 ? among(changedAt) : [];
  return isOne(byNames) && byNames.length < copies.length ? byNames : undefined;
}

function decided(
  copies: readonly NameCopy[],
  believed: readonly NameCopy[],
  evidence: NameEvidence,
): NamePlan {
  const keep = believed.find(isPresent);
  const right = believed.map(({ child }) => child);
  const losers = versionsOf(copies).filter(
    ([one]) => one && (!keep || versionKey(one) !== versionKey(keep)),
  );
  const kept = losers.flatMap((version) => {
    const lives = evidence.livesAt.get(version[0]?.stat.gfid ?? '') ?? [];
    const blaming = version.find((copy) => accusesAny(copy, right));
    return blaming && !lives.some((child) => right.includes(child)) ? [blaming] : [];
  });
  return { keep, kept, isConflict: kept.length > 0 };
}

/**
 * A name that some have and others have not stays, with two exceptions: where its inode has another name at those that do not have
 * it, one that the others do not know, it was renamed and the rest has missed that (H2); and what more than half of all subvolumes do not have was
 * never agreed upon. A change under way makes a majority no proof.
 */
function staysHere(
  copies: readonly NameCopy[],
  version: readonly Present[],
  { isDirty, changedAt, livesAt, movedAt, count, arbiter }: NameEvidence,
): boolean {
  const missing = copies.filter((copy) => !isPresent(copy)).map(({ child }) => child);
  if (missing.length === 0) return true;
  // Nobody has the bytes that the name stood for: it would come back empty.
  const isEmpty = version.every(({ child, stat }) => child === arbiter && isRegular(stat));
  if (isEmpty && copies.length === count) return false;
  const moved = movedAt.get(version[0]?.stat.gfid ?? '') ?? [];
  const isElsewhere = missing.every((child) => moved.includes(child));
  const isNoted = version.some(({ child }) => changedAt.includes(child));
  // Of two that each have another name for it, one is right: else both names would go.
  const twice = missing.length * 2;
  const first = Math.min(...copies.map(({ child }) => child));
  const mayMove = twice > copies.length || (twice === copies.length && missing.includes(first));
  if (isElsewhere && !isNoted && mayMove) return false;
  // A torn rename has taken the old name where the inode waits: this is the last one.
  const lives = livesAt.get(version[0]?.stat.gfid ?? '') ?? [];
  const isWaiting = missing.some((child) => lives.includes(child) && !moved.includes(child));
  return isDirty || isWaiting || missing.length * 2 <= count;
}

/** The version that the inodes themselves prove: the only one that lives everywhere, or the majority's. */
function winnerByEvidence(
  versions: readonly (readonly Present[])[],
  { isDirty, livesAt, count }: NameEvidence,
): readonly Present[] | undefined {
  const all = versions.flat().map(({ child }) => child);
  const everywhere = versions.filter((version) => {
    const lives = livesAt.get(version[0]?.stat.gfid ?? '') ?? [];
    return all.every((child) => lives.includes(child));
  });
  if (everywhere.length === 1) return everywhere[0];
  return isDirty ? undefined : versions.find((version) => version.length * 2 > count);
}

/** Of what the winner replaces, only what blames the winner holds something that is nowhere else. */
function withLosers(
  versions: readonly (readonly Present[])[],
  winner: readonly Present[],
  count: number,
): NamePlan {
  const right = winner.map(({ child }) => child);
  const everybody = Array.from({ length: count }, (_, child) => child);
  const others = versions.filter((version) => version !== winner);
  const kept = others.flatMap((version) => {
    const absent = everybody.filter((child) => !version.some((copy) => copy.child === child));
    return version.find((copy) => accusesAny(copy, [...right, ...absent])) ?? [];
  });
  return { keep: winner[0], kept, isConflict: kept.length > 0 };
}

/** Nothing proves anything: a policy takes one, else all are kept and the one changed last keeps the name. */
function undecided(
  versions: readonly (readonly Present[])[],
  { policy, count }: NameEvidence,
): NamePlan {
  const candidates = versions.flat();
  const chosen = favorite(candidates, policy, count);
  const winner = versions.find((version) => version.some(({ child }) => child === chosen));
  if (chosen !== undefined && winner) return { keep: winner[0], kept: [], isConflict: false };
  const byTime = versions.toSorted((one, other) => order(other) - order(one));
  const [first, ...rest] = byTime;
  return { keep: first?.[0], kept: rest.flatMap(([copy]) => copy ?? []), isConflict: true };
}

function order(version: readonly Present[]): number {
  return Math.max(...version.map(({ stat }) => stat.ctime + stat.ctimeNsec / 1e9));
}

function accusesAny({ child, testimony }: NameCopy, others: readonly number[]): boolean {
  return others.some((other) => {
    const marks = other === child ? undefined : testimony?.about[other];
    return marks !== undefined && (marks.data !== 0 || marks.metadata !== 0 || marks.entry !== 0);
  });
}

/** The copies that have something there, by what it is. */
function versionsOf(copies: readonly NameCopy[]): readonly (readonly Present[])[] {
  const versions = new Map<string, Present[]>();
  for (const copy of copies.filter(isPresent)) {
    const key = versionKey(copy);
    versions.set(key, [...(versions.get(key) ?? []), copy]);
  }
  return [...versions.values()];
}

export function versionKey({ stat }: NameCopy): string {
  return stat === undefined ? '' : `${stat.gfid} ${stat.mode & S_IFMT}`;
}

export function isPresent(copy: NameCopy): copy is Present {
  return copy.stat !== undefined;
}
