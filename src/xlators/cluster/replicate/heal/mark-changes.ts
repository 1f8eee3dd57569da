import { type Marks, NO_MARKS, type Testimony } from '../pending.js';

/** What to add to the marks that one brick keeps beside an inode. */
export interface MarkChange {
  /** The brick whose attributes change. */
  readonly child: number;
  /** By the number of the subvolume that the marks are about. */
  readonly about: readonly Marks[];
  readonly dirty: Marks;
}

export interface HealedSet {
  /** What each brick that took part said when the heal began, by its number. */
  readonly testimonies: ReadonlyMap<number, Testimony>;
  /** Copies that are equal now. */
  readonly equal: readonly number[];
  /** Copies that took part and are not. */
  readonly failed: readonly number[];
  readonly kinds: readonly (keyof Marks)[];
  /** How many subvolumes there are. */
  readonly count: number;
}

/**
 * The marks after a heal: exactly what was read is taken off of the copies that are equal now, so that a change that came since
 * stays noted. Whoever is still owed something (it failed, or it is away and one of the equal copies accuses it) is accused by all that are
 * equal, since the one that knew may be lost next.
 */
export function marksAfter(healed: HealedSet): readonly MarkChange[] {
  const { testimonies, equal, kinds } = healed;
  return equal.map((child) => {
    const said = testimonies.get(child);
    return {
      child,
      about: Array.from({ length: healed.count }, (_, other) =>
        pick(kinds, (kind) => changeAbout(healed, child, other, kind)),
      ),
      dirty: pick(kinds, (kind) => -(said?.dirty[kind] ?? 0)),
    };
  });
}

function changeAbout(
  { testimonies, equal, failed, kinds }: HealedSet,
  by: number,
  whom: number,
  kind: keyof Marks,
): number {
  const said = (one: number, what = kind): number => testimonies.get(one)?.about[whom]?.[what] ?? 0;
  if (equal.includes(whom)) return -said(by);
  const isOwed = (what: keyof Marks): boolean =>
    failed.includes(whom) || equal.some((one) => said(one, what) !== 0);
  // Names that one brick has noted are not in the list of another: there, all of them are owed.
  if (kind === 'data' && kinds.includes('entry'))
    return isOwed('entry') && said(by, 'entry') === 0 && said(by) === 0 ? 1 : 0;
  return isOwed(kind) && said(by) === 0 ? 1 : 0;
}

function pick(kinds: readonly (keyof Marks)[], value: (kind: keyof Marks) => number): Marks {
  const marks = { ...NO_MARKS };
  for (const kind of kinds) marks[kind] = value(kind) | 0;
  return marks;
}

/** Whether a change changes anything. */
export function isEmptyChange({ about, dirty }: MarkChange): boolean {
  return [dirty, ...about].every((marks) => !marks.data && !marks.metadata && !marks.entry);
}
