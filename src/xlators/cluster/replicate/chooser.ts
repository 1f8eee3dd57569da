import type { Gfid } from '../../../fop/gfid.js';
import { isReadable } from './copies.js';
import type { Examiner } from './examiner.js';
import { type ReadPolicy, readOrder } from './read-order.js';
import type { Replica } from './replica.js';
import type { Answers } from './transaction.js';

/** Which of several answers to a change is told: that of the copy which would be read. */
export class Chooser {
  constructor(
    private readonly replica: Replica,
    private readonly examiner: Examiner,
    private readonly policy: ReadPolicy,
  ) {}

  choose<Reply>({ replies, good }: Answers<Reply>, gfid: Gfid): Reply {
    const { arbiter } = this.replica.settings;
    const holders = replies.filter(({ child }) => child !== arbiter);
    const copies = this.examiner.remembered(gfid);
    const order =
      copies && isReadable(copies)
        ? readOrder(copies, 'metadata', gfid, this.policy)
        : this.orderOf(good, gfid);
    for (const wanted of [...order, ...good]) {
      const found = holders.find(({ child }) => child === wanted);
      if (found) return found.reply;
    }
    const [first] = holders.length > 0 ? holders : replies;
    if (first === undefined) throw new TypeError('a change that nobody did was not refused');
    return first.reply;
  }

  /** An inode that was made everywhere: all copies are good, but for what has no data. */
  made(gfid: Gfid, isDirectory: boolean, children: readonly number[]): void {
    const { arbiter } = this.replica.settings;
    const holders = children.filter((child) => child !== arbiter);
    const copies = { isDirectory, data: holders, metadata: holders, isOnlyArbiter: false };
    this.examiner.learn(gfid, copies);
  }

  private orderOf(good: readonly number[], gfid: Gfid): readonly number[] {
    const { arbiter } = this.replica.settings;
    const holders = good.filter((child) => child !== arbiter);
    const copies = { isDirectory: false, data: holders, metadata: holders, isOnlyArbiter: false };
    return readOrder(copies, 'metadata', gfid, this.policy);
  }
}
