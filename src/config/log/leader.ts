import type { Clock, Timer } from '../../platform/platform.js';
import { BatchView, type Command, evaluate } from '../command.js';
import { ConfigError, type Problem } from '../error.js';
import { type Members, majority, type Server, voters } from '../members.js';
import { SharedRound } from '../shared-round.js';
import type { Outcome, Store } from '../store.js';
import { isUndisturbedByMajority } from './confirmation.js';
import { MAX_RECORD_BYTES } from './entry.js';
import type { Epoch } from './epoch.js';
import type { Loss } from './lost-vote.js';
import { notAccepted, tooLarge, unknownOutcome } from './outcome-errors.js';
import { type Change, changesMembers, type SealedRecord, sealRecord } from './record.js';
import { Refusals } from './refusals.js';
import { Sender } from './sender.js';
import type { VoterLink } from './voter-link.js';
import { isForWriting, type Waited } from './waited.js';

/** One waiting request. */
export interface Proposal {
  readonly requestId: string;
  readonly author: string;
  readonly command: Command;
  readonly timeoutMs: number;
}

interface Waiting extends Proposal {
  resolve(outcome: Outcome): void;
  reject(error: ConfigError): void;
  timer: Timer | undefined;
  /** Set once it is part of a batch. */
  outcome: Outcome | undefined;
}

interface Refused {
  readonly waiting: Waiting;
  readonly why: ConfigError;
}

interface Batch {
  /** When it was made: everything that acknowledged it did so later. */
  readonly sinceMs: number;
  readonly records: readonly SealedRecord[];
  readonly waiting: readonly Waiting[];
  /** Refused in view of records of this batch, or of what they follow: no sooner true than these are committed. */
  readonly refused: readonly Refused[];
}

export interface LeaderContext {
  /** This node's id. */
  readonly self: string;
  readonly store: Store;
  readonly clock: Clock;
  /** The list in force: the store's, or while that has none the one remembered. */
  members(): Members;
  link(server: Server): VoterLink;
  /** Applies one committed record to the store and whatever hangs on it. */
  apply(record: SealedRecord): void;
  /** A batch has been committed and applied: tell followers and watchers. Up to `sinceMs` nobody else led. */
  committed(sinceMs: number): void;
  /** This leader is none any more. Called once. */
  lost(why: string): void;
  /** What an administrator should know of one voter's log; undefined: that is over. */
  trouble(server: Server, trouble: Problem | undefined): void;
}

/** How much one batch may carry, unless its first record alone is larger. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_BATCH_RECORDS = 512;
const MAX_WAITING = 10_000;

/**
 * The holder of an epoch: orders what is proposed, has it accepted by a majority of the voters, one batch at a time
 * (protocol, section 3, `commit`). Made after a take-over with what that found.
 */
export class Leader {
  private readonly senders = new Map<string, Sender>();
  private readonly queue: Waiting[] = [];
  private batch: Batch | undefined;
  private recovered: SealedRecord[];
  private readonly confirmRound = new SharedRound(() => this.confirm());
  private isOver = false;
  private isServing = false;
  private readonly serving: { resolve(): void; reject(error: Error): void }[] = [];
  private readonly refusals = new Refusals();
  private readonly inFlight = new Map<string, Promise<Outcome>>();

  constructor(
    readonly epoch: Epoch,
    recovered: readonly SealedRecord[],
    private readonly context: LeaderContext,
  ) {
    this.recovered = [...recovered];
  }

  /** Step 3: commits what was open, or a no-op; answers when that is done and requests can be served. */
  async begin(): Promise<void> {
    this.syncSenders();
    if (this.recovered.length === 0) this.recovered = [this.noOp()];
    const served = new Promise<void>((resolve, reject) => this.serving.push({ resolve, reject }));
    this.next();
    await served;
  }

  private noOp(): SealedRecord {
    const { mark } = this.context.store;
    return sealRecord({
      revision: mark.revision + 1,
      previous: mark.hash,
      timeMs: this.context.clock.wallMs(),
      requestId: '',
      author: this.context.self,
      changes: [],
    });
  }

  /** Asks for a change; the answer comes when a majority has it, or a ConfigError by the deadline. */
  propose(proposal: Proposal): Promise<Outcome> {
    const refusal = this.refusals.get(proposal.requestId);
    if (refusal) return Promise.reject(refusal);
    const twin = proposal.requestId === '' ? undefined : this.inFlight.get(proposal.requestId);
    if (twin) return twin;
    const outcome = new Promise<Outcome>((resolve, reject) => {
      if (this.isOver || this.isBlocked || this.queue.length >= MAX_WAITING)
        return reject(notAccepted(this.waitsFor()));
      const waiting: Waiting = {
        ...proposal,
        resolve,
        reject,
        timer: undefined,
        outcome: undefined,
      };
      waiting.timer = this.context.clock.after(proposal.timeoutMs, () => this.expire(waiting));
      this.queue.push(waiting);
      this.next();
    });
    if (proposal.requestId !== '') this.inFlight.set(proposal.requestId, outcome);
    const forget = () => void this.inFlight.delete(proposal.requestId);
    outcome.then(forget, forget);
    return outcome;
  }

