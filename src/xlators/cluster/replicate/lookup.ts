import type { Dict } from '../../../fop/dict.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { agreeOnGfid, agreeOnName, type NameAnswer, type Verdict } from './agreement.js';
import type { Copies } from './copies.js';
import { type Examiner, nameAnswer, repliesOf } from './examiner.js';
import type { ReplicaHealer } from './heal/replica-healer.js';
import { type ReadPolicy, readOrder } from './read-order.js';
import type { ChildOutcome, Replica } from './replica.js';

const CONTENT_KEY = 'glusterfs.content';

/** What the subvolumes have answered. */
interface Seen {
  readonly outcomes: readonly ChildOutcome<'lookup'>[];
  /** Of the subvolumes' states, when they were asked. */
  readonly generation: number;
  readonly asked: Dict;
}

/**
 * lookup: asks every child that is up, for the marks too, and answers what a good copy says. An inode of which no copy is
 * good is found all the same, so that it can be removed; only its content is not told.
 */
export class Lookup {
  constructor(
    private readonly replica: Replica,
    private readonly examiner: Examiner,
    private readonly policy: ReadPolicy,
    private readonly healer: ReplicaHealer,
  ) {}

  /**
   * A name that is different things at the subvolumes is healed, and looked up again under its lock: whoever changes it does so at
   * one subvolume sooner than at another.
   */
  async lookup(request: Request<'lookup'>, frame: Frame): Promise<Reply<'lookup'>> {
    const first = await this.look(request, frame);
    const { bname, pargfid } = request;
    if (bname === '' || areAlike(first.outcomes)) return this.answer(request, first, frame);
    const look = (): Promise<Seen> => this.look(request, frame);
    const { seen = first } = await this.healer.healNameThen({ pargfid, bname }, look);
    return this.answer(request, seen, frame);
  }

  private async look(request: Request<'lookup'>, frame: Frame): Promise<Seen> {
    const { replica } = this;
    const up = await replica.ready();
    const { generation } = replica.children;
    const asked = withoutGfidRequest(request.xdata);
    const xdata = replica.settings.keys.ask(asked);
    const outcomes = await replica.windQuorum(up, 'lookup', { ...request, xdata }, frame);
    return { outcomes, generation, asked };
  }

  private async answer(
    request: Request<'lookup'>,
    { outcomes, generation, asked }: Seen,
    frame: Frame,
  ): Promise<Reply<'lookup'>> {
    const verdict = await this.verdict(request, outcomes, frame);
    if (verdict.kind === 'failed') throw verdict.error;
    if (verdict.kind !== 'found') throw this.mismatch(request, verdict);
    const gfid = gfidOf(outcomes, verdict.children);
    const { copies } = this.examiner.judge(gfid, outcomes, verdict.children, generation);
    return this.reply(gfid, outcomes, verdict.children, copies, asked);
  }

  private async verdict(
    { gfid, pargfid, bname }: Request<'lookup'>,
    outcomes: readonly ChildOutcome<'lookup'>[],
    frame: Frame,
  ): Promise<Verdict> {
    const stale = this.replica.error('ESTALE', `the answer is not about ${gfid}`);
    const answers = (wanted?: Gfid): readonly NameAnswer[] =>
      outcomes.map((outcome) => nameAnswer(outcome, stale, wanted));
    if (bname === '') return agreeOnGfid(answers(gfid));
    const verdict = agreeOnName(answers(), this.replica.count);
    if (verdict.kind !== 'unclear') return verdict;
    const parent = await this.examiner.parentEvidence(pargfid, frame);
    return agreeOnName(answers(), this.replica.count, parent);
  }

  private mismatch({ pargfid, bname }: Request<'lookup'>, verdict: Verdict) {
    if (verdict.kind === 'mismatch')
      this.examiner.troubles.mismatch(pargfid, bname, verdict.answers);
    const { children, count } = this.replica;
    const isWhole = children.up.length === count;
    const why = 'the name stands for different files';
    if (isWhole) return this.replica.error('EIO', why);
    return this.replica.error('ENOTCONN', `${why}; who knows which may be where nobody answers`);
  }

  private reply(
    gfid: Gfid,
    outcomes: readonly ChildOutcome<'lookup'>[],
    children: readonly number[],
    copies: Copies,
    asked: Dict,
  ): Reply<'lookup'> {
    const replies = repliesOf(outcomes, children);
    const kind = copies.data.length > 0 ? 'data' : 'metadata';
    const [first] = readOrder(copies, kind, gfid, this.policy);
    const chosen = replies.find(({ child }) => child === first) ?? replies[0];
    if (chosen === undefined) throw new TypeError('an inode was found nowhere');
    const xdata = this.replica.settings.keys.strip(chosen.reply.xdata, asked);
    const isGood = copies.data.includes(chosen.child);
    return { ...chosen.reply, xdata: isGood ? xdata : without(xdata, CONTENT_KEY) };
  }
}

function gfidOf(outcomes: readonly ChildOutcome<'lookup'>[], children: readonly number[]): Gfid {
  const [first] = repliesOf(outcomes, children);
  if (first === undefined) throw new TypeError('an inode was found nowhere');
  return first.reply.stat.gfid;
}

/** A brick gives a file without a gfid the one that a lookup brings; that would be a change. */
function withoutGfidRequest(xdata: Dict): Dict {
  return without(xdata, 'gfid-req');
}

function without(dict: Dict, key: string): Dict {
  if (!dict?.has(key)) return dict;
  return new Map([...dict].filter(([other]) => other !== key));
}

/** Whether a name is the same at all that answered, or nothing at all of them. */
function areAlike(outcomes: readonly ChildOutcome<'lookup'>[]): boolean {
  const seen = new Set(
    outcomes.map(({ outcome }) => ('reply' in outcome ? outcome.reply.stat.gfid : '')),
  );
  return seen.size === 1;
}
