import type { Dict } from '../../../../fop/dict.js';
import { FopError } from '../../../../fop/error.js';
import type { Gfid } from '../../../../fop/gfid.js';
import { type MarkKind, type Marks, NO_MARKS, type Testimony } from '../pending.js';
import { type MarkChange, marksAfter } from './mark-changes.js';
import type { HealSession } from './session.js';

/** The marks of one inode while it is healed: what was read, and what the heal itself has added since. */
export class MarkBook {
  private readonly testimonies = new Map<number, Testimony>();

  constructor(
    private readonly session: HealSession,
    private readonly gfid: Gfid,
    copies: readonly { readonly child: number; readonly testimony: Testimony }[],
  ) {
    for (const { child, testimony } of copies) this.testimonies.set(child, testimony);
  }

  /**
   * Says that a copy is half made, before its first byte changes: on its own brick, so that it is not read alone, and at a source
   * that did not know yet (engine reference, H4).
   */
  async spoil(child: number, source: number, kind: MarkKind): Promise<void> {
    if (!this.says(source, child, kind)) await this.add(source, child, kind);
    if (!this.says(child, child, kind)) await this.add(child, child, kind);
  }

  /** Notes at one brick that it accuses a copy. */
  async accuse(by: number, whom: number, kind: MarkKind): Promise<void> {
    if (!this.says(by, whom, kind)) await this.add(by, whom, kind);
  }

  private says(by: number, whom: number, kind: MarkKind): boolean {
    return (this.testimonies.get(by)?.about[whom]?.[kind] ?? 0) !== 0;
  }

  private async add(by: number, whom: number, kind: MarkKind): Promise<void> {
    const { count } = this.session.replica;
    const about = Array.from({ length: count }, (_, child) =>
      child === whom ? { ...NO_MARKS, [kind]: 1 } : NO_MARKS,
    );
    await changeMarks(this.session, this.gfid, { child: by, about, dirty: NO_MARKS });
    const said = this.testimonies.get(by) ?? { about: about.map(() => NO_MARKS), dirty: NO_MARKS };
    const sums = said.about.map((marks, child) =>
      child === whom ? { ...marks, [kind]: marks[kind] + 1 } : marks,
    );
    this.testimonies.set(by, { ...said, about: sums });
  }

  /** Takes off what was read, at the copies that are equal now; the others are accused. */
  async settle(
    equal: readonly number[],
    failed: readonly number[],
    kinds: readonly (keyof Marks)[],
    xdata: Dict = null,
  ): Promise<void> {
    const { testimonies, session } = this;
    const { count } = session.replica;
    const changes = marksAfter({ testimonies, equal, failed, kinds, count });
    // Half made copies first: a source that forgets before they do would leave them accused by themselves alone.
    const isHalfMade = ({ child }: MarkChange): boolean =>
      kinds.some((kind) => this.says(child, child, kind));
    const order = [...changes.filter(isHalfMade), ...changes.filter((each) => !isHalfMade(each))];
    const split = order.filter(isHalfMade).length;
    for (const part of [order.slice(0, split), order.slice(split)])
      await Promise.all(part.map((change) => changeMarks(session, this.gfid, change, xdata)));
  }
}

/** Adds to the marks at one brick. All of them are named, since the index is kept by what an answer tells of all. */
export async function changeMarks(
  { replica, frame }: HealSession,
  gfid: Gfid,
  { child, about, dirty }: MarkChange,
  xdata: Dict = null,
): Promise<void> {
  const dict = replica.settings.keys.adding(new Map(about.entries()), dirty);
  await replica.windTo(child, 'xattrop', { gfid, flags: 0, dict, xdata }, frame);
}

/** Has a brick take an inode out of its index if nothing is marked. */
export async function refreshIndex(session: HealSession, gfid: Gfid, child: number): Promise<void> {
  const about = Array.from({ length: session.replica.count }, () => NO_MARKS);
  try {
    await changeMarks(session, gfid, { child, about, dirty: NO_MARKS });
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
  }
}
