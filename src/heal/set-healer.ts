import { FopError } from '../fop/error.js';
import type { Gfid } from '../fop/gfid.js';
import type { Clock, Timer } from '../platform/platform.js';
import type { InodeHeal, ReplicaHealer } from '../xlators/cluster/replicate/heal/replica-healer.js';
import type { Pace } from '../xlators/cluster/replicate/heal/session.js';
import type { Bandwidth } from './bandwidth.js';
import type { HealLimits, KeptVersion, PendingInode, SetStatus } from './healer.js';
import { Progress } from './progress.js';
import { whyPending } from './why-pending.js';

/** After a child comes up others may follow at once; lists are read when they have. */
const SETTLE_MS = 100;
const RETRY_MS = 5000;
const MAX_TOLD = 100;
/** Of one look: more come with the next one. */
const MAX_AT_ONCE = 100_000;

/** Heals one replica set. */
export class SetHealer {
  private readonly progress: Progress;
  private readonly pending = new Map<Gfid, string>();
  private readonly kept: KeptVersion[] = [];
  private readonly pace: Pace;
  private listening: (() => void)[] = [];
  private timer: Timer | undefined;
  private working: Promise<void> | undefined;
  /** Somebody wants another look after the one under way. */
  private isWanted = false;
  private isStopped = false;

  constructor(
    private readonly healer: ReplicaHealer,
    private readonly clock: Clock,
    private readonly limits: HealLimits,
    bandwidth: Bandwidth,
  ) {
    this.progress = new Progress(clock);
    const stopped = (): boolean => this.isStopped;
    this.pace = {
      take: async (bytes) => {
        await bandwidth.take(bytes);
        this.progress.bytesDone += bytes;
      },
      get isStopped() {
        return stopped();
      },
    };
  }

  start(): void {
    const { all } = this.healer.replica.children;
    this.listening = all.map((child) =>
      child.listen(({ event }) => {
        if (event === 'child-up') this.lookIn(SETTLE_MS);
      }),
    );
    this.lookIn(SETTLE_MS);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    for (const stop of this.listening) stop();
    await this.working;
  }

  /** One look at a time: whoever asks while one is under way gets another one after it. */
  async healNow(): Promise<void> {
    this.isWanted = true;
    this.working ??= this.work();
    await this.working;
  }

  private lookIn(ms: number): void {
    if (this.isStopped) return;
    this.timer?.cancel();
    this.timer = this.clock.after(ms, () => void this.healNow());
  }

  private async work(): Promise<void> {
    this.progress.begin();
    while (this.isWanted && !this.isStopped) {
      this.isWanted = false;
      await this.rounds();
    }
    this.working = undefined;
    const { retryMs = RETRY_MS, intervalMs = this.healer.settings.intervalMs } = this.limits;
    this.lookIn(this.pending.size > 0 ? retryMs : intervalMs);
  }

  /** What a heal makes may have to be healed itself: lists are read again as long as something comes of it. */
  private async rounds(): Promise<void> {
    while (!this.isStopped) {
      const { names, others } = await this.marked();
      this.pending.clear();
      this.progress.filesLeft = names.length + others.length;
      // What names make can be filled in the same round.
      const areNamesBetter = await this.healAll(names, others.length);
      const isBetter = (await this.healAll(others, 0)) || areNamesBetter;
      if (!isBetter && (await this.clearRoom()) === 0) return;
    }
  }

  private async marked(): Promise<{
    readonly names: readonly Gfid[];
    readonly others: readonly Gfid[];
  }> {
    const [names, others] = [new Set<Gfid>(), new Set<Gfid>()];
    for (const child of this.healer.replica.children.up)
      try {
        const found = await this.healer.lists(child);
        for (const gfid of found.names) names.add(gfid);
        for (const gfid of found.others) if (others.size < MAX_AT_ONCE) others.add(gfid);
      } catch (error) {
        if (!(error instanceof FopError)) throw error;
      }
    return { names: [...names], others: [...others].filter((gfid) => !names.has(gfid)) };
  }

  /** Whether anything has become better. */
  private async healAll(gfids: readonly Gfid[], more: number): Promise<boolean> {
    const queue = [...gfids].reverse();
    let isBetter = false;
    const run = async (): Promise<void> => {
      for (let gfid = queue.pop(); gfid !== undefined; gfid = queue.pop()) {
        if (this.isStopped) return;
        const healed = await this.healer.heal(gfid, this.pace);
        isBetter = this.note(healed) || isBetter;
        this.progress.filesLeft = more + queue.length + this.pending.size;
      }
    };
    const workers = Math.min(this.limits.parallel ?? this.healer.settings.parallel, queue.length);
    await Promise.all(Array.from({ length: workers }, run));
    return isBetter;
  }

  private note(healed: InodeHeal): boolean {
    const { gfid, result, conflicts } = healed;
    for (const name of conflicts) this.kept.push({ gfid, name });
    this.kept.splice(0, this.kept.length - MAX_TOLD);
    if (result === 'healed') this.progress.filesDone += 1;
    const why = whyPending(healed, this.healer.replica);
    if (why !== undefined) this.pending.set(gfid, why);
    // What was clean changes nothing for others, and is listed as long as a client has it in hand.
    return why === undefined && result !== 'clean';
  }

  private async clearRoom(): Promise<number> {
    try {
      return await this.healer.clearWaitingRoom();
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return 0;
    }
  }

  status(): SetStatus {
    const { name, children } = this.healer.replica;
    const { filesDone, bytesDone, filesLeft, rates } = this.progress;
    const pending: PendingInode[] = [...this.pending]
      .slice(0, MAX_TOLD)
      .map(([gfid, why]) => ({ gfid, why }));
    return {
      name,
      subvolumes: children.all.map((child, number) => ({
        name: child.name,
        isUp: children.up.includes(number),
      })),
      state: this.working ? 'working' : this.pending.size > 0 ? 'waiting' : 'idle',
      ...{ filesDone, bytesDone, filesLeft, pending },
      ...rates,
      kept: [...this.kept],
    };
  }
}
