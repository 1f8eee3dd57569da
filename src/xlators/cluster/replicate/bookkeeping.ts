import type { FopError } from '../../../fop/error.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { errorOf } from './errno-rank.js';
import type { HeldLocks } from './locking.js';
import type { Addition, Marked, Marker, Marking } from './marker.js';
import { type MarkKind, type Marks, marksOf, NO_MARKS, type Testimony } from './pending.js';
import { isQuorum } from './quorum.js';
import type { Replica } from './replica.js';
import type { ChangeVerdict } from './verdict.js';

/** What a change does, as far as marks go. */
export interface Noted {
  readonly kind: MarkKind;
  /** Where the marks are. */
  readonly marked: readonly Marked[];
}

/** A change whose beginning is noted wherever it has to be. */
export interface Begun {
  /** Who takes part. */
  readonly children: readonly number[];
  /** Of these, whose copies are good. */
  readonly good: readonly number[];
  /** The change was noted as under way. */
  readonly isDirtied: boolean;
  /** Those that are away, who are said to have missed it already. */
  readonly blamed: readonly number[];
  /** Before it, nobody had missed anything that was seen. */
  readonly wasClean: boolean;
}

/** An inode that a change has made, and what those have missed of it that did not. */
export interface Born {
  readonly gfid: Gfid;
  readonly marks: Marks;
}

/**
 * The marks before and after a change (engine reference, B.2): that it is under way, and who has missed it. Who is away when
 * it begins is noted before it is done rather than after it, so that a change that was answered is never without blame.
 */
export class Bookkeeping {
  constructor(
    private readonly replica: Replica,
    private readonly marker: Marker,
  ) {}

  /** Whoever holds the locks takes part. Throws where they are too few, or none of their copies is good. */
  async begin(
    noted: Noted,
    held: HeldLocks,
    known: readonly number[],
    isMarkedFirst: boolean,
  ): Promise<Begun> {
    this.mustBeEnough(held.children, held.errors);
    const absent = this.replica.without(held.children);
    if (!isMarkedFirst && absent.length === 0) return this.unmarked(noted, held, known);
    const one = marksOf(noted.kind, 1);
    const addition: Addition = { about: absent, marks: one, dirty: one, name: this.owed };
    const markings = await this.marker.add(noted.marked, addition, held.children, held.frame);
    const errors = markings.flatMap((marking) => ('error' in marking ? [marking.error] : []));
    const children = markings.flatMap(({ child, ...rest }) => ('error' in rest ? [] : [child]));
    const accused = accusedIn(markings, noted.kind);
    const good = children.filter((child) => !accused.has(child));
    const wasClean = accusations(markings, noted.kind) === accusationsOf(noted, absent, children);
    const begun = { children, good, isDirtied: true, blamed: absent, wasClean };
    try {
      this.mustBeEnough(children, errors);
      return { ...begun, good: this.believed(noted, good, children) };
    } catch (error) {
      await this.undo(noted, begun, held.frame, true);
      throw error;
    }
  }

  /** All are there: nothing is noted before it has failed somewhere. */
  private unmarked(noted: Noted, { children }: HeldLocks, known: readonly number[]): Begun {
    const good = children.filter((child) => known.includes(child));
    const wasClean = good.length === children.length;
    const believed = this.believed(noted, good, children);
    return { children, good: believed, isDirtied: false, blamed: [], wasClean };
  }

  /**
   * Whose copies are good, if they are enough: a copy that lags behind does not count until it has caught up, or what was
   * answered could stand in one good copy only. Without a quorum, names may be changed where everybody accuses everybody.
   */
  private believed(
    { kind, marked }: Noted,
    good: readonly number[],
    children: readonly number[],
  ): readonly number[] {
    const { arbiter, quorum } = this.replica.settings;
    if (good.length === 0 && kind === 'entry' && quorum === 'none') return children;
    const gfids = [...new Set(marked.map(({ gfid }) => gfid))];
    if (good.length > 0 && good.every((child) => child === arbiter))
      throw this.replica.behind(gfids, 'only the arbiter is good, which has no data', 'ENOTCONN');
    if (!this.replica.isEnough(good))
      throw this.replica.behind(
        gfids,
        `${good.length} copies are good`,
        good.length > 0 ? 'ENOTCONN' : undefined,
      );
    return good;
  }

  /**
   * Notes what became of it. Where somebody has missed it that was not known to, settles when that is noted; the rest of
   * the work, of which no answer depends, goes into `rest`. Throws where too few could note it.
   */
  async end(
    noted: Noted,
    begun: Begun,
    verdict: ChangeVerdict,
    frame: Frame,
    born?: Born,
  ): Promise<{ readonly rest: () => Promise<void> }> {
    if (verdict.kind === 'done') return this.done(noted, begun, verdict, frame, born);
    if (verdict.kind === 'torn') return this.torn(noted, begun, verdict.by, frame);
    return { rest: () => this.undo(noted, begun, frame, !verdict.isUncertain) };
  }