  private expire(waiting: Waiting): void {
    const at = this.queue.indexOf(waiting);
    if (at !== -1) this.queue.splice(at, 1);
    const waited = this.waitsFor();
    waiting.reject(waiting.outcome ? unknownOutcome(waited) : notAccepted(waited));
  }

  /** Voters that have not acknowledged everything. */
  waitsFor(): Waited[] {
    return voters(this.context.members())
      .filter((server) => !this.senders.get(server.voter)?.isUpToDate)
      .map((server) => ({ name: server.name, trouble: this.trouble(server.voter) }));
  }

  /** What keeps a voter's log from taking entries, where that is known. */
  trouble(voter: string): Problem | undefined {
    return this.senders.get(voter)?.trouble;
  }

  /** So many disks have no room for one more entry that there is no majority: no need to wait. */
  private get isBlocked(): boolean {
    const list = voters(this.context.members());
    const blocked = list.filter(({ voter }) => isForWriting(this.trouble(voter))).length;
    return blocked > 0 && list.length - blocked < majority(list.length);
  }

  /** The revision up to which a server's log is known to hold everything. */
  acknowledged(voter: string): number {
    return this.senders.get(voter)?.acknowledged ?? 0;
  }

  /** Why a voter's log may not vote until it is replaced; null while it may. */
  lostVote(voter: string): Loss | null {
    const lost = this.senders.get(voter)?.lost;
    return lost ? { kind: lost.kind, message: lost.message } : null;
  }

  isVoterUp(voter: string): boolean {
    return this.senders.get(voter)?.isUp ?? false;
  }

