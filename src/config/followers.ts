import type { Clock } from '../platform/platform.js';
import type { VoterLength } from './log/entry.js';
import type { Leader } from './log/leader.js';
import type { SealedRecord } from './log/record.js';
import { type Members, type Server, withPromoted } from './members.js';
import type { Peers } from './peers.js';
import { Pusher } from './pusher.js';
import type { LeaderHint, ServerSight } from './words.js';

export interface FollowersContext {
  readonly self: string;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly hint: LeaderHint;
  members(): Members;
  /** The leader's commit index. */
  commit(): number;
  ageMs(): number | null;
  lengths(): readonly VoterLength[];
  records(from: number): Promise<readonly SealedRecord[]>;
  deposed(counter: number): void;
  silent(server: Server, why: string): void;
  changeMembers(list: Members, requestId: string, timeoutMs: number): Promise<unknown>;
}

/** A learner may be made a voter when its log and its values are this close. */
const PROMOTION_LAG = 256;
const PROMOTION_MS = 5000;

/** The other servers as one leader sees them: each is fed by a pusher, and learners that have caught up get a vote. */
export class Followers {
  private readonly pushers = new Map<string, Pusher>();
  private isPromoting = false;

  constructor(
    private readonly leader: Leader,
    private readonly context: FollowersContext,
  ) {}

  /** Every server of the list as this leader sees it. */
  sights(): ServerSight[] {
    return this.context.members().servers.map(({ node, voter }) => {
      const isLogUp = this.leader.isVoterUp(voter);
      const lost = this.leader.lostVote(voter);
      const trouble = this.leader.trouble(voter) ?? null;
      const log = { isUp: isLogUp, why: isLogUp ? null : (trouble?.why ?? null), lost, trouble };
      if (node === this.context.self) return { node, applied: this.context.commit(), ...log };
      const { isUp = null, why = null, applied = null } = this.pushers.get(node) ?? {};
      return { node, applied, ...log, isUp: isUp && isLogUp, why: why ?? log.why };
    });
  }

  stop(): void {
    for (const pusher of this.pushers.values()) pusher.stop();
    this.pushers.clear();
  }

  /** Something was committed: tell everybody on the list, and whoever has just left it. */
  committed(): void {
    this.sync();
    for (const pusher of this.pushers.values()) pusher.wake();
  }

  /** A reader at that server waits for what is committed now. */
  hurry(node: string): void {
    this.pushers.get(node)?.hurry();
  }

  /** One pusher for each other server of the list. */
  sync(): void {
    if (this.leader.isEnded) return;
    const wanted = new Map(this.context.members().servers.map((server) => [server.node, server]));
    wanted.delete(this.context.self);
    for (const [node, pusher] of this.pushers)
      if (!wanted.has(node)) {
        pusher.leave(this.context.commit());
        this.pushers.delete(node);
      }
    for (const [node, server] of wanted) {
      const pusher = this.pushers.get(node);
      if (pusher?.server.address === server.address) continue;
      pusher?.stop();
      this.feed(server);
    }
  }

  private feed(server: Server): void {
    const { clock, peers, hint } = this.context;
    const pusher = new Pusher(server, {
      clock,
      peers,
      leader: hint,
      commit: () => this.context.commit(),
      ageMs: () => this.context.ageMs(),
      lengths: () => this.context.lengths(),
      servers: () => this.sights(),
      records: (from) => this.context.records(from),
      deposed: (counter) => this.context.deposed(counter),
      silent: (each, why) => this.context.silent(each, why),
    });
    this.pushers.set(server.node, pusher);
    pusher.start();
  }

  /** A learner whose log and values have caught up becomes a voter, by a commit, one at a time. */
  promoteLearners(): void {
    if (this.isPromoting) return;
    const ready = this.context.members().servers.find((server) => this.isReady(server));
    if (ready === undefined) return;
    this.isPromoting = true;
    const done = (): void => {
      this.isPromoting = false;
    };
    const list = withPromoted(this.context.members(), ready.node);
    this.context.changeMembers(list, `promote-${ready.voter}`, PROMOTION_MS).then(done, done);
  }

  private isReady({ role, voter, node }: Server): boolean {
    const enough = this.context.commit() - PROMOTION_LAG;
    return (
      role === 'learner' &&
      this.leader.isVoterUp(voter) &&
      this.leader.acknowledged(voter) >= enough &&
      (this.pushers.get(node)?.applied ?? 0) >= enough
    );
  }
}
