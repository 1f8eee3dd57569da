import type { MarkKind, Testimony } from '../pending.js';

/** One copy of an inode that a heal has locked and looked at. */
export interface MarkedCopy {
  /** The number of the subvolume. */
  readonly child: number;
  readonly testimony: Testimony;
}

/** Which copies are right by what the bricks have noted, of one kind of change. */
export interface Direction {
  /** Copies that nobody accuses; none where all are accused: split-brain. */
  readonly sources: readonly number[];
  /** All the others that take part. */
  readonly sinks: readonly number[];
  /** Copies that saw a change begin and not end. */
  readonly dirty: readonly number[];
  /** Anything at all is marked. */
  readonly isMarked: boolean;
}

/**
 * Reads the marks of the copies that take part (engine reference, B.5): a source is whom nobody accuses. A copy that accuses
 * itself is half made: it is no source, and what it says of others counts for nothing. Where everybody is accused by somebody, those
 * that less than a majority accuses are believed, but only if every subvolume takes part, since one that is away may accuse
 * them too.
 */
export function direct(copies: readonly MarkedCopy[], kind: MarkKind, count: number): Direction {
  const halfMade = new Set(copies.filter((copy) => accuses(copy, copy, kind)).map(numberOf));
  const accusers = copies.filter(({ child }) => !halfMade.has(child));
  const accusals = (copy: MarkedCopy): number =>
    accusers.filter((by) => by.child !== copy.child && accuses(by, copy, kind)).length;
  const whole = copies.filter(({ child }) => !halfMade.has(child));
  const unaccused = whole.filter((copy) => accusals(copy) === 0);
  const isComplete = kind !== 'entry' && count > 2 && copies.length === count;
  const believed = isComplete ? whole.filter((copy) => accusals(copy) * 2 < count) : [];
  const sources = (unaccused.length > 0 ? unaccused : believed).map(numberOf);
  return {
    sources,
    sinks: copies.map(numberOf).filter((child) => !sources.includes(child)),
    dirty: copies.filter(({ testimony }) => testimony.dirty[kind] !== 0).map(numberOf),
    isMarked: copies.some(({ testimony }) =>
      [testimony.dirty, ...testimony.about].some((marks) => marks[kind] !== 0),
    ),
  };
}

/**
 * Nobody among them is right, and who may be is away: what they would agree on between themselves could be what a majority has
 * long changed.
 */
export function isRightElsewhere(
  { sources, sinks }: Direction,
  children: readonly number[],
  count: number,
): boolean {
  return sinks.length > 0 && sources.length === 0 && children.length < count;
}

function accuses(by: MarkedCopy, whom: MarkedCopy, kind: MarkKind): boolean {
  return (by.testimony.about[whom.child]?.[kind] ?? 0) !== 0;
}

function numberOf({ child }: MarkedCopy): number {
  return child;
}
