import { type FopError, isErrno } from '../../../fop/error.js';
import type { Reply } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import { type Iatt, S_IFMT } from '../../../fop/iatt.js';
import { agreeOnGfid, type NameAnswer, type ParentEvidence } from './agreement.js';
import { type Copies, isReadable, type JudgedCopies, judgeCopies } from './copies.js';
import { KnownCopies } from './known-copies.js';
import type { ChildOutcome, Replica } from './replica.js';
import { Troubles } from './troubles.js';

/** Finds out which copies of an inode are good, by looking at all of them, and remembers it. */
export class Examiner {
  private readonly known = new KnownCopies();
  readonly troubles: Troubles;
  /** Looks under way; as many as there are fops under way at most. */
  private readonly looking = new Map<Gfid, Promise<Copies | undefined>>();

  constructor(private readonly replica: Replica) {
    this.troubles = new Troubles(replica);
  }

  /** The good copies of an inode; undefined where no child that answers has it. */
  async copiesOf(gfid: Gfid, frame: Frame): Promise<Copies | undefined> {
    const known = this.known.get(gfid, this.replica.children.generation);
    return known ?? this.lookAgain(gfid, frame);
  }

  /** The same, whatever is remembered; fops that want it at the same time share one look. */
  lookAgain(gfid: Gfid, frame: Frame): Promise<Copies | undefined> {
    const under = this.looking.get(gfid);
    if (under) return under;
    const look = this.look(gfid, frame).then((judged) => judged?.copies);
    this.looking.set(gfid, look);
    const done = (): void => void this.looking.delete(gfid);
    look.then(done, done);
    return look;
  }

  /** Who may be believed about the names in a directory. Nobody has it: nobody in particular. */
  async parentEvidence(gfid: Gfid, frame: Frame): Promise<ParentEvidence> {
    const judged = await this.look(gfid, frame);
    return { good: judged?.copies.data ?? [], isDirty: judged?.isDirty ?? false };
  }

  /** What is remembered of an inode, if it still holds. */
  remembered(gfid: Gfid): Copies | undefined {
    return this.known.get(gfid, this.replica.children.generation);
  }

  learn(gfid: Gfid, copies: Copies): void {
    this.known.learn(gfid, copies, this.replica.children.generation);
  }

  forget(gfid: Gfid): void {
    this.known.forget(gfid);
  }

  private async look(gfid: Gfid, frame: Frame): Promise<JudgedCopies | undefined> {
    const { replica } = this;
    const up = await replica.ready();
    const { generation } = replica.children;
    const xdata = replica.settings.keys.ask(null);
    const request = { gfid, pargfid: NULL_GFID, bname: '', xdata };
    const outcomes = await replica.windQuorum(up, 'lookup', request, frame);
    const answers = outcomes.map((outcome) => nameAnswer(outcome, this.stale(gfid), gfid));
    const verdict = agreeOnGfid(answers);
    if (verdict.kind !== 'found') return undefined;
    const judged = this.judge(gfid, outcomes, verdict.children, generation);
    const missing = answers.flatMap((answer) =>
      'error' in answer && isErrno(answer.error, 'ENOENT', 'ESTALE') ? [answer.child] : [],
    );
    // Removed where it was good: what is left is a copy that lags behind.
    if (!isReadable(judged.copies) && replica.isEnough(missing)) throw this.stale(gfid);
    return judged;
  }

  /** Judges the copies of an inode where it was found, and remembers the outcome. */
  judge(
    gfid: Gfid,
    outcomes: readonly ChildOutcome<'lookup'>[],
    children: readonly number[],
    generation: number,
  ): JudgedCopies {
    const { settings, count } = this.replica;
    const seen = repliesOf(outcomes, children).map(({ child, reply }) => ({
      child,
      stat: reply.stat,
      testimony: settings.keys.testimony(reply.xdata),
    }));
    const judged = judgeCopies(seen, { count, arbiter: settings.arbiter });
    if (isReadable(judged.copies)) this.known.learn(gfid, judged.copies, generation);
    else this.known.forget(gfid);
    const absent = outcomes.filter(({ child }) => !children.includes(child));
    const avoided = absent.map(({ child }) => ({ child, why: 'it has no such inode' }));
    this.troubles.judged(gfid, { ...judged, avoided: [...judged.avoided, ...avoided] });
    return judged;
  }

  private stale(gfid: Gfid): FopError {
    return this.replica.error('ESTALE', `the answer is not about ${gfid}`);
  }
}

/** The replies of those children. */
export function repliesOf(
  outcomes: readonly ChildOutcome<'lookup'>[],
  children: readonly number[],
): readonly { readonly child: number; readonly reply: Reply<'lookup'> }[] {
  return outcomes.flatMap(({ child, outcome }) =>
    'reply' in outcome && children.includes(child) ? [{ child, reply: outcome.reply }] : [],
  );
}

/** What a child's outcome says of a name, or of `wanted`; another inode than that is as good as none. */
export function nameAnswer(
  { child, outcome }: ChildOutcome<'lookup'>,
  stale: FopError,
  wanted?: Gfid,
): NameAnswer {
  if ('error' in outcome) return { child, error: outcome.error };
  const { gfid, mode }: Iatt = outcome.reply.stat;
  if (wanted !== undefined && gfid !== wanted) return { child, error: stale };
  return { child, gfid, type: mode & S_IFMT };
}
