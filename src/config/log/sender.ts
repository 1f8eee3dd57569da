import type { Clock, Timer } from '../../platform/platform.js';
import type { Problem } from '../error.js';
import type { Server } from '../members.js';
import { RecentRecords } from '../recent-records.js';
import type { Store } from '../store.js';
import type { VoterLength } from './entry.js';
import { compareEpochs, type Epoch } from './epoch.js';
import { type LostVote, lossOf } from './lost-vote.js';
import type { SealedRecord } from './record.js';
import { AppendRefused, EpochLost, type VoterLink } from './voter-link.js';
import { voterTrouble } from './voter-trouble.js';
import { isForWriting } from './waited.js';

export interface SenderContext {
  readonly clock: Clock;
  readonly store: Store;
  lengths(): readonly VoterLength[];
  /** This voter has acknowledged more. */
  acknowledged(): void;
  lost(why: string): void;
  /** What is the matter with this voter's log, when that becomes another thing; undefined: nothing any more. */
  trouble(trouble: Problem | undefined): void;
  /** Committed records from a revision on, from any log. */
  fetch(from: number): Promise<readonly SealedRecord[]>;
}

const MAX_ENTRY_RECORD_BYTES = 4 * 1024 * 1024;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 1000;
/** A log that has lost its vote is looked at again only because the right disk may come back. */
const LOST_RETRY_MS = 10_000;

/**
 * Keeps one voter's log going for one leader: one append at a time, everything that the voter lacks, in order; what has
 * piled up meanwhile travels together. A voter that fails is tried again for as long as the leader leads.
 */
export class Sender {
  /** The voter holds everything up to here, durable, under this epoch or settled before. */
  acknowledged = 0;
  /** It can be asked; while its disk refuses entries, too. */
  isUp = false;
  trouble: Problem | undefined;
  /** Why this log may not vote until it is replaced; null while it may. */
  lost: LostVote | null = null;
  private pending: readonly SealedRecord[] = [];
  /** For a voter that lags a little, so that no log need be read. */
  private readonly recent = new RecentRecords();
  private isRunning = false;
  private isStopped = false;
  private retryMs = FIRST_RETRY_MS;
  private timer: Timer | undefined;

  constructor(
    readonly server: Server,
    readonly link: VoterLink,
    private readonly epoch: Epoch,
    private readonly context: SenderContext,
  ) {}

  get isUpToDate(): boolean {
    return this.isUp && this.acknowledged >= this.last;
  }

  private get last(): number {
    return Math.max(this.context.store.revision, this.pending.at(-1)?.record.revision ?? 0);
  }

  start(): void {
    this.run();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** The batch that is to be accepted now. */
  offer(batch: readonly SealedRecord[]): void {
    this.pending = batch;
    for (const record of batch) this.recent.add(record);
    this.run();
  }

  /** Something is not as it should be: look at the whole log again, and find out who leads. */
  suspect(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.run();
  }

  private run(): void {
    if (this.isRunning || this.isStopped || this.timer) return;
    this.isRunning = true;
    this.work().then(
      () => {
        this.isRunning = false;
        if (!this.isStopped && (!this.isUp || this.acknowledged < this.last)) this.run();
      },
      (error: unknown) => {
        this.isRunning = false;
        this.failed(error);
      },
    );
  }

  private async work(): Promise<void> {
    if (!this.isUp || !this.link.attached) await this.attach();
    while (this.acknowledged < this.last && !this.isStopped) {
      const records = await this.nextRecords();
      await this.link.append(
        this.epoch,
        {
          kind: 'accept',
          first: this.acknowledged + 1,
          records: records.map(({ bytes }) => bytes),
        },
        this.context.store.mark,
        this.context.lengths(),
        records.map(({ hash }) => hash),
      );
      this.acknowledged += records.length;
      this.note(undefined);
      if (!this.isStopped) this.context.acknowledged();
    }
  }

  private async attach(): Promise<void> {
    this.isUp = false;
    await this.link.refresh();
    if (compareEpochs(this.link.log.promised, this.epoch) > 0)
      throw new EpochLost(this.link.log.promised);
    this.link.log.settle(this.context.store.mark);
    this.acknowledged = Math.min(this.link.log.settled.revision, this.context.store.revision);
    this.isUp = true;
    this.lost = null;
    if (!isForWriting(this.trouble) || this.acknowledged >= this.last) this.note(undefined);
  }

  private note(trouble: Problem | undefined): void {
    if (trouble === undefined) this.retryMs = FIRST_RETRY_MS;
    const isNews = trouble?.code !== this.trouble?.code;
    this.trouble = trouble;
    if (isNews) this.context.trouble(trouble);
  }

  /** What comes after `acknowledged`, as much as one entry takes: from memory, or what one read of a log gives. */
  private async nextRecords(): Promise<readonly SealedRecord[]> {
    const from = this.acknowledged + 1;
    const held = this.heldFrom(from);
    const found = held.length > 0 ? held : await this.context.fetch(from);
    if (found.length === 0) throw new Error(`no log holds revision ${from}`);
    let bytes = 0;
    const fits = ({ bytes: { length } }: SealedRecord): boolean => {
      bytes += length;
      return bytes <= MAX_ENTRY_RECORD_BYTES;
    };
    const end = found.findIndex((record) => !fits(record));
    return end === -1 ? found : found.slice(0, Math.max(1, end));
  }

  /** What is kept of earlier batches, and all of this one, which no log is sure to hold yet. */
  private heldFrom(from: number): readonly SealedRecord[] {
    const found = this.recent.from(from);
    const first = this.pending[0]?.record.revision;
    const next = from + found.length;
    if (first === undefined || next < first) return found;
    return [...found, ...this.pending.slice(next - first)];
  }

  private failed(error: unknown): void {
    if (this.isStopped) return;
    if (error instanceof EpochLost) {
      this.stop();
      this.context.lost(error.message);
      return;
    }
    const loss = lossOf(error) ?? null;
    // What has never acknowledged anything has lost nothing: a new server makes its log when it hears that it is listed.
    const isNew = loss?.kind === 'missing' && this.link.acknowledged === 0;
    const lost = isNew ? null : loss;
    if (!(error instanceof AppendRefused)) this.isUp = false;
    this.note(voterTrouble(this.server, isNew ? new Error('its log is not made yet') : error));
    this.lost = lost;
    this.timer = this.context.clock.after(lost === null ? this.retryMs : LOST_RETRY_MS, () => {
      this.timer = undefined;
      this.run();
    });
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }
}
