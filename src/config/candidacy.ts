import type { Clock, Random } from '../platform/platform.js';
import { type Members, majority, voters } from './members.js';
import { encodeMessage } from './message.js';
import { decodeAnswer } from './peer-answer.js';
import type { Peers } from './peers.js';
import type { Places } from './places.js';
import type { InquireAnswer, LeaderHint, ServerSight } from './words.js';

export interface CandidacyContext {
  readonly self: string;
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly peers: Peers;
  /** HTTP addresses where members may be, beside those of the list. */
  listed(): readonly string[];
  members(): Members;
  readonly places: Places;
}

const INQUIRE_TIMEOUT_MS = 400;
/** Who hears no majority may be the one who is cut off: it leaves the take-over to the others for so long. */
const FIRST_PATIENCE_MS = 3000;
const LAST_PATIENCE_MS = 60_000;
/** A server has to be without a leader for so long, and up to as much again, before another one helps. */
const COMPLAINT_MS = 2000;
/** A complaint that is not repeated within this time is over. */
const COMPLAINT_PAUSE_MS = 1500;

/**
 * Whether this node should take over. With cables cut between some only, several could do so in turn for ever, each
 * deposing one that it does not hear. So a node that does not hear the leader defers to one that others hear; who hears both
 * takes over, if it reaches more servers than the leader does; and who hears hardly anybody is patient, and more
 * so each time it is deposed.
 */
export class Candidacy {
  private deafSinceMs: number | undefined;
  private patienceMs = FIRST_PATIENCE_MS;
  private readonly complaints = new Map<string, { sinceMs: number; lastMs: number }>();

  constructor(private readonly context: CandidacyContext) {}

  /** Asks all other servers: is there a leader, am I still a member, which epochs have they met? */
  async inquire(isWithoutLeader: boolean): Promise<Partial<InquireAnswer>[]> {
    const { self } = this.context;
    const { own: place } = this.context.places;
    const body = encodeMessage({ node: self, isWithoutLeader, ...(place ? { place } : {}) });
    const others = this.context.members().servers.filter(({ node }) => node !== self);
    const addresses = new Set([...others.map(({ address }) => address), ...this.context.listed()]);
    const answers = await this.ask(addresses, body);
    // Somebody may know where the leader is now, though this node does not.
    const leaders = answers.flatMap(({ leader }) => (leader ? [leader] : []));
    const unasked = leaders.filter(({ node, address }) => node !== self && !addresses.has(address));
    return [...answers, ...(await this.ask(new Set(unasked.map(({ address }) => address)), body))];
  }

  private async ask(
    addresses: ReadonlySet<string>,
    body: Buffer,
  ): Promise<Partial<InquireAnswer>[]> {
    const { self, peers, cluster, places } = this.context;
    const answers = [...addresses].map(async (address) => {
      try {
        const answer = await peers.call(address, 'inquire', body, INQUIRE_TIMEOUT_MS);
        return decodeAnswer<InquireAnswer>(address, answer).json;
      } catch {
        return undefined;
      }
    });
    const known = (await Promise.all(answers)).filter((answer) => answer !== undefined);
    const ours = known.filter((answer) => answer.cluster === cluster && answer.node !== self);
    for (const { node, place } of ours) places.heard(node, place);
    return ours;
  }

  /** In view of what the others said, for a node that hears no leader. */
  mayTakeOver(answers: readonly Partial<InquireAnswer>[]): boolean {
    const isHeard = answers.some(({ leader }) => leader && leader.node !== this.context.self);
    return !isHeard && this.isPatienceOver(answers);
  }

  private isPatienceOver(answers: readonly Partial<InquireAnswer>[]): boolean {
    const list = voters(this.context.members());
    if (this.reached(answers).size >= majority(list.length)) {
      this.deafSinceMs = undefined;
      return true;
    }
    const nowMs = this.context.clock.monotonicMs();
    this.deafSinceMs ??= nowMs;
    return nowMs - this.deafSinceMs >= this.patienceMs;
  }

  /** The voters that answered, and this one. */
  private reached(answers: readonly Partial<InquireAnswer>[]): Set<string> {
    const said = new Set([this.context.self, ...answers.map(({ node }) => node)]);
    const list = voters(this.context.members());
    return new Set(list.map(({ node }) => node).filter((node) => said.has(node)));
  }

  /** A leader is heard. */
  followed(): void {
    this.deafSinceMs = undefined;
    this.patienceMs = FIRST_PATIENCE_MS;
  }

  /** This node led, or wanted to, and another one came first. */
  deposed(): void {
    this.deafSinceMs = undefined;
    this.patienceMs = Math.min(LAST_PATIENCE_MS, this.patienceMs * 2);
  }

  /**
   * A server says that it hears no leader. True where it has said so for long enough that somebody should help, whom the leader
   * that this node hears does not reach.
   */
  shouldHelp(node: string, sights: readonly ServerSight[]): boolean {
    const nowMs = this.context.clock.monotonicMs();
    for (const [each, { lastMs }] of this.complaints)
      if (nowMs - lastMs > COMPLAINT_PAUSE_MS) this.complaints.delete(each);
    if (!sights.some((sight) => sight.node === node && sight.isUp === false)) return false;
    const complaint = this.complaints.get(node) ?? this.firstComplaint(nowMs);
    complaint.lastMs = nowMs;
    this.complaints.set(node, complaint);
    return nowMs >= complaint.sinceMs + COMPLAINT_MS;
  }

  /** Not all who hear it help at the same moment. */
  private firstComplaint(nowMs: number): { sinceMs: number; lastMs: number } {
    return { sinceMs: nowMs + this.context.random.int(COMPLAINT_MS), lastMs: nowMs };
  }

  /** Whether this node reaches more servers than `leader` does, and `leader` itself. */
  async reachesMore(leader: LeaderHint, sights: readonly ServerSight[]): Promise<boolean> {
    const reached = this.reached(await this.inquire(false));
    const list = new Set(voters(this.context.members()).map(({ node }) => node));
    const seen = sights.filter(({ node, isUp }) => isUp !== false && list.has(node));
    return reached.has(leader.node) && reached.size > seen.length;
  }
}
