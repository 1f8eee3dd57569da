import { type Iatt, isDirectory, isRegular } from '../../../fop/iatt.js';
import type { Marks, Testimony } from './pending.js';

/** The copy of an inode at one subvolume, as a lookup shows it. */
export interface SeenCopy {
  /** The number of the subvolume. */
  readonly child: number;
  readonly stat: Iatt;
  readonly testimony: Testimony;
}

/** Which copies of an inode may be read. */
export interface Copies {
  readonly isDirectory: boolean;
  /** Numbers of subvolumes whose bytes (of a directory: names) are good, in order. */
  readonly data: readonly number[];
  /** Those whose attributes are good. */
  readonly metadata: readonly number[];
  /** Only a subvolume without data is good: the copies with data are elsewhere. */
  readonly isOnlyArbiter: boolean;
}

/** A copy that is not read, and a few words that say why. */
export interface AvoidedCopy {
  readonly child: number;
  readonly why: string;
}

export interface JudgedCopies {
  readonly copies: Copies;
  readonly avoided: readonly AvoidedCopy[];
  /** A change of the bytes (of a directory: the names) began somewhere and was not seen to end. */
  readonly isDirty: boolean;
}

export interface ReplicaShape {
  /** How many subvolumes there are, up or not. */
  readonly count: number;
  /** The subvolume that keeps names and attributes only. */
  readonly arbiter?: number | undefined;
}

/**
 * Who may be read, of copies that have one gfid and type: whom nobody accuses. Of files that nobody accuses and whose
 * sizes differ, those are good that more than half of all subvolumes agree with, while no write is under way; else the
 * largest, since a write that is lost makes a copy smaller.
 */
export function judgeCopies(seen: readonly SeenCopy[], shape: ReplicaShape): JudgedCopies {
  const ofDirectory = seen.some(({ stat }) => isDirectory(stat));
  const kind = ofDirectory ? 'entry' : 'data';
  const why = new Map<number, string>();
  const metadata = without(seen, accusedOf(seen, 'metadata', why));
  const accused = accusedOf(seen, kind, why);
  const isDirty = seen.some(({ testimony }) => testimony.dirty[kind] !== 0);
  const unaccused = without(seen, accused);
  const arbiters = unaccused.filter(({ child }) => child === shape.arbiter);
  const holders = unaccused.filter(({ child }) => child !== shape.arbiter);
  const data = sameSize(holders, isDirty, shape.count, why);
  return {
    copies: {
      isDirectory: ofDirectory,
      data: numbersOf(data),
      metadata: numbersOf(metadata.filter(({ child }) => child !== shape.arbiter)),
      isOnlyArbiter: holders.length === 0 && arbiters.length > 0,
    },
    avoided: [...why].map(([child, words]) => ({ child, why: words })),
    isDirty,
  };
}

/** Whether anything of an inode can be read: of a directory attributes will do, its names may be in dispute. */
export function isReadable({ isDirectory: isNames, data, metadata }: Copies): boolean {
  return metadata.length > 0 && (isNames || data.length > 0);
}

/** A brick that accuses itself counts too: its copy is half made. */
function accusedOf(
  seen: readonly SeenCopy[],
  kind: keyof Marks,
  why: Map<number, string>,
): ReadonlySet<number> {
  const accused = new Set<number>();
  for (const { child, testimony } of seen)
    for (const [other, marks] of testimony.about.entries()) {
      if (marks[kind] === 0) continue;
      accused.add(other);
      const by = other === child ? 'by itself' : `by subvolume ${child}`;
      if (!why.has(other)) why.set(other, `${kind} is accused ${by}`);
    }
  return accused;
}

function without(seen: readonly SeenCopy[], accused: ReadonlySet<number>): readonly SeenCopy[] {
  return seen.filter(({ child }) => !accused.has(child));
}

function sameSize(
  copies: readonly SeenCopy[],
  isDirty: boolean,
  count: number,
  why: Map<number, string>,
): readonly SeenCopy[] {
  const sizes = new Map<number, number>();
  for (const { stat } of copies)
    if (isRegular(stat)) sizes.set(stat.size, (sizes.get(stat.size) ?? 0) + 1);
  if (sizes.size < 2) return copies;
  const agreed = [...sizes].find(([, holders]) => holders * 2 > count)?.[0];
  const size = isDirty || agreed === undefined ? Math.max(...sizes.keys()) : agreed;
  for (const { child, stat } of copies)
    if (stat.size !== size) why.set(child, `it has ${stat.size} bytes, others ${size}`);
  return copies.filter(({ stat }) => stat.size === size);
}

function numbersOf(copies: readonly SeenCopy[]): readonly number[] {
  return copies.map(({ child }) => child);
}
