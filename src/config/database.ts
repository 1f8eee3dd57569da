import { sleep } from '../platform/platform.js';
import { AppliedWaiters } from './applied-waiters.js';
import { CatchUpNote } from './catch-up-note.js';
import type { Command } from './command.js';
import type { DatabaseContext } from './database-context.js';
import { ConfigError } from './error.js';
import { Forwarder } from './forwarder.js';
import { Leadership } from './leadership.js';
import { type Epoch, isSameEpoch } from './log/epoch.js';
import { readLengths } from './log/known-lengths.js';
import type { Loss } from './log/lost-vote.js';
import { notAccepted, unknownOutcome } from './log/outcome-errors.js';
import { openRecord, type SealedRecord } from './log/record.js';
import type { VoterLink } from './log/voter-link.js';
import type { Waited } from './log/waited.js';
import { isRetired, type Members, type Server } from './members.js';
import { decodeMessage, encodeMessage } from './message.js';
import { OwnLog } from './own-log.js';
import { isForRoom, isPassing, isUnknown, toConfigError } from './passing-errors.js';
import { decodeAnswer } from './peer-answer.js';
import { PeerError, type PeerVerb } from './peers.js';
import { Places } from './places.js';
import { RecentRecords } from './recent-records.js';
import { RememberedLengths } from './remembered-lengths.js';
import { SharedRound } from './shared-round.js';
import { type Outcome, Store } from './store.js';
import {
  type AnswerMark,
  decodeProposals,
  type InquireAnswer,
  type InquireWords,
  type LeaderHint,
  type ProposeAnswer,
  type PushAnswer,
  type PushWords,
  type ServerSight,
} from './words.js';

const RETRY_MS = 40;
const READ_INDEX_MS = 2000;

/**
 * The config database on one node: answers reads from its applied state, and has changes committed by whoever leads.
 */
export class ConfigDatabase {
  readonly store = new Store();
  private readonly recent = new RecentRecords();
  private readonly lengths: RememberedLengths;
  private readonly leadership: Leadership;
  private readonly places: Places;
  private readonly ownLog: OwnLog;
  private readonly readRound = new SharedRound(() => this.askReadIndex());
  private readonly confirmRound = new SharedRound(() => this.confirm());
  private readonly appliedWaiters: AppliedWaiters;
  private confirmedMs = Number.NEGATIVE_INFINITY;
  private wasRetired = false;
  private ownLoss = '';
  private readonly catchUpNote: CatchUpNote;
  private forwarder: { readonly address: string; readonly to: Forwarder } | undefined;

  constructor(private readonly context: DatabaseContext) {
    const { self, instance, cluster, clock, random, peers } = context;
    this.appliedWaiters = new AppliedWaiters(clock, this.store);
    this.lengths = new RememberedLengths(clock, context.lengths, (lengths) =>
      context.rememberLengths(lengths),
    );
    this.places = new Places({
      ...{ self, peers, own: context.place },
      members: () => this.members,
      moved: (server) => this.moved(server),
      doubled: (server, address) => context.doubled?.(server, address),
    });
    this.catchUpNote = new CatchUpNote((message, fields) => context.log('info', message, fields));
    this.ownLog = new OwnLog({
      ...{ clock, store: this.store },
      link: () => this.ownLink,
      apply: (record) => this.apply(record),
      lost: (loss) => this.noteOwnLogLost(loss),
      unread: (error) =>
        context.log('debug', 'own log could not be read', { error: String(error) }),
    });
    this.leadership = new Leadership({
      ...{ self, instance, cluster, clock, random, peers, store: this.store },
      listed: () => context.listed(),
      members: () => this.placed,
      places: this.places,
      acceptor: (server) => context.acceptor(server),
      release: (voter) => context.release(voter),
      apply: (record) => this.apply(record),
      recent: (from) => this.recent.from(from),
      confirmed: (atMs) => this.noteConfirmed(atMs),
      ageMs: () => this.ageMs,
      confirm: () => this.confirmRound.join(),
      known: this.lengths.known,
      ownLogLost: (loss) => this.noteOwnLogLost(loss),
      retired: () => this.noteRetired(),
      changeMembers: (list, id, timeoutMs) => this.changeMembers(list, id, timeoutMs),
      log: (level, message, fields) => context.log(level, message, fields),
    });
  }

  /**
   * The newest list that is known to be committed: applied, or remembered by the node. Older ones need not be walked through: a
   * majority of this one holds what theirs have committed, and one of their servers may be gone for good.
   */
  get members(): Members {
    const { members: applied } = this.store;
    return applied.epoch >= this.context.members.epoch ? applied : this.context.members;
  }

  /** The same, each server where it is now. */
  get placed(): Members {
    return this.places.over(this.members);
  }

  get isLeading(): boolean {
    return this.leadership.leader !== undefined;
  }

  get epoch(): Epoch {
    return this.leadership.highest;
  }

  /** Who leads and was heard lately. */
  get leaderHint(): LeaderHint | undefined {
    return this.leadership.heard;
  }

