/** Longer without word from a leader, and what a node then hears may be much. */
const LONG_MS = 3000;

type Tell = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** Says once, when it is done, that this node's state was brought up from another server's log. */
export class CatchUpNote {
  private from: number | undefined;

  constructor(private readonly tell: Tell) {}

  /** A push came: this node was at `before`, the leader is at `commit`. `ageMs`: since this node was last known to be up to date. */
  behind(before: number, commit: number, ageMs: number | null): void {
    if (commit > before && (ageMs === null || ageMs > LONG_MS)) this.from ??= before;
  }

  reached(revision: number, leader: string): void {
    const { from } = this;
    this.from = undefined;
    if (from === undefined || revision === from) return;
    this.tell('corrected: this copy was brought up from the log of another server', {
      cause: `this server knew the commits up to revision ${from}`,
      effect: `${revision - from} commits came from the leader`,
      leader,
      revision,
    });
  }
}
