import type { Clock, Random, Timer } from '../platform/platform.js';
import { sleep } from '../platform/platform.js';
import type { Command } from './command.js';
import { ConfigError, isCode } from './error.js';
import type { Acceptor } from './log/acceptor.js';
import { compareEpochs, type Epoch, epochText, NO_EPOCH } from './log/epoch.js';
import { Leader, notAccepted, type Outcome, unknownOutcome } from './log/leader.js';
import type { SealedRecord } from './log/record.js';
import { openRecord } from './log/record.js';
import { NoMajority, takeOver } from './log/take-over.js';
import { EpochLost, VoterLink } from './log/voter-link.js';
import { isRetired, type Members, majority, type Server, voters, withPromoted } from './members.js';
import { decodeMessage, encodeMessage } from './message.js';
import { PeerError, type Peers, type PeerVerb } from './peers.js';
import { HEARTBEAT_MS, Pusher } from './pusher.js';
import { RecentRecords } from './recent-records.js';
import { SharedRound } from './shared-round.js';
import { Store, type Touched } from './store.js';
import {
  decodeProposal,
  encodeProposal,
  type InquireAnswer,
  type LeaderHint,
  type PushAnswer,
  type PushWords,
} from './words.js';

export interface DatabaseContext {
  /** This node's id. */
  readonly self: string;
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly peers: Peers;
  /** The last list that this node knows, from its own state: where to begin to look. */
  readonly members: Members;
  /** The acceptor of a server's log; a new one each time. */
  acceptor(server: Server): Acceptor;
  /** A record has been applied. */
  applied(record: SealedRecord, touched: Touched): void;
  /** This node is no member any more. Called once. */
  retired(): void;
  log(
    level: 'debug' | 'info' | 'warn',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** No push for this long, plus a random part of as much again: the leader is gone. */
const LEADER_SILENCE_MS = 600;
const INQUIRE_TIMEOUT_MS = 400;
const RETRY_MS = 40;
const MAX_HOPS = 2;
/** How often a node that hears no leader leaves the take-over to others that do. */
const MAX_DEFERRALS = 5;
/** A learner may be made a voter when its log and its values are this close. */
const PROMOTION_LAG = 256;

/**
 * The config database on one node: follows the leader, or takes over and leads; answers reads from its applied state.
 */
export class ConfigDatabase {
  readonly store = new Store();
  private readonly links = new Map<string, VoterLink>();
  private readonly pushers = new Map<string, Pusher>();
  private readonly recent = new RecentRecords();
  private readonly readRound = new SharedRound(() => this.askReadIndex());
  private readonly confirmRound = new SharedRound(() => this.confirm());
  private readonly appliedWaiters = new Set<() => void>();
  private leader: Leader | undefined;
  private hint: LeaderHint | undefined;
  private heardMs = Number.NEGATIVE_INFINITY;
  private confirmedMs = Number.NEGATIVE_INFINITY;
  private highest: Epoch = NO_EPOCH;
  private timer: Timer | undefined;
  private isStopped = false;
  private isTakingOver = false;
  private isPromoting = false;
  private deferrals = 0;
  private missing: readonly string[] = [];
  private wasRetired = false;

  constructor(private readonly context: DatabaseContext) {}

  /** The newest list: the applied one, or while nothing is applied the one that the node remembers. */
  get members(): Members {
    return this.store.membersRevision > 0 ? this.store.members : this.context.members;
  }

  get isLeading(): boolean {
    return this.leader !== undefined;
  }

  get epoch(): Epoch {
    return this.highest;
  }

  /** Who leads and was heard lately. */
  get leaderHint(): LeaderHint | undefined {
    if (this.leader) return this.selfHint(this.leader.epoch);
    return this.isLeaderHeard() ? this.hint : undefined;
  }

  /** Milliseconds since this node last knew that its state was the newest; null: never. */
  get ageMs(): number | null {
    const age = this.context.clock.monotonicMs() - this.confirmedMs;
    return Number.isFinite(age) ? Math.max(0, Math.round(age)) : null;
  }

  /** What this leader knows of a server's hekafsd, or null where another leads. */
  follower(
    node: string,
  ): { readonly isUp: boolean | null; readonly applied: number | null } | null {
    return this.pushers.get(node) ?? null;
  }

  /** Whether a voter's log answers this leader. */
  isVoterUp(voter: string): boolean {
    return this.leader?.isVoterUp(voter) ?? false;
  }

  /** The servers that a write waits for while there is no majority. */
  waitsFor(): readonly string[] {
    return this.leader?.waitsFor() ?? this.missing;
  }

  /** Reads this node's own log, so that committed values are there at once; then follows or takes over. */
  async start(): Promise<void> {
    await this.readOwnLog();
    this.schedule(this.context.random.int(LEADER_SILENCE_MS / 4));
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    this.leader?.end('this node stops');
    for (const link of this.links.values()) link.detach();
  }

  private async readOwnLog(): Promise<void> {
    const self = this.members.servers.find((server) => server.node === this.context.self);
    if (self === undefined) return;
    const link = this.link(self);
    try {
      await link.refresh();
      const { revision } = link.log.settled;
      while (this.store.revision < revision) {
        const record = await link.record(this.store.revision + 1);
        if (record) this.apply(record);
      }
    } catch (error) {
      this.context.log('warn', 'own log could not be read', { error: String(error) });
    }
  }

  private schedule(ms: number): void {
    this.timer?.cancel();
    if (!this.isStopped) this.timer = this.context.clock.after(ms, () => this.tick());
  }

  private tick(): void {
    const pause = LEADER_SILENCE_MS / 2 + this.context.random.int(LEADER_SILENCE_MS);
    this.schedule(this.leader ? HEARTBEAT_MS : pause);
    if (this.leader) this.promoteLearners();
    else if (!this.isLeaderHeard() && !this.isTakingOver) void this.tryTakeOver();
  }

  private isLeaderHeard(): boolean {
    return this.context.clock.monotonicMs() - this.heardMs < LEADER_SILENCE_MS;
  }

  private selfServer(): Server | undefined {
    return this.members.servers.find((server) => server.node === this.context.self);
  }

  private selfHint(epoch: Epoch): LeaderHint {
    return { epoch, node: this.context.self, address: this.selfServer()?.address ?? '' };
  }

  // Taking over

  private async tryTakeOver(): Promise<void> {
    this.isTakingOver = true;
    try {
      if (await this.mayTakeOver()) await this.lead();
    } catch (error) {
      this.takeOverFailed(error);
    } finally {
      this.isTakingOver = false;
    }
  }

  private takeOverFailed(error: unknown): void {
    if (error instanceof NoMajority) this.missing = error.missing;
    if (error instanceof EpochLost && compareEpochs(error.by, this.highest) > 0)
      this.highest = error.by;
    this.context.log('debug', 'take-over failed', { error: String(error) });
  }

  /** Asks the others first: is there a leader, am I still a member, which epochs have they met? */
  private async mayTakeOver(): Promise<boolean> {
    const others = this.members.servers.filter((server) => server.node !== this.context.self);
    const body = encodeMessage({ node: this.context.self });
    const answers = await Promise.all(others.map((server) => this.inquire(server, body)));
    if (this.isStopped || this.isLeaderHeard()) return false;
    const known = answers.filter((answer) => answer !== undefined);
    if (known.some(({ isAskerRetired }) => isAskerRetired === true)) {
      this.noteRetired();
      return false;
    }
    for (const { counter } of known) this.noteCounter(counter ?? 0);
    if (this.selfServer()?.role !== 'voter') return false;
    const heard = known.some(({ leader }) => leader && leader.node !== this.context.self);
    if (!heard || this.deferrals >= MAX_DEFERRALS) return true;
    this.deferrals++;
    return false;
  }

  private async inquire(server: Server, body: Buffer): Promise<Partial<InquireAnswer> | undefined> {
    try {
      const answer = await this.context.peers.call(
        server.address,
        'inquire',
        body,
        INQUIRE_TIMEOUT_MS,
      );
      return decodeMessage<InquireAnswer>(answer).json;
    } catch {
      return undefined;
    }
  }

  private noteCounter(counter: number): void {
    if (counter > this.highest.counter) this.highest = { counter, node: NO_EPOCH.node };
  }

  private async lead(): Promise<void> {
    for (const { log } of this.links.values()) this.noteCounter(log.promised.counter);
    const epoch = { counter: this.highest.counter + 1, node: this.context.self };
    this.highest = epoch;
    this.deferrals = 0;
    const stillMine = () => {
      if (this.isStopped || this.highest !== epoch) throw new EpochLost(this.highest);
    };
    const { open } = await takeOver(
      {
        link: (server) => this.link(server),
        mark: () => this.store.mark,
        members: () => this.members,
        apply: (record) => {
          stillMine();
          this.apply(record);
        },
      },
      epoch,
    );
    stillMine();
    await this.beginToLead(epoch, open);
  }

  private async beginToLead(epoch: Epoch, open: readonly SealedRecord[]): Promise<void> {
    const leader: Leader = new Leader(epoch, open, {
      store: this.store,
      clock: this.context.clock,
      members: () => this.members,
      link: (server) => this.link(server),
      apply: (record) => this.apply(record),
      committed: () => this.committed(leader),
      lost: (why) => this.lost(leader, why),
      trouble: (server, error) =>
        this.context.log('warn', `log of ${server.name} does not answer`, { error: String(error) }),
    });
    this.leader = leader;
    await leader.begin();
    this.missing = [];
    this.confirmedMs = this.context.clock.monotonicMs();
    this.context.log('info', 'leading', { epoch: epochText(epoch), revision: this.store.revision });
    this.syncPushers();
  }

  private lost(leader: Leader, why: string): void {
    if (this.leader !== leader) return;
    this.missing = leader.waitsFor();
    this.leader = undefined;
    for (const pusher of this.pushers.values()) pusher.stop();
    this.pushers.clear();
    if (!this.isStopped) this.context.log('info', 'leading no more', { why });
  }

  private committed(leader: Leader): void {
    this.confirmedMs = this.context.clock.monotonicMs();
    this.syncPushers();
    for (const pusher of this.pushers.values()) pusher.wake();
    if (this.selfServer()?.role === 'voter') return;
    // Leaving: whoever is told of the removal takes over.
    this.context.clock.after(HEARTBEAT_MS, () => leader.end('retired'));
  }

  private link(server: Server): VoterLink {
    let link = this.links.get(server.voter);
    if (link === undefined) {
      link = new VoterLink(server.voter, this.context.cluster, this.context.acceptor(server));
      this.links.set(server.voter, link);
    }
    return link;
  }

  private syncPushers(): void {
    const { leader } = this;
    if (leader === undefined || leader.isEnded) return;
    const wanted = new Map(this.members.servers.map((server) => [server.node, server]));
    wanted.delete(this.context.self);
    for (const [node, pusher] of this.pushers)
      if (!wanted.has(node)) {
        pusher.leave(this.store.revision);
        this.pushers.delete(node);
      }
    for (const [node, server] of wanted) {
      if (this.pushers.has(node)) continue;
      const pusher = new Pusher(server, {
        clock: this.context.clock,
        peers: this.context.peers,
        leader: this.selfHint(leader.epoch),
        commit: () => this.store.revision,
        record: async (revision) => this.recent.get(revision) ?? leader.committedRecord(revision),
        deposed: (counter) => this.deposed(leader, counter),
      });
      this.pushers.set(node, pusher);
      pusher.start();
    }
  }

  private deposed(leader: Leader, counter: number): void {
    this.noteCounter(counter);
    if (counter > leader.epoch.counter) leader.end(`epoch ${counter} is under way`);
  }

  /** A learner whose log and values have caught up becomes a voter, by a commit, one at a time. */
  private promoteLearners(): void {
    const { leader } = this;
    if (leader === undefined || this.isPromoting) return;
    const enough = this.store.revision - PROMOTION_LAG;
    const ready = this.members.servers.find(
      (server) =>
        server.role === 'learner' &&
        leader.isVoterUp(server.voter) &&
        leader.acknowledged(server.voter) >= enough &&
        (this.pushers.get(server.node)?.applied ?? 0) >= enough,
    );
    if (ready === undefined) return;
    this.isPromoting = true;
    const done = () => {
      this.isPromoting = false;
    };
    this.changeMembers(withPromoted(this.members, ready.node), `promote-${ready.voter}`, 5000).then(
      done,
      done,
    );
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

  // Applying

  private apply(record: SealedRecord): void {
    if (record.record.revision <= this.store.revision) return;
    const touched = this.store.apply(record);
    this.recent.add(record);
    for (const wake of this.appliedWaiters) wake();
    this.context.applied(record, touched);
    if (isRetired(this.store.members, this.context.self)) this.noteRetired();
  }

  private noteRetired(): void {
    if (this.wasRetired) return;
    this.wasRetired = true;
    this.context.retired();
  }

  // Requests

  /** Commits a change wherever the leader is. A ConfigError by the deadline says what became of it. */
  async propose(
    command: Command,
    requestId: string,
    timeoutMs: number,
    hops = 0,
  ): Promise<Outcome> {
    const deadline = this.context.clock.monotonicMs() + timeoutMs;
    let isSent = false;
    for (;;) {
      const left = deadline - this.context.clock.monotonicMs();
      if (left <= 0) throw isSent ? unknownOutcome(this.waitsFor()) : notAccepted(this.waitsFor());
      try {
        return await this.proposeOnce(command, requestId, left, hops);
      } catch (error) {
        isSent ||= isUnknown(error);
        if (!isPassing(error)) throw toConfigError(error);
      }
      await sleep(this.context.clock, Math.min(RETRY_MS, Math.max(1, left)));
    }
  }

  private async proposeOnce(
    command: Command,
    requestId: string,
    timeoutMs: number,
    hops: number,
  ): Promise<Outcome> {
    if (this.leader)
      return this.leader.propose({ requestId, author: this.context.self, command, timeoutMs });
    const address = this.forwardAddress();
    if (address === undefined || hops >= MAX_HOPS) throw notAccepted(this.waitsFor());
    const words = { requestId, author: this.context.self, timeoutMs, hops: hops + 1 };
    const body = encodeProposal(words, command);
    const answer = await this.context.peers.call(address, 'propose', body, timeoutMs + RETRY_MS);
    const { revision, changes } = decodeMessage<Outcome>(answer).json;
    if (typeof revision !== 'number')
      throw new PeerError(address, 'unknown', 'an answer without a revision');
    return { revision, changes: changes ?? null };
  }

  /** The leader's address, also where it was not heard for a moment: it may still answer. */
  private forwardAddress(): string | undefined {
    return this.hint?.node === this.context.self ? undefined : this.hint?.address;
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
        if (await this.waitApplied(index, deadline - this.context.clock.monotonicMs())) return;
      } catch (error) {
        if (!isPassing(error)) throw toConfigError(error);
        await sleep(this.context.clock, Math.min(RETRY_MS, Math.max(1, left)));
      }
    }
  }

  private async confirm(): Promise<number> {
    if (this.leader === undefined) throw notAccepted(this.waitsFor());
    const index = await this.leader.confirm();
    this.confirmedMs = this.context.clock.monotonicMs();
    return index;
  }

  private async askReadIndex(): Promise<number> {
    if (this.leader) return this.confirmRound.join();
    const address = this.forwardAddress();
    if (address === undefined) throw notAccepted(this.waitsFor());
    const answer = await this.context.peers.call(address, 'read-index', encodeMessage({}), 2000);
    const { revision } = decodeMessage<{ revision: number }>(answer).json;
    if (typeof revision !== 'number')
      throw new PeerError(address, 'unknown', 'an answer without a revision');
    return revision;
  }

  private waitApplied(revision: number, timeoutMs: number): Promise<boolean> {
    if (this.store.revision >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (isApplied: boolean) => {
        this.appliedWaiters.delete(wake);
        timer.cancel();
        resolve(isApplied);
      };
      const wake = () => {
        if (this.store.revision >= revision) end(true);
      };
      const timer = this.context.clock.after(timeoutMs, () => end(false));
      this.appliedWaiters.add(wake);
    });
  }