  /** Milliseconds since this node last knew that its state was the newest; null: never. */
  get ageMs(): number | null {
    const age = this.context.clock.monotonicMs() - this.confirmedMs;
    return Number.isFinite(age) ? Math.max(0, Math.round(age)) : null;
  }

  /** The servers as the leader sees them; none where this node hears no leader. */
  get sights(): readonly ServerSight[] {
    return this.leadership.sights;
  }

  /** What hangs in this node's own work, for a watchdog; undefined while it goes on. */
  get standstill(): string | undefined {
    return this.leadership.standstill;
  }

  /** The servers that a write waits for while there is no majority. */
  waitsFor(): readonly Waited[] {
    return this.leadership.leader?.waitsFor() ?? this.leadership.missing;
  }

  /** Reads this node's own log, so that committed values are there at once; then follows or takes over. */
  async start(): Promise<void> {
    await this.ownLog.read();
    this.leadership.start();
  }

  stop(): void {
    this.ownLog.stop();
    this.lengths.flush();
    this.leadership.stop();
  }

  private get ownLink(): VoterLink | undefined {
    const self = this.placed.servers.find((server) => server.node === this.context.self);
    return self && this.leadership.link(self);
  }

  private moved(server: Server): void {
    this.context.moved?.(server);
    this.leadership.moved();
  }

  private noteConfirmed(atMs: number): void {
    this.confirmedMs = Math.max(this.confirmedMs, atMs);
  }

  /** Commits a list that was worked out from the present one; refused where another change came first. */
  changeMembers(list: Members, requestId: string, timeoutMs: number): Promise<Outcome> {
    const command: Command = {
      op: 'system',
      changes: [{ type: 'members', json: JSON.stringify(list) }],
      ifMembers: list.epoch - 1,
    };
    return this.propose(command, requestId, timeoutMs);
  }

  private apply(record: SealedRecord): void {
    if (record.record.revision <= this.store.revision) return;
    const touched = this.store.apply(record);
    this.recent.add(record);
    this.appliedWaiters.wake();
    this.context.applied(record, touched);
    if (isRetired(this.store.members, this.context.self)) this.noteRetired();
  }

  private noteRetired(): void {
    if (this.wasRetired) return;
    this.wasRetired = true;
    this.context.retired();
  }

  private noteOwnLogLost({ kind, message }: Loss): void {
    if (this.ownLoss === message) return;
    this.ownLoss = message;
    this.context.ownLogLost({ kind, message });
  }

  /** Commits a change wherever the leader is. A ConfigError by the deadline says what became of it. */
  async propose(command: Command, requestId: string, timeoutMs: number): Promise<Outcome> {
    const deadline = this.context.clock.monotonicMs() + timeoutMs;
    let isSent = false;
    for (;;) {
      const left = deadline - this.context.clock.monotonicMs();
      if (left <= 0) throw isSent ? unknownOutcome(this.waitsFor()) : notAccepted(this.waitsFor());
      try {
        return await this.proposeOnce(command, requestId, left);
      } catch (error) {
        isSent ||= isUnknown(error);
        if (!isPassing(error))
          throw isSent && isForRoom(error) ? unknownOutcome(this.waitsFor()) : toConfigError(error);
      }
      await sleep(this.context.clock, Math.min(RETRY_MS, Math.max(1, left)));
    }
  }

  private async proposeOnce(
    command: Command,
    requestId: string,
    timeoutMs: number,
  ): Promise<Outcome> {
    const { leader } = this.leadership;
    if (leader) return leader.propose({ requestId, author: this.context.self, command, timeoutMs });
    const to = this.leadership.forwardTo;
    if (to === undefined) throw notAccepted(this.waitsFor());
    const proposal = { requestId, author: this.context.self, timeoutMs, epoch: to.epoch, command };
    return this.forwarderTo(to.address).propose(proposal);
  }

  private forwarderTo(address: string): Forwarder {
    if (this.forwarder?.address !== address)
      this.forwarder = { address, to: new Forwarder(this.context.peers, address) };
    return this.forwarder.to;
  }

  /**
   * Settles when this node's state holds everything that was committed before the call. Throws HFS-2001 by the deadline.
   */
  async catchUp(timeoutMs: number): Promise<void> {
    const deadline = this.context.clock.monotonicMs() + timeoutMs;
    for (;;) {
      const left = deadline - this.context.clock.monotonicMs();
      if (left <= 0) throw notAccepted(this.waitsFor());
      try {
        const index = await this.readRound.join();
        if (await this.appliedWaiters.until(index, deadline - this.context.clock.monotonicMs()))
          return;
      } catch (error) {
        if (!isPassing(error)) throw toConfigError(error);
        await sleep(this.context.clock, Math.min(RETRY_MS, Math.max(1, left)));
      }
    }
  }

  private async confirm(): Promise<number> {
    const { leader } = this.leadership;
    if (leader === undefined) throw notAccepted(this.waitsFor());
    // The logs were looked at after this moment; when their answers are read is another matter.
    const atMs = this.context.clock.monotonicMs();
    const index = await leader.confirm();
    this.noteConfirmed(atMs);
    return index;
  }

