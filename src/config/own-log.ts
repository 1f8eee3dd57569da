import type { Clock } from '../platform/platform.js';
import { type Loss, lossOf } from './log/lost-vote.js';
import type { SealedRecord } from './log/record.js';
import type { VoterLink } from './log/voter-link.js';
import type { Store } from './store.js';

export interface OwnLogContext {
  readonly clock: Clock;
  readonly store: Store;
  /** To this node's own log; undefined where it has none. */
  link(): VoterLink | undefined;
  apply(record: SealedRecord): void;
  /** It may not vote any more. */
  lost(loss: Loss): void;
  unread(error: unknown): void;
}

const AGAIN_MS = 1000;

/**
 * Reads what this node's own log says is committed, so that it is there without anybody else. A brick that comes up slowly must
 * not leave old values unread for as long as there is no majority: it is looked at again until something is known.
 */
export class OwnLog {
  private isStopped = false;

  constructor(private readonly context: OwnLogContext) {}

  stop(): void {
    this.isStopped = true;
  }

  async read(): Promise<void> {
    const link = this.context.link();
    if (link === undefined) return;
    try {
      await this.applySettled(link);
    } catch (error) {
      const loss = lossOf(error);
      if (loss) this.context.lost(loss);
      else this.readLater(error);
    }
  }

  private async applySettled(link: VoterLink): Promise<void> {
    const { store } = this.context;
    await link.refresh();
    const { revision } = link.log.settled;
    while (store.revision < revision)
      for (const record of await link.records(store.revision + 1))
        if (record.record.revision <= revision) this.context.apply(record);
  }

  private readLater(error: unknown): void {
    this.context.unread(error);
    this.context.clock.after(AGAIN_MS, () => {
      if (!this.isStopped && this.context.store.revision === 0) void this.read();
    });
  }
}
