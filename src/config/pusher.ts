import type { Clock, Timer } from '../platform/platform.js';
import type { VoterLength } from './log/entry.js';
import type { SealedRecord } from './log/record.js';
import type { Server } from './members.js';
import { encodeMessage } from './message.js';
import { decodeAnswer } from './peer-answer.js';
import type { Peers } from './peers.js';
import type { AnswerMark, LeaderHint, PushAnswer, PushWords, ServerSight } from './words.js';

export interface PusherContext {
  readonly clock: Clock;
  readonly peers: Peers;
  readonly leader: LeaderHint;
  /** The leader's commit index. */
  commit(): number;
  /** Milliseconds since it was last confirmed. */
  ageMs(): number | null;
  lengths(): readonly VoterLength[];
  servers(): readonly ServerSight[];
  /** Committed records from a revision on; none where they cannot be had just now. */
  records(from: number): Promise<readonly SealedRecord[]>;
  /** A follower that answered has ceased to, or never began. */
  silent(server: Server, why: string): void;
  /** A follower that has met a higher epoch. */
  deposed(counter: number): void;
}

export const HEARTBEAT_MS = 100;
/**
 * Pushes that carry commits begin at least this far apart: under load several commits travel together. The first one
 * after a quiet time goes at once, and so does one that a reader waits for.
 */
const GATHER_MS = 10;
const PUSH_TIMEOUT_MS = 2000;
const MAX_PUSH_BYTES = 4 * 1024 * 1024;
const MAX_PUSH_RECORDS = 1024;

/**
 * Feeds one follower for one leader: committed records in order, one push under way at a time, what has piled up in the
 * next one; every HEARTBEAT_MS at least an empty one that carries the commit index.
 */
export class Pusher {
  /** What the follower has applied; null until it has answered. */
  applied: number | null = null;
  isUp: boolean | null = null;
  /** Why it is not up. */
  why: string | null = null;
  private answered: AnswerMark | null = null;
  private isPushing = false;
  private isStopped = false;
  /** When the last push began, on the clock's monotonic scale. */
  private begunMs = Number.NEGATIVE_INFINITY;
  private dueMs = Number.POSITIVE_INFINITY;
  private isHurried = false;
  /** Set when the server has left the list: stop once it knows, or does not answer. */
  private farewell: number | undefined;
  private timer: Timer | undefined;

  constructor(
    readonly server: Server,
    private readonly context: PusherContext,
  ) {}

  start(): void {
    this.push();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** There is more to tell. */
  wake(): void {
    if (this.isPushing || this.isUp === false) return;
    this.pushAt(this.begunMs + GATHER_MS);
  }

  /** Somebody waits at the follower for what it has not got yet. */
  hurry(): void {
    if (this.isUp === false || (this.applied ?? 0) >= this.context.commit()) return;
    this.isHurried = this.isPushing;
    if (!this.isPushing) this.push();
  }

  /** An earlier one that is due stays. */
  private pushAt(dueMs: number): void {
    if (dueMs >= this.dueMs) return;
    this.timer?.cancel();
    this.dueMs = dueMs;
    const waitMs = dueMs - this.context.clock.monotonicMs();
    if (waitMs > 0) this.timer = this.context.clock.after(waitMs, () => this.push());
    else this.push();
  }

  /** Tells the follower up to `revision`, in which it leaves, if it still answers; then stops. */
  leave(revision: number): void {
    this.farewell = revision;
    if (this.isUp !== true) this.stop();
  }

  private push(): void {
    this.timer?.cancel();
    this.dueMs = Number.POSITIVE_INFINITY;
    if (this.isStopped) return;
    this.begunMs = this.context.clock.monotonicMs();
    this.isPushing = true;
    this.pushOnce().then(
      () => this.pushed(null),
      (error: unknown) => this.pushed(error instanceof Error ? error.message : String(error)),
    );
  }

  private pushed(why: string | null): void {
    const isUp = why === null;
    this.isPushing = false;
    if (why !== null && this.isUp !== false) this.context.silent(this.server, why);
    this.isUp = isUp;
    this.why = why;
    const isDone = this.farewell !== undefined && (!isUp || (this.applied ?? 0) >= this.farewell);
    if (isDone) this.stop();
    if (this.isStopped) return;
    const isBehind = isUp && this.applied !== null && this.applied < this.context.commit();
    const isHurried = this.isHurried;
    this.isHurried = false;
    if (isBehind && isHurried) this.push();
    else if (isBehind) this.pushAt(this.begunMs + GATHER_MS);
    else this.pushAt(this.context.clock.monotonicMs() + HEARTBEAT_MS);
  }

  private async pushOnce(): Promise<void> {
    const records = this.applied === null ? [] : await this.nextRecords(this.applied);
    const words: PushWords = {
      leader: this.context.leader,
      from: (this.applied ?? 0) + 1,
      commit: this.context.commit(),
      ageMs: this.context.ageMs(),
      lengths: this.context.lengths(),
      answered: this.answered,
      servers: this.context.servers(),
    };
    const body = encodeMessage(
      words,
      records.map(({ bytes }) => bytes),
    );
    const answer = await this.context.peers.call(
      this.server.address,
      'push',
      body,
      PUSH_TIMEOUT_MS,
    );
    const { applied, counter, isFollowing, mark } = decodeAnswer<PushAnswer>(
      this.server.address,
      answer,
    ).json;
    if (typeof applied === 'number') this.applied = applied;
    this.answered = mark ?? null;
    if (isFollowing === false && typeof counter === 'number') this.context.deposed(counter);
  }

  private async nextRecords(applied: number): Promise<readonly SealedRecord[]> {
    if (applied >= this.context.commit()) return [];
    const found = await this.context.records(applied + 1);
    let bytes = 0;
    const end = found.findIndex((record, index) => {
      bytes += record.bytes.length;
      return index > 0 && (bytes > MAX_PUSH_BYTES || index >= MAX_PUSH_RECORDS);
    });
    return end === -1 ? found : found.slice(0, end);
  }
}