  private async done(
    noted: Noted,
    begun: Begun,
    { by, missed }: { readonly by: readonly number[]; readonly missed: readonly number[] },
    frame: Frame,
    born: Born | undefined,
  ): Promise<{ readonly rest: () => Promise<void> }> {
    const unknown = missed.filter((child) => !begun.blamed.includes(child));
    const dirty = marksOf(noted.kind, begun.isDirtied ? -1 : 0);
    if (born !== undefined && missed.length > 0) await this.markBorn(born, missed, by, frame);
    if (unknown.length === 0) {
      const isSettled = missed.length === 0 && begun.wasClean;
      const name = isSettled ? this.settled : undefined;
      const addition: Addition = { about: [], marks: NO_MARKS, dirty, name };
      return { rest: async () => this.clean(noted, begun, addition, by, frame) };
    }
    const marks = marksOf(noted.kind, 1);
    const addition: Addition = { about: unknown, marks, dirty, name: this.owed };
    const markings = await this.marker.add(noted.marked, addition, by, frame);
    this.mustHaveNoted(markings);
    return { rest: async () => {} };
  }

  private async markBorn(
    { gfid, marks }: Born,
    missed: readonly number[],
    by: readonly number[],
    frame: Frame,
  ): Promise<void> {
    const addition: Addition = { about: missed, marks, dirty: NO_MARKS };
    this.mustHaveNoted(await this.marker.add([{ gfid }], addition, by, frame));
  }

  private async clean(
    noted: Noted,
    begun: Begun,
    addition: Addition,
    by: readonly number[],
    frame: Frame,
  ): Promise<void> {
    if (begun.isDirtied) await this.marker.add(noted.marked, addition, by, frame);
  }

  /** Too few did it for anybody to be blamed: that it began is what stays noted. */
  private async torn(
    noted: Noted,
    begun: Begun,
    by: readonly number[],
    frame: Frame,
  ): Promise<{ readonly rest: () => Promise<void> }> {
    if (begun.isDirtied) return { rest: () => this.undo(noted, begun, frame, false) };
    const dirty = marksOf(noted.kind, 1);
    const addition: Addition = { about: [], marks: NO_MARKS, dirty, name: this.owed };
    await this.marker.add(noted.marked, addition, by, frame);
    return { rest: async () => {} };
  }

  /** Takes back the blame, and, where it is certain that nobody did it, that it was under way. */
  private async undo(
    noted: Noted,
    { children, isDirtied, blamed, wasClean }: Begun,
    frame: Frame,
    isCertain: boolean,
  ): Promise<void> {
    if (!isDirtied || (blamed.length === 0 && !isCertain)) return;
    const marks = marksOf(noted.kind, -1);
    const dirty = isCertain ? marks : NO_MARKS;
    const name = wasClean && isCertain ? this.settled : undefined;
    await this.marker.add(noted.marked, { about: blamed, marks, dirty, name }, children, frame);
  }

  private mustBeEnough(children: readonly number[], errors: readonly FopError[]): void {
    const { settings, count } = this.replica;
    if (isQuorum(children, settings.quorum, count)) return;
    throw (
      errorOf(errors) ?? this.replica.error('ENOTCONN', `${children.length} subvolumes answered`)
    );
  }

  private mustHaveNoted(markings: readonly Marking[]): void {
    const noted = markings.flatMap(({ child, ...rest }) => ('error' in rest ? [] : [child]));
    const errors = markings.flatMap((marking) => ('error' in marking ? [marking.error] : []));
    this.mustBeEnough(noted, errors);
  }

  private get owed(): 'owed' | undefined {
    return this.replica.settings.isGranular ? 'owed' : undefined;
  }

  private get settled(): 'settled' | undefined {
    return this.replica.settings.isGranular ? 'settled' : undefined;
  }
}

/** Who is accused by anybody, as it stood before this change's own marks: only those that are there matter. */
export function accusedIn(markings: readonly Marking[], kind: MarkKind): ReadonlySet<number> {
  const accused = new Set<number>();
  for (const marking of markings) {
    if ('error' in marking) continue;
    for (const testimony of marking.testimonies)
      for (const child of accusedBy(testimony, kind)) accused.add(child);
  }
  return accused;
}

/** The sum of all counts about anybody. */
function accusations(markings: readonly Marking[], kind: MarkKind): number {
  let sum = 0;
  for (const marking of markings)
    if ('testimonies' in marking)
      for (const { about } of marking.testimonies)
        for (const marks of about) sum += Math.abs(marks[kind]);
  return sum;
}

/** What that sum is after a change of its own, where nothing was owed before. */
function accusationsOf(
  { marked }: Noted,
  absent: readonly number[],
  children: readonly number[],
): number {
  const seen = new Map<Gfid, number>();
  let sum = 0;
  for (const { gfid } of marked) {
    const count = (seen.get(gfid) ?? 0) + 1;
    seen.set(gfid, count);
    sum += count;
  }
  return sum * absent.length * children.length;
}

function accusedBy({ about }: Testimony, kind: MarkKind): readonly number[] {
  return [...about.keys()].filter((child) => about[child]?.[kind] !== 0);
}
