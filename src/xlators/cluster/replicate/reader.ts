import { type FopError, isErrno } from '../../../fop/error.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import type { Iatt } from '../../../fop/iatt.js';
import { outcomeOf } from '../../../fop/wind.js';
import { type Copies, isReadable } from './copies.js';
import { errorOf } from './errno-rank.js';
import type { Examiner } from './examiner.js';
import type { Mender } from './mender.js';
import { type ReadPolicy, readOrder } from './read-order.js';
import type { Replica } from './replica.js';

/** Whether a fop answers from bytes (of a directory: names) or from attributes. */
export type ReadKind = 'data' | 'metadata';

/** Errors of one copy that another one may not have. */
const ELSEWHERE = ['ENOTCONN', 'EIO', 'ESTALE', 'ENOENT', 'EBADF'] as const;

/** How one read goes to one child. */
type Ask<Answer> = (child: number) => Promise<Answer>;

/** Reads from a good copy, and from another good one where that fails. */
export class Reader {
  constructor(
    private readonly replica: Replica,
    private readonly examiner: Examiner,
    private readonly mender: Mender,
    private readonly policy: ReadPolicy,
  ) {}

  /** Reads by gfid. */
  read<F extends FopName>(
    fop: F,
    kind: ReadKind,
    gfid: Gfid,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    return this.readWith(kind, gfid, frame, async (child) => {
      const reply = await this.replica.windTo(child, fop, request, frame);
      this.checkInode(reply, gfid);
      return reply;
    });
  }

  /**
   * Asks the good copies one by one until one answers. If all fail, what is remembered of them may have been wrong: once
   * they are looked at again, and those asked that were not yet. Where none is good, they are healed first.
   */
  readWith<Answer>(kind: ReadKind, gfid: Gfid, frame: Frame, ask: Ask<Answer>): Promise<Answer> {
    return this.mender.run(() => this.readOnce(kind, gfid, frame, ask));
  }

  private async readOnce<Answer>(
    kind: ReadKind,
    gfid: Gfid,
    frame: Frame,
    ask: Ask<Answer>,
  ): Promise<Answer> {
    await this.replica.ready();
    const copies = await this.examiner.copiesOf(gfid, frame);
    const tried: FopError[] = [];
    const order = this.order(copies, kind, gfid);
    const first = await this.tryEach(order, ask, gfid, tried);
    if (first) return first.answer;
    const again = this.order(await this.examiner.lookAgain(gfid, frame), kind, gfid);
    const others = again.filter((child) => !order.includes(child));
    const second = await this.tryEach(others, ask, gfid, tried);
    if (second) return second.answer;
    throw errorOf(tried) ?? this.replica.error('ENOTCONN', 'nobody was asked');
  }

  /** Throws where no copy is good. An inode that nobody has is asked of all: each fop has its own error for that. */
  private order(copies: Copies | undefined, kind: ReadKind, gfid: Gfid): readonly number[] {
    if (copies === undefined) return this.replica.children.up;
    if (isReadable(copies)) return readOrder(copies, kind, gfid, this.policy);
    if (copies.isOnlyArbiter)
      throw this.replica.behind([gfid], 'only the arbiter is good, which has no data', 'ENOTCONN');
    throw this.replica.behind([gfid], 'no copy that is up is good');
  }

  private async tryEach<Answer>(
    children: readonly number[],
    ask: Ask<Answer>,
    gfid: Gfid,
    tried: FopError[],
  ): Promise<{ readonly answer: Answer } | undefined> {
    for (const child of children) {
      const outcome = await outcomeOf(ask(child));
      if ('reply' in outcome) return { answer: outcome.reply };
      if (!isErrno(outcome.error, ...ELSEWHERE)) throw outcome.error;
      if (!isErrno(outcome.error, 'ENOTCONN')) this.examiner.forget(gfid);
      tried.push(outcome.error);
    }
    return undefined;
  }

  /** A handle on a brick may lead to another inode (engine reference, H10). */
  checkInode(reply: object, gfid: Gfid): void {
    const found = 'stat' in reply ? (reply.stat as Iatt).gfid : NULL_GFID;
    if (found !== NULL_GFID && found !== gfid)
      throw this.replica.error('ESTALE', `asked of ${gfid}, answered of ${found}`);
  }
}