  /** Stops leading; what waits is answered. */
  end(why: string): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const sender of this.senders.values()) sender.stop();
    const waited = this.waitsFor();
    for (const waiting of this.batch?.waiting ?? []) this.settle(waiting, unknownOutcome(waited));
    for (const { waiting } of this.batch?.refused ?? []) this.settle(waiting, notAccepted(waited));
    for (const waiting of this.queue.splice(0)) this.settle(waiting, notAccepted(waited));
    for (const { reject } of this.serving.splice(0)) reject(new Error(why));
    this.context.lost(why);
  }

  get isEnded(): boolean {
    return this.isOver;
  }

  private settle(waiting: Waiting, result: Outcome | ConfigError): void {
    waiting.timer?.cancel();
    if (result instanceof ConfigError) waiting.reject(result);
    else waiting.resolve(result);
  }

  /** Starts the next batch unless one is under way. */
  private next(): void {
    if (this.isOver || this.batch) return;
    this.batch = this.recovered.length > 0 ? this.recoveredBatch() : this.requestBatch();
    if (this.batch) for (const sender of this.senders.values()) sender.offer(this.batch.records);
  }

  private get nowMs(): number {
    return this.context.clock.monotonicMs();
  }

  /** Up to and with the first change of the list, which must be committed before anything after it. */
  private recoveredBatch(): Batch {
    const list = this.recovered.findIndex(changesMembers);
    const count = list === -1 ? this.recovered.length : list === 0 ? 1 : list;
    return {
      sinceMs: this.nowMs,
      records: this.recovered.splice(0, count),
      waiting: [],
      refused: [],
    };
  }

  private requestBatch(): Batch | undefined {
    if (!this.isServing || this.queue.length === 0) return undefined;
    const records: SealedRecord[] = [];
    const waiting: Waiting[] = [];
    const refused: Refused[] = [];
    const view = new BatchView(this.context.store);
    let bytes = 0;
    while (this.queue.length > 0 && records.length < MAX_BATCH_RECORDS && bytes < MAX_BATCH_BYTES) {
      const head = this.queue[0];
      if (head === undefined || (head.command.op === 'system' && records.length > 0)) break;
      this.queue.shift();
      const sealed = this.decide(head, view, records, refused);
      if (sealed === undefined) continue;
      records.push(sealed);
      waiting.push(head);
      bytes += sealed.bytes.length;
      if (head.command.op === 'system') break;
    }
    if (records.length > 0) return { sinceMs: this.nowMs, records, waiting, refused };
    this.confirmRefused(refused);
    return undefined;
  }

  /** Evaluates one request on the state with the batch so far; one that was done before is answered at once. */
  private decide(
    waiting: Waiting,
    view: BatchView,
    before: readonly SealedRecord[],
    refused: Refused[],
  ): SealedRecord | undefined {
    const repeated = this.context.store.outcome(waiting.requestId);
    if (waiting.requestId !== '' && repeated !== undefined) {
      this.settle(waiting, repeated);
      return undefined;
    }
    try {
      return this.seal(waiting, evaluate(waiting.command, view), view, before);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refused.push({ waiting, why: error });
      return undefined;
    }
  }

  /** A refusal tells of the state, as a read does: who is no leader any more may not give it. */
  private confirmRefused(refused: readonly Refused[]): void {
    if (refused.length === 0) return;
    this.confirmRound.join().then(
      () => {
        for (const { waiting, why } of refused) this.refuse(waiting, why);
      },
      () => {
        const waited = this.waitsFor();
        for (const { waiting } of refused) this.settle(waiting, notAccepted(waited));
      },
    );
  }

  private refuse(waiting: Waiting, why: ConfigError): void {
    this.refusals.add(waiting.requestId, why);
    this.settle(waiting, why);
  }

  private seal(
    waiting: Waiting,
    changes: readonly Change[],
    view: BatchView,
    before: readonly SealedRecord[],
  ): SealedRecord {
    const last = before.at(-1);
    const { mark } = this.context.store;
    const sealed = sealRecord({
      revision: (last?.record.revision ?? mark.revision) + 1,
      previous: last?.hash ?? mark.hash,
      timeMs: this.context.clock.wallMs(),
      requestId: waiting.requestId,
      author: waiting.author,
      changes,
    });
    if (sealed.bytes.length > MAX_RECORD_BYTES) throw tooLarge(sealed.bytes.length);
    view.lay(changes, sealed.record.revision);
    waiting.outcome = { revision: sealed.record.revision, changes: changes.length };
    return sealed;
  }

  /** One sender per server of the list; learners receive and do not count. */
  private syncSenders(): void {
    const wanted = new Map(this.context.members().servers.map((server) => [server.voter, server]));
    for (const [voter, sender] of this.senders)
      if (!wanted.has(voter)) {
        sender.stop();
        this.senders.delete(voter);
      }
    for (const [voter, server] of wanted) {
      if (this.senders.has(voter)) continue;
      const sender = new Sender(server, this.context.link(server), this.epoch, {
        clock: this.context.clock,
        store: this.context.store,
        lengths: () => this.lengths(),
        acknowledged: () => this.count(),
        lost: (why) => this.end(why),
        trouble: (trouble) => this.context.trouble(server, trouble),
        fetch: (from) => this.fetch(from),
      });
      this.senders.set(voter, sender);
      sender.start();
    }
  }

  private lengths(): { voter: string; length: number }[] {
    return [...this.senders].map(([voter, { link }]) => ({ voter, length: link.acknowledged }));
  }

  /** Committed records from a revision on, as many as one read gives, from whichever log has them. */
  private async fetch(from: number): Promise<readonly SealedRecord[]> {
    const { mark } = this.context.store;
    for (const { link } of this.senders.values()) {
      if (!link.attached) continue;
      link.log.settle(mark);
      if (from > link.log.settled.revision) continue;
      const records = await link.records(from).catch(() => []);
      const committed = records.filter(({ record }) => record.revision <= mark.revision);
      if (committed.length > 0) return committed;
    }
    return [];
  }

  /** Reads committed records back, for a follower that lags; none where no log has them just now. */
  committedRecords(from: number): Promise<readonly SealedRecord[]> {
    return this.fetch(from);
  }

  /** A voter has acknowledged something: is the batch committed? */
  private count(): void {
    const { batch } = this;
    const last = batch?.records.at(-1)?.record.revision;
    if (batch === undefined || last === undefined || this.isOver) return;
    const list = voters(this.context.members());
    const have = list.filter((server) => this.acknowledged(server.voter) >= last).length;
    if (have < majority(list.length)) return;
    this.batch = undefined;
    for (const record of batch.records) this.context.apply(record);
    this.syncSenders();
    for (const waiting of batch.waiting) if (waiting.outcome) this.settle(waiting, waiting.outcome);
    for (const { waiting, why } of batch.refused) this.refuse(waiting, why);
    if (!this.isServing && this.recovered.length === 0) this.serve();
    this.context.committed(batch.sinceMs);
    this.next();
  }

  private serve(): void {
    this.isServing = true;
    for (const { resolve } of this.serving.splice(0)) resolve();
  }

  /**
   * The revision at which a read that arrived before this call may be answered: a majority of the logs held nothing that
   * this leader had not written, at a moment after the call. Throws HFS-2001 otherwise.
   */
  async confirm(): Promise<number> {
    // What was found open may have been acknowledged by another leader: nothing is read before it is committed.
    if (!this.isServing) throw notAccepted(this.waitsFor());
    const { revision } = this.context.store;
    const senders = voters(this.context.members()).map(({ voter }) => this.senders.get(voter));
    const isConfirmed = await isUndisturbedByMajority(senders, this.epoch);
    if (!isConfirmed || this.isOver) throw notAccepted(this.waitsFor());
    return revision;
  }
}