  // What peers ask

  /** Answers another node. Throws a ConfigError that travels back. */
  async answer(verb: PeerVerb, body: Buffer): Promise<Buffer> {
    switch (verb) {
      case 'push':
        return encodeMessage(this.pushed(body));
      case 'inquire':
        return encodeMessage(this.inquired(body));
      case 'propose': {
        const { words, command } = decodeProposal(body);
        return encodeMessage(
          await this.propose(command, words.requestId, words.timeoutMs, words.hops),
        );
      }
      case 'read-index':
        if (this.leader === undefined) throw notAccepted(this.waitsFor());
        return encodeMessage({ revision: await this.confirmRound.join() });
      default:
        throw new ConfigError(
          'HFS-1001',
          `${verb} is no question for a database`,
          'unknown verb',
          'are all nodes on the same release?',
        );
    }
  }

  private pushed(body: Buffer): PushAnswer {
    const { json, blobs } = decodeMessage<PushWords>(body);
    const { leader, from, commit } = json;
    if (leader === undefined || typeof from !== 'number' || typeof commit !== 'number')
      throw new ConfigError(
        'HFS-1001',
        'a push without its fields',
        'unintelligible',
        'are all nodes on the same release?',
      );
    const isFollowing =
      compareEpochs(leader.epoch, this.highest) >= 0 && leader.node !== this.context.self;
    if (isFollowing) this.follow(leader);
    if (isFollowing && !this.isTakingOver) this.take(from, blobs);
    if (isFollowing && this.store.revision >= commit)
      this.confirmedMs = this.context.clock.monotonicMs();
    return { applied: this.store.revision, counter: this.highest.counter, isFollowing };
  }

