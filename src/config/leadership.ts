import type { Clock, Random, Timer } from '../platform/platform.js';
import { Candidacy } from './candidacy.js';
import { Followers } from './followers.js';
import { HeardLeader, LEADER_SILENCE_MS, UNCONFIRMED_MS } from './heard-leader.js';
import type { Acceptor } from './log/acceptor.js';
import { compareEpochs, type Epoch, epochText, NO_EPOCH } from './log/epoch.js';
import { type KnownLengths, readLengths } from './log/known-lengths.js';
import { Leader } from './log/leader.js';
import type { Loss } from './log/lost-vote.js';
import type { SealedRecord } from './log/record.js';
import { NoMajority, reachMajority, takeOver } from './log/take-over.js';
import { EpochLost, VoterLink } from './log/voter-link.js';
import type { Waited } from './log/waited.js';
import type { Members, Server } from './members.js';
import type { Peers } from './peers.js';
import type { Places } from './places.js';
import { HEARTBEAT_MS } from './pusher.js';
import type { Store } from './store.js';
import type { LeaderHint, ServerSight } from './words.js';

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
  listed(): readonly string[];
  /** How long each voter's log was seen to be. */
  readonly known: KnownLengths;
  /** The list in force, or while nothing is applied the one that the node remembers. */
  members(): Members;
  readonly places: Places;
  acceptor(server: Server): Acceptor;
  release(voter: string): void;
  apply(record: SealedRecord): void;
  /** Committed records from a revision on that are still in memory. */
  recent(from: number): readonly SealedRecord[];
  /** This node knows that its state was the newest at that time of its own clock. */
  confirmed(atMs: number): void;
  /** Milliseconds since it did; null: never. */
  ageMs(): number | null;
  /** Asks the logs whether it still does. */
  confirm(): Promise<unknown>;
  retired(): void;
  /** The log of this node has lost its vote. */
  ownLogLost(loss: Loss): void;
  changeMembers(list: Members, requestId: string, timeoutMs: number): Promise<unknown>;
  log(
    level: 'debug' | 'info' | 'warn',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** A follower tries up to so much later than the leader's silence allows: so seldom two try at once. */
const SPREAD_MS = 200;
/** A leader that has nothing to commit confirms that it leads this often. */
const CONFIRM_MS = 1000;
/** Rounds come several times a second, and a take-over ends or fails within seconds: after this something hangs. */
const ROUND_MS = 10_000;
const TAKE_OVER_MS = 120_000;

/** Who leads: this node follows whoever it hears, and takes over when it hears nobody. */
export class Leadership {
  leader: Leader | undefined;
  /** The highest epoch that this node has met. */
  highest: Epoch = NO_EPOCH;
  /** Voters without which the last take-over had no majority. */
  missing: readonly Waited[] = [];
  isTakingOver = false;
  private followers: Followers | undefined;
  private readonly links = new Map<string, VoterLink>();
  private readonly followed: HeardLeader;
  private readonly candidacy: Candidacy;
  private timer: Timer | undefined;
  private isStopped = false;
  private roundMs: number;
  private takeOverMs = 0;

  constructor(private readonly context: LeadershipContext) {
    this.roundMs = context.clock.monotonicMs();
    this.followed = new HeardLeader(context.clock);
    this.candidacy = new Candidacy(context);
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
    return this.followed.isHeard ? this.followed.hint : undefined;
  }

  /** Who leads indeed, for others to defer to: not one whom no majority has confirmed lately, though it be this node. */
  get confirmed(): LeaderHint | undefined {
    const ageMs = this.context.ageMs();
    if (this.leader && (ageMs === null || ageMs >= UNCONFIRMED_MS)) return undefined;
    return this.heard;
  }

  /** To whom to send what only the leader can do, also where it was silent for a moment: it may still answer. */
  get forwardTo(): LeaderHint | undefined {
    const { hint } = this.followed;
    return hint?.node === this.context.self ? undefined : hint;
  }

  /** The servers as the leader sees them: this node itself, or whoever it hears; none where it hears nobody. */
  get sights(): readonly ServerSight[] {
    return this.followers?.sights() ?? this.followed.sights;
  }

  /** A reader at that server waits for what is committed now. */
  hurry(node: string): void {
    this.followers?.hurry(node);
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

  /** Servers are elsewhere than they were: whoever leads looks for them there. */
  moved(): void {
    this.followers?.sync();
  }

  /** A push came. False where its sender is not the newest leader that this node knows. */
  follow(leader: LeaderHint, ageMs: number | null, sights: readonly ServerSight[]): boolean {
    if (compareEpochs(leader.epoch, this.highest) < 0 || leader.node === this.context.self)
      return false;
    this.highest = leader.epoch;
    this.followed.note(leader, ageMs, sights);
    this.candidacy.followed();
    this.noteOwnLoss(sights);
    this.leader?.end(`epoch ${epochText(leader.epoch)} leads`);
    return true;
  }

  private noteOwnLoss(sights: readonly ServerSight[]): void {
    const loss = sights.find(({ node }) => node === this.context.self)?.lost;
    if (typeof loss?.message === 'string') this.context.ownLogLost(loss);
  }

  private schedule(ms: number): void {
    this.timer?.cancel();
    if (!this.isStopped) this.timer = this.context.clock.after(ms, () => this.tick());
  }

  private tick(): void {
    this.roundMs = this.context.clock.monotonicMs();
    this.schedule(this.pauseMs());
    if (!this.isTakingOver) this.forgetOthers();
    if (this.leader) this.beat();
    else if (!this.followed.isHeard && !this.isTakingOver)
      void this.tryTakeOver(() => this.mayTakeOver());
  }

  /** Until the next look: when a leader that falls silent now would have been silent for long enough. */
  private pauseMs(): number {
    const { random } = this.context;
    if (this.leader) return HEARTBEAT_MS;
    if (!this.followed.isHeard) return LEADER_SILENCE_MS / 2 + random.int(LEADER_SILENCE_MS);
    return LEADER_SILENCE_MS - this.followed.silentMs + random.int(SPREAD_MS);
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

  private get selfServer(): Server | undefined {
    return this.context.members().servers.find((server) => server.node === this.context.self);
  }

  private selfHint(epoch: Epoch): LeaderHint {
    return { epoch, node: this.context.self, address: this.selfServer?.address ?? '' };
  }

  /**
   * Another server says that it hears no leader. Where this node hears one that does not reach that server, and reaches more
   * itself, it takes over: then all hear the leader.
   */
  isMissed(by: string): void {
    const { hint, sights } = this.followed;
    if (hint === undefined || this.leader || this.isTakingOver || this.isStopped) return;
    if (this.selfServer?.role !== 'voter' || !this.candidacy.shouldHelp(by, sights)) return;
    void this.tryTakeOver(async () => {
      await this.reachMajority();
      return this.candidacy.reachesMore(hint, sights);
    });
  }

  private async tryTakeOver(may: () => Promise<boolean>): Promise<void> {
    this.isTakingOver = true;
    this.takeOverMs = this.context.clock.monotonicMs();
    try {
      if (await may()) await this.lead();
    } catch (error) {
      this.takeOverFailed(error);
    } finally {
      this.isTakingOver = false;
    }
  }

  private takeOverFailed(error: unknown): void {
    if (error instanceof NoMajority) this.missing = error.missing;
    if (error instanceof EpochLost) {
      this.candidacy.deposed();
      if (compareEpochs(error.by, this.highest) > 0) this.highest = error.by;
    }
    this.context.log('debug', 'take-over failed', { error: String(error) });
  }

  /** Asks the others first: is there a leader, am I still a member, which epochs have they met? */
  private async mayTakeOver(): Promise<boolean> {
    const failure = await this.reachMajority().catch((error: unknown) => error);
    // Asked last: where the logs were long out of reach, there may be a leader meanwhile.
    const answers = await this.candidacy.inquire(true);
    if (this.isStopped || this.followed.isHeard) return false;
    if (answers.some(({ isAskerRetired }) => isAskerRetired === true)) {
      this.context.retired();
      return false;
    }
    for (const { counter, lengths } of answers) {
      this.noteCounter(counter ?? 0);
      this.context.known.noteAll(readLengths(lengths));
    }
    if (this.selfServer?.role !== 'voter' || !this.candidacy.mayTakeOver(answers)) return false;
    if (failure !== undefined) throw failure;
    return true;
  }

  /** An attempt without a majority must leave no trace: its epoch would depose whoever leads when this node is back. */
  private async reachMajority(): Promise<void> {
    if (this.selfServer?.role !== 'voter') return;
    await reachMajority((server) => this.link(server), this.context.members());
  }

  private noteCounter(counter: number): void {
    if (counter > this.highest.counter) this.highest = { counter, owner: NO_EPOCH.owner };
  }

  private async lead(): Promise<void> {
    for (const { log } of this.links.values()) this.noteCounter(log.promised.counter);
    const epoch = { counter: this.highest.counter + 1, owner: this.context.instance };
    this.highest = epoch;
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
      committed: (sinceMs) => this.committed(leader, sinceMs),
      lost: (why) => this.lost(leader, why),
      trouble: (server, trouble) => {
        if (trouble === undefined) return log('info', `the log of ${server.name} takes entries`);
        const { what, ...fields } = trouble;
        log('warn', what, fields);
      },
    });
    this.leader = leader;
    this.followers = this.followersOf(leader);
    await leader.begin();
    this.missing = [];
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
      silent: (server, why) =>
        this.context.log('warn', `${server.name} does not answer`, {
          code: 'HFS-2003',
          why,
          next: 'it is asked again by itself; is hekafsd running there, and the network whole?',
        }),
      changeMembers: (list, id, timeoutMs) => this.context.changeMembers(list, id, timeoutMs),
    });
  }

  private lost(leader: Leader, why: string): void {
    if (this.leader !== leader) return;
    this.missing = leader.waitsFor();
    this.leader = undefined;
    this.candidacy.deposed();
    this.followers?.stop();
    this.followers = undefined;
    if (!this.isStopped) this.context.log('info', 'leading no more', { why });
  }

  private committed(leader: Leader, sinceMs: number): void {
    this.context.confirmed(sinceMs);
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
