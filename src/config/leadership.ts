import type { Clock, Random, Timer } from '../platform/platform.js';
import { Followers } from './followers.js';
import type { Acceptor } from './log/acceptor.js';
import { compareEpochs, type Epoch, epochText, NO_EPOCH } from './log/epoch.js';
import { type KnownLengths, readLengths } from './log/known-lengths.js';
import { Leader } from './log/leader.js';
import type { SealedRecord } from './log/record.js';
import { NoMajority, takeOver } from './log/take-over.js';
import { EpochLost, VoterLink } from './log/voter-link.js';
import type { Members, Server } from './members.js';
import { decodeMessage, encodeMessage } from './message.js';
import type { Peers } from './peers.js';
import { HEARTBEAT_MS } from './pusher.js';
import type { Store } from './store.js';
import type { InquireAnswer, LeaderHint, ServerSight } from './words.js';

export interface LeadershipContext {
  readonly self: string;
  /** Of this process: owns its epochs. */
  readonly instance: string;
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly peers: Peers;
  readonly store: Store;
  /** HTTP addresses where members may be, beside those of the list. */
  readonly listed: readonly string[];
  /** How long each voter's log was seen to be. */
  readonly known: KnownLengths;
  /** The list in force, or while nothing is applied the one that the node remembers. */
  members(): Members;
  acceptor(server: Server): Acceptor;
  release(voter: string): void;
  apply(record: SealedRecord): void;
  /** Committed records from a revision on that are still in memory. */
  recent(from: number): readonly SealedRecord[];
  /** This node knows that its state is the newest. */
  confirmed(): void;
  /** Milliseconds since it did; null: never. */
  ageMs(): number | null;
  /** Asks the logs whether it still does. */
  confirm(): Promise<unknown>;
  retired(): void;
  /** The log of this node has lost its vote. */
  ownLogLost(why: string): void;
  changeMembers(list: Members, requestId: string, timeoutMs: number): Promise<unknown>;
  log(
    level: 'debug' | 'info' | 'warn',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** No push for this long, plus a random part of as much again: the leader is gone. */
const LEADER_SILENCE_MS = 600;
/** A leader that has nothing to commit confirms that it leads this often. */
const CONFIRM_MS = 1000;
const INQUIRE_TIMEOUT_MS = 400;
/** How often a node that hears no leader leaves the take-over to others that do. */
const MAX_DEFERRALS = 5;
/** Rounds come several times a second, and a take-over ends or fails within seconds: after this something hangs. */
const ROUND_MS = 10_000;
const TAKE_OVER_MS = 120_000;

/** Who leads: this node follows whoever it hears, and takes over when it hears nobody. */
export class Leadership {
  leader: Leader | undefined;
  /** The highest epoch that this node has met. */
  highest: Epoch = NO_EPOCH;
  /** Names of voters without which the last take-over had no majority. */
  missing: readonly string[] = [];
  isTakingOver = false;
  private followers: Followers | undefined;
  private readonly links = new Map<string, VoterLink>();
  private hint: LeaderHint | undefined;
  private heardMs = Number.NEGATIVE_INFINITY;
  private timer: Timer | undefined;
  private isStopped = false;
  private deferrals = 0;
  private told: readonly ServerSight[] = [];
  private roundMs: number;
  private takeOverMs = 0;

  constructor(private readonly context: LeadershipContext) {
    this.roundMs = context.clock.monotonicMs();
  }

  start(): void {
    this.roundMs = this.context.clock.monotonicMs();
    this.schedule(this.context.random.int(LEADER_SILENCE_MS / 4));
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    this.leader?.end('this node stops');
    for (const link of this.links.values()) link.detach();
  }

  /** What hangs, for a watchdog; undefined while the work goes on, with a majority or without. */
  get standstill(): string | undefined {
    const nowMs = this.context.clock.monotonicMs();
    if (!this.isStopped && nowMs - this.roundMs > ROUND_MS)
      return 'nobody looks any more who leads';
    if (this.isTakingOver && nowMs - this.takeOverMs > TAKE_OVER_MS)
      return 'a take-over does not end';
    return undefined;
  }

  /** Who leads and was heard lately. */
  get heard(): LeaderHint | undefined {
    if (this.leader) return this.selfHint(this.leader.epoch);
    return this.isLeaderHeard() ? this.hint : undefined;
  }

  /** To whom to send what only the leader can do, also where it was silent for a moment: it may still answer. */
  get forwardTo(): LeaderHint | undefined {
    return this.hint?.node === this.context.self ? undefined : this.hint;
  }

  /** The servers as the leader sees them: this node itself, or whoever it hears; none where it hears nobody. */
  get sights(): readonly ServerSight[] {
    if (this.followers) return this.followers.sights();
    return this.isLeaderHeard() ? this.told : [];
  }

  /** The link to a voter; one for each, for as long as the node runs. */
  link(server: Server): VoterLink {
    let link = this.links.get(server.voter);
    if (link === undefined) {
      const { cluster, known } = this.context;
      link = new VoterLink(server.voter, cluster, this.context.acceptor(server), known);
      this.links.set(server.voter, link);
    }
    return link;
  }

  /** A push came. False where its sender is not the newest leader that this node knows. */
  follow(leader: LeaderHint, sights: readonly ServerSight[]): boolean {
    if (compareEpochs(leader.epoch, this.highest) < 0 || leader.node === this.context.self)
      return false;
    this.highest = leader.epoch;
    this.hint = leader;
    this.heardMs = this.context.clock.monotonicMs();
    this.deferrals = 0;
    this.told = sights;
    this.noteOwnLoss(sights);
    this.leader?.end(`epoch ${epochText(leader.epoch)} leads`);
    return true;
  }

  private noteOwnLoss(sights: readonly ServerSight[]): void {
    const why = sights.find(({ node }) => node === this.context.self)?.lost;
    if (typeof why === 'string') this.context.ownLogLost(why);
  }

  private schedule(ms: number): void {
    this.timer?.cancel();
    if (!this.isStopped) this.timer = this.context.clock.after(ms, () => this.tick());
  }

  private tick(): void {
    this.roundMs = this.context.clock.monotonicMs();
    const pause = LEADER_SILENCE_MS / 2 + this.context.random.int(LEADER_SILENCE_MS);
    this.schedule(this.leader ? HEARTBEAT_MS : pause);
    if (!this.isTakingOver) this.forgetOthers();
    if (this.leader) this.beat();
    else if (!this.isLeaderHeard() && !this.isTakingOver) void this.tryTakeOver();
  }

  /** Links to voters that have left the list. */
  private forgetOthers(): void {
    const listed = new Set(this.context.members().servers.map(({ voter }) => voter));
    this.context.known.keep(listed);
    for (const [voter, link] of this.links) {
      if (listed.has(voter)) continue;
      link.detach();
      this.links.delete(voter);
      this.context.release(voter);
    }
  }

  /** What a leader does all the time, also when nobody asks it for anything. */
  private beat(): void {
    this.followers?.promoteLearners();
    this.noteOwnLoss(this.sights);
    const age = this.context.ageMs();
    if (age !== null && age < CONFIRM_MS) return;
    // Without a majority it fails; the age goes on growing, and that is what others look at.
    this.context.confirm().catch(() => undefined);
  }

  private isLeaderHeard(): boolean {
    return this.context.clock.monotonicMs() - this.heardMs < LEADER_SILENCE_MS;
  }

  private get selfServer(): Server | undefined {
    return this.context.members().servers.find((server) => server.node === this.context.self);
  }

  private selfHint(epoch: Epoch): LeaderHint {
    return { epoch, node: this.context.self, address: this.selfServer?.address ?? '' };
  }

  private async tryTakeOver(): Promise<void> {
    this.isTakingOver = true;
    this.takeOverMs = this.context.clock.monotonicMs();
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
    const answers = await this.inquireAll();
    if (this.isStopped || this.isLeaderHeard()) return false;
    if (answers.some(({ isAskerRetired }) => isAskerRetired === true)) {
      this.context.retired();
      return false;
    }
    for (const { counter, lengths } of answers) {
      this.noteCounter(counter ?? 0);
      this.context.known.noteAll(readLengths(lengths));
    }
    if (this.selfServer?.role !== 'voter') return false;
    const isHeard = answers.some(({ leader }) => leader && leader.node !== this.context.self);
    if (!isHeard || this.deferrals >= MAX_DEFERRALS) return true;
    this.deferrals++;
    return false;
  }

  private async inquireAll(): Promise<Partial<InquireAnswer>[]> {
    const { self, peers } = this.context;
    const body = encodeMessage({ node: self });
    const others = this.context.members().servers.filter((server) => server.node !== self);
    const addresses = new Set([...others.map(({ address }) => address), ...this.context.listed]);
    const answers = [...addresses].map(async (address) => {
      try {
        const answer = await peers.call(address, 'inquire', body, INQUIRE_TIMEOUT_MS);
        return decodeMessage<InquireAnswer>(answer).json;
      } catch {
        return undefined;
      }
    });
    const known = (await Promise.all(answers)).filter((answer) => answer !== undefined);
    return known.filter(({ cluster, node }) => cluster === this.context.cluster && node !== self);
  }

  private noteCounter(counter: number): void {
    if (counter > this.highest.counter) this.highest = { counter, owner: NO_EPOCH.owner };
  }

  private async lead(): Promise<void> {
    for (const { log } of this.links.values()) this.noteCounter(log.promised.counter);
    const epoch = { counter: this.highest.counter + 1, owner: this.context.instance };
    this.highest = epoch;
    this.deferrals = 0;
    const checkMine = (): void => {
      if (this.isStopped || this.highest !== epoch) throw new EpochLost(this.highest);
    };
    const { open } = await takeOver(
      {
        link: (server) => this.link(server),
        mark: () => this.context.store.mark,
        members: () => this.context.members(),
        apply: (record) => {
          checkMine();
          this.context.apply(record);
        },
      },
      epoch,
    );
    checkMine();
    await this.beginToLead(epoch, open);
  }

  private async beginToLead(epoch: Epoch, open: readonly SealedRecord[]): Promise<void> {
    const { self, store, clock, log } = this.context;
    const leader: Leader = new Leader(epoch, open, {
      self,
      store,
      clock,
      members: () => this.context.members(),
      link: (server) => this.link(server),
      apply: (record) => this.context.apply(record),
      committed: () => this.committed(leader),
      lost: (why) => this.lost(leader, why),
      trouble: (server, error) =>
        log('warn', `the log of ${server.name} does not answer`, {
          code: 'HFS-2003',
          error: String(error),
          next: `it is tried again by itself; is the brick ${server.host}:${server.port} up?`,
        }),
    });
    this.leader = leader;
    this.followers = this.followersOf(leader);
    await leader.begin();
    this.missing = [];
    this.context.confirmed();
    log('info', 'leading', { epoch: epochText(epoch), revision: store.revision });
    this.followers.sync();
  }

  private followersOf(leader: Leader): Followers {
    const { self, clock, peers, store } = this.context;
    return new Followers(leader, {
      self,
      clock,
      peers,
      hint: this.selfHint(leader.epoch),
      members: () => this.context.members(),
      commit: () => store.revision,
      ageMs: () => this.context.ageMs(),
      lengths: () => this.context.known.all(),
      records: async (from) => {
        const recent = this.context.recent(from);
        return recent.length > 0 ? recent : leader.committedRecords(from);
      },
      deposed: (counter) => this.deposed(leader, counter),
      changeMembers: (list, id, timeoutMs) => this.context.changeMembers(list, id, timeoutMs),
    });
  }

  private lost(leader: Leader, why: string): void {
    if (this.leader !== leader) return;
    this.missing = leader.waitsFor();
    this.leader = undefined;
    this.followers?.stop();
    this.followers = undefined;
    if (!this.isStopped) this.context.log('info', 'leading no more', { why });
  }

  private committed(leader: Leader): void {
    this.context.confirmed();
    this.followers?.committed();
    if (this.selfServer?.role === 'voter') return;
    // Leaving: whoever is told of the removal takes over.
    this.context.clock.after(HEARTBEAT_MS, () => leader.end('retired'));
  }

  private deposed(leader: Leader, counter: number): void {
    this.noteCounter(counter);
    if (counter > leader.epoch.counter) leader.end(`epoch ${counter} is under way`);
  }
}