  private follow(leader: LeaderHint): void {
    this.highest = leader.epoch;
    this.hint = leader;
    this.heardMs = this.context.clock.monotonicMs();
    this.deferrals = 0;
    this.leader?.end(`epoch ${epochText(leader.epoch)} leads`);
  }

  private take(from: number, blobs: readonly Buffer[]): void {
    if (from > this.store.revision + 1) return;
    for (const blob of blobs.slice(this.store.revision + 1 - from)) this.apply(openRecord(blob));
  }

  private inquired(body: Buffer): InquireAnswer {
    const { node } = decodeMessage<{ node: string }>(body).json;
    return {
      node: this.context.self,
      cluster: this.context.cluster,
      applied: this.store.revision,
      counter: this.highest.counter,
      leader: this.leaderHint ?? null,
      isAskerRetired: typeof node === 'string' && isRetired(this.members, node),
    };
  }

  /** How many voters answer this leader, itself included, and how many a commit needs. */
  quorum(): { readonly up: number; readonly needed: number } {
    const list = voters(this.members);
    return {
      up: list.filter((server) => this.isVoterUp(server.voter)).length,
      needed: majority(list.length),
    };
  }
}

function isUnknown(error: unknown): boolean {
  if (error instanceof PeerError)
    return error.kind === 'unknown' || error.problem?.code === 'HFS-2002';
  return isCode(error, 'HFS-2002');
}

/** True for what may be otherwise in a moment. */
function isPassing(error: unknown): boolean {
  if (error instanceof PeerError)
    return (
      error.kind !== 'refused' ||
      error.problem?.code === 'HFS-2001' ||
      error.problem?.code === 'HFS-2002'
    );
  return isCode(error, 'HFS-2001', 'HFS-2002');
}

function toConfigError(error: unknown): unknown {
  if (!(error instanceof PeerError) || error.problem === undefined) return error;
  const { code, what, why, next } = error.problem;
  return new ConfigError(code, what, why, next);
}
