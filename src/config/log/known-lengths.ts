import type { VoterLength } from './entry.js';

/** More voters than that are on no list; what names more is not believed. */
const MAX_VOTERS = 64;

/**
 * How long each voter's log has been seen to be, acknowledged and synced, by anybody: this node, other nodes, the vectors in
 * the logs. A log that is shorter than this was rolled back (protocol, section 6).
 */
export class KnownLengths {
  private readonly lengths = new Map<string, number>();

  /** `changed` is called after each new length. */
  constructor(
    known: readonly VoterLength[] = [],
    private readonly changed: () => void = () => undefined,
  ) {
    for (const { voter, length } of known) this.lengths.set(voter, length);
  }

  of(voter: string): number {
    return this.lengths.get(voter) ?? 0;
  }

  note(voter: string, length: number): void {
    if (length <= this.of(voter)) return;
    if (!this.lengths.has(voter) && this.lengths.size >= MAX_VOTERS) return;
    this.lengths.set(voter, length);
    this.changed();
  }

  noteAll(lengths: Iterable<VoterLength>): void {
    for (const { voter, length } of lengths) this.note(voter, length);
  }

  all(): VoterLength[] {
    return [...this.lengths].map(([voter, length]) => ({ voter, length }));
  }

  /** Forgets voters that are on the list no more. */
  keep(voters: ReadonlySet<string>): void {
    for (const voter of this.lengths.keys()) if (!voters.has(voter)) this.lengths.delete(voter);
  }
}

/** What a peer or a state file says; entries of another shape are left out. */
export function readLengths(value: unknown): VoterLength[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MAX_VOTERS)
    .filter((each: Partial<VoterLength> | null): each is VoterLength => {
      const { voter, length } = each ?? {};
      return typeof voter === 'string' && Number.isSafeInteger(length) && Number(length) >= 0;
    });
}
