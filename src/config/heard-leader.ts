import type { Clock } from '../platform/platform.js';
import type { LeaderHint, ServerSight } from './words.js';

/** No push for this long: the leader is gone. */
export const LEADER_SILENCE_MS = 600;
/**
 * A leader that was not confirmed by a majority of the logs for so long leads nobody, however loudly: its way to the others'
 * hekafsd may be whole and the one to their bricks cut.
 */
export const UNCONFIRMED_MS = 3000;

/** The leader that a node follows, as far as it hears it. */
export class HeardLeader {
  /** The newest one that was heard, also where it is silent now. */
  hint: LeaderHint | undefined;
  private heardMs = Number.NEGATIVE_INFINITY;
  private confirmedMs = Number.NEGATIVE_INFINITY;
  private told: readonly ServerSight[] = [];

  constructor(private readonly clock: Clock) {}

  /** A push of it came; `ageMs` is since it was last confirmed. */
  note(hint: LeaderHint, ageMs: number | null, sights: readonly ServerSight[]): void {
    this.hint = hint;
    this.heardMs = this.clock.monotonicMs();
    this.confirmedMs = this.heardMs - (ageMs ?? Number.POSITIVE_INFINITY);
    this.told = sights;
  }

  /** Whether it speaks, and leads indeed. */
  get isHeard(): boolean {
    const sinceConfirmedMs = this.clock.monotonicMs() - this.confirmedMs;
    return this.silentMs < LEADER_SILENCE_MS && sinceConfirmedMs < UNCONFIRMED_MS;
  }

  /** Milliseconds since it spoke. */
  get silentMs(): number {
    return this.clock.monotonicMs() - this.heardMs;
  }

  /** How it sees the servers; nothing where it is not heard. */
  get sights(): readonly ServerSight[] {
    return this.isHeard ? this.told : [];
  }
}
