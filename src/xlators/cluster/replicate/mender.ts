import { FopError } from '../../../fop/error.js';
import type { Gfid } from '../../../fop/gfid.js';
import { sleep } from '../../../platform/platform.js';
import type { Examiner } from './examiner.js';
import type { ReplicaHealer } from './heal/replica-healer.js';

/** How long is waited for another healer of the same inode: so many times so long. */
const MAX_TURNS = 50;
const BUSY_MS = 100;

/** Too few copies of these inodes are good for what was asked: the cause of a FopError that a heal may help against. */
export class CopiesBehind extends Error {
  constructor(
    readonly gfids: readonly Gfid[],
    why: string,
  ) {
    super(why);
  }
}

/** Heals what stands in a fop's way, and lets it try again: a copy that has come back counts once it has caught up. */
export class Mender {
  /** Heals under way; as many as there are fops under way at most. */
  private readonly under = new Map<Gfid, Promise<void>>();

  constructor(
    private readonly healer: ReplicaHealer,
    private readonly examiner: Examiner,
  ) {}

  /** Does something, and where copies are behind heals them and does it once more. */
  async run<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FopError && error.cause instanceof CopiesBehind)) throw error;
      for (const gfid of error.cause.gfids) await this.mend(gfid);
      return act();
    }
  }

  /** Whatever comes of it: who waits looks for himself. Fops that need it at the same time share one heal. */
  private mend(gfid: Gfid): Promise<void> {
    const under = this.under.get(gfid);
    if (under) return under;
    const heal = this.heal(gfid).finally(() => void this.under.delete(gfid));
    this.under.set(gfid, heal);
    return heal;
  }

  /** Another client may be at it: then that one is waited for. */
  private async heal(gfid: Gfid): Promise<void> {
    const { clock } = this.healer.replica;
    for (let turn = 1; turn <= MAX_TURNS; turn += 1) {
      const { result } = await this.healer.heal(gfid);
      this.examiner.forget(gfid);
      if (result !== 'busy') return;
      await sleep(clock, BUSY_MS);
    }
  }
}