  private async askReadIndex(): Promise<number> {
    if (this.isLeading) return this.confirmRound.join();
    const address = this.leadership.forwardTo?.address;
    if (address === undefined) throw notAccepted(this.waitsFor());
    const answer = await this.context.peers.call(
      address,
      'read-index',
      encodeMessage({ node: this.context.self }),
      READ_INDEX_MS,
    );
    const { revision } = decodeAnswer<{ revision: number }>(address, answer).json;
    if (typeof revision !== 'number')
      throw new PeerError(address, 'unknown', 'an answer without a revision');
    return revision;
  }

  /** Answers another node. Throws a ConfigError that travels back. */
  async answer(verb: PeerVerb, body: Buffer): Promise<Buffer> {
    switch (verb) {
      case 'push':
        return encodeMessage(this.pushed(body));
      case 'inquire':
        return encodeMessage(this.inquired(body));
      case 'propose':
        return encodeMessage({ answers: await this.proposed(body) });
      case 'read-index':
        return encodeMessage(await this.indexed(body));
      default:
        throw new ConfigError(
          'HFS-1001',
          `${verb} is no question for a database`,
          'unknown verb',
          'are all nodes on the same release?',
        );
    }
  }

  /** Each request of a message is answered by itself, and only by the leader that it was meant for. */
  private proposed(body: Buffer): Promise<ProposeAnswer[]> {
    const answers = decodeProposals(body).map(async ({ epoch, ...proposal }) => {
      const { leader } = this.leadership;
      try {
        if (leader === undefined || !isSameEpoch(leader.epoch, epoch))
          throw notAccepted(this.waitsFor());
        return await leader.propose(proposal);
      } catch (error) {
        if (error instanceof ConfigError) return { problem: error.toJSON() };
        throw error;
      }
    });
    return Promise.all(answers);
  }

  /** The asker has to apply as much before it answers its reader: it gets it at once. */
  private async indexed(body: Buffer): Promise<{ readonly revision: number }> {
    const { node } = decodeMessage<{ node: string }>(body).json;
    if (!this.isLeading) throw notAccepted(this.waitsFor());
    const revision = await this.confirmRound.join();
    if (typeof node === 'string') this.leadership.hurry(node);
    return { revision };
  }

  private pushed(body: Buffer): PushAnswer {
    const { json, blobs } = decodeMessage<PushWords>(body);
    const { leader, from, commit, ageMs, servers } = json;
    if (leader === undefined || typeof from !== 'number' || typeof commit !== 'number')
      throw new ConfigError(
        'HFS-1001',
        'a push without its fields',
        'unintelligible',
        'are all nodes on the same release?',
      );
    this.lengths.known.noteAll(readLengths(json.lengths));
    const isFollowing = this.leadership.follow(leader, ageMs ?? null, servers ?? []);
    if (isFollowing) this.catchUpNote.behind(this.store.revision, commit, this.ageMs);
    if (isFollowing && !this.leadership.isTakingOver) this.take(from, blobs);
    if (isFollowing && this.store.revision >= commit)
      this.catchUpNote.reached(this.store.revision, leader.node);
    if (isFollowing && this.store.revision >= commit && typeof ageMs === 'number')
      this.noteFresh(ageMs, json.answered ?? null);
    const mark = { instance: this.context.instance, sentMs: this.context.clock.monotonicMs() };
    return { mark, applied: this.store.revision, counter: this.epoch.counter, isFollowing };
  }

  /**
   * How long a push was on its way nobody knows: this process may have stood still in front of it. But it was made after
   * the answer whose mark it brings back, so what it says is no older than from then.
   */
  private noteFresh(ageMs: number, answered: AnswerMark | null): void {
    if (answered?.instance === this.context.instance) this.noteConfirmed(answered.sentMs - ageMs);
  }

  /** Each record gets bytes of its own: a value that is kept must not keep the whole message. */
  private take(from: number, blobs: readonly Buffer[]): void {
    if (from > this.store.revision + 1) return;
    for (const blob of blobs.slice(this.store.revision + 1 - from))
      this.apply(openRecord(Buffer.from(blob)));
  }

  private inquired(body: Buffer): InquireAnswer {
    const { node, list, isWithoutLeader, place } = decodeMessage<InquireWords>(body).json;
    if (typeof node === 'string' && isWithoutLeader === true) this.leadership.isMissed(node);
    const { members, places } = this;
    const { own } = places;
    places.heard(node, place);
    return {
      node: this.context.self,
      instance: this.context.instance,
      cluster: this.context.cluster,
      applied: this.store.revision,
      counter: this.epoch.counter,
      leader: this.leadership.confirmed ?? null,
      lengths: this.lengths.known.all(),
      isAskerRetired: typeof node === 'string' && isRetired(members, node),
      ...(typeof list === 'number' && list < members.epoch ? { members } : {}),
      ...(own ? { place: own } : {}),
    };
  }
}
