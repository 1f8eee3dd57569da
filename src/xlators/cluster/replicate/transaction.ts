import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { type Outcome, outcomesOf } from '../../../fop/wind.js';
import type { Begun, Bookkeeping, Born, Noted } from './bookkeeping.js';
import type { Examiner } from './examiner.js';
import type { Lockee, Locking } from './locking.js';
import type { Mender } from './mender.js';
import type { NamesInHand } from './names-in-hand.js';
import type { Replica } from './replica.js';
import { agreeOnInode, type ChangeVerdict, judgeChange } from './verdict.js';

/** One change: what it locks, where it is noted, and how one child does it. */
export interface Plan<Reply> extends Noted {
  readonly lockees: readonly Lockee[];
  /** Further locks that it takes a look to know. */
  readonly more?: () => Promise<readonly Lockee[]>;
  readonly wind: (child: number) => Promise<Reply>;
  /** The inode that all have to answer of, where the name decides which one it is. */
  readonly inodeOf?: (reply: Reply) => Gfid;
  /** What it makes, if it makes something. */
  readonly born?: (reply: Reply) => Born;
}

/** What those answered that did it. */
export interface Answers<Reply> {
  readonly replies: readonly { readonly child: number; readonly reply: Reply }[];
  /** Of these, whose copies were good. */
  readonly good: readonly number[];
  readonly isEverywhere: boolean;
}

interface Judged<Reply> {
  readonly outcomes: readonly { readonly child: number; readonly outcome: Outcome<Reply> }[];
  readonly verdict: ChangeVerdict;
}

/** Changes of attributes and names: lock, note, do, note, unlock (engine reference, B.2). */
export class Transactions {
  constructor(
    private readonly replica: Replica,
    private readonly examiner: Examiner,
    private readonly locking: Locking,
    private readonly books: Bookkeeping,
    private readonly mender: Mender,
    /** Where names are noted one by one. */
    private readonly names: NamesInHand | undefined,
  ) {}

  /** Answers once the change holds and whoever missed it is noted; what is left to do goes on without the caller. */
  run<Reply>(plan: Plan<Reply>, frame: Frame): Promise<Answers<Reply>> {
    return this.mender.run(() => this.attempt(plan, frame));
  }

  private async attempt<Reply>(plan: Plan<Reply>, frame: Frame): Promise<Answers<Reply>> {
    const { replica } = this;
    const up = await replica.ready();
    const known = await this.knownGood(plan, frame);
    const owner = replica.ownFrame(frame);
    const entered = this.enter(plan);
    const held = await this.locking.take(plan.lockees, up, owner, plan.more?.());
    await entered;
    let rest = async (): Promise<void> => {};
    try {
      // Of names a note in the index tells what a dead client has left; of attributes nothing else does.
      const isMarkedFirst = plan.kind === 'metadata' || !replica.settings.isOptimistic;
      const begun = await this.books.begin(plan, held, known, isMarkedFirst);
      const judged = await this.windAll(plan, begun);
      const noted = await this.books.end(plan, begun, judged.verdict, owner, bornOf(plan, judged));
      rest = noted.rest;
      return this.answers(plan, begun, judged);
    } finally {
      for (const { gfid, name } of plan.marked) if (name !== undefined) this.names?.leave(gfid);
      replica.later(rest().then(() => this.locking.give(held)));
    }
  }

  private async enter({ marked }: Noted): Promise<void> {
    for (const { gfid, name } of marked)
      if (name !== undefined) await this.names?.enter(gfid, name);
  }

  private async windAll<Reply>(plan: Plan<Reply>, begun: Begun): Promise<Judged<Reply>> {
    const { settings, count, name } = this.replica;
    const { children, good } = begun;
    const said = await outcomesOf(children.map((child) => plan.wind(child)));
    const numbered = said.map((outcome, index) => ({ child: children[index] ?? -1, outcome }));
    const outcomes = plan.inodeOf ? agreeOnInode(numbered, plan.inodeOf, good, name) : numbered;
    return {
      outcomes,
      verdict: judgeChange(outcomes, { count, quorum: settings.quorum, good }, name),
    };
  }

  private answers<Reply>(
    { marked }: Noted,
    begun: Begun,
    { outcomes, verdict }: Judged<Reply>,
  ): Answers<Reply> {
    const isEverywhere = verdict.kind === 'done' && verdict.missed.length === 0;
    if (!isEverywhere) for (const { gfid } of marked) this.examiner.forget(gfid);
    if (verdict.kind !== 'done') throw verdict.error;
    const replies = outcomes.flatMap(({ child, outcome }) =>
      'reply' in outcome ? [{ child, reply: outcome.reply }] : [],
    );
    return { replies, good: begun.good, isEverywhere };
  }

  /** Whose copies of all that is marked are good, as far as is remembered or a look tells. */
  private async knownGood({ kind, marked }: Noted, frame: Frame): Promise<readonly number[]> {
    let good: readonly number[] = [...this.replica.children.all.keys()];
    for (const gfid of new Set(marked.map((inode) => inode.gfid))) {
      const copies = await this.examiner.copiesOf(gfid, frame);
      if (copies === undefined) continue;
      const some = kind === 'metadata' ? copies.metadata : copies.data;
      const { arbiter } = this.replica.settings;
      good = good.filter(
        (child) => child === arbiter || (!copies.isOnlyArbiter && some.includes(child)),
      );
    }
    return good;
  }
}

function bornOf<Reply>(plan: Plan<Reply>, { outcomes, verdict }: Judged<Reply>): Born | undefined {
  if (plan.born === undefined || verdict.kind !== 'done') return undefined;
  for (const { outcome } of outcomes) if ('reply' in outcome) return plan.born(outcome.reply);
  return undefined;
}
