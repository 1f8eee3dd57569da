import type { Gfid } from '../../../fop/gfid.js';
import type { Changed } from './effects.js';

interface Change {
  readonly number: number;
  readonly changed: Changed;
  /** The client that made it, if it was one. */
  readonly by: string | undefined;
}

/**
 * The latest change of each inode that was changed lately. A client's answer may be older than a change that was made while the
 * answer was on its way up; whoever notes that the client has seen an inode asks here whether that is so.
 */
export class RecentChanges {
  private readonly changes = new Map<Gfid, Change>();
  private latest = 0;
  private latestForgotten = 0;

  constructor(private readonly max: number) {}

  /** The number of the latest change so far. */
  get now(): number {
    return this.latest;
  }

  add(changed: Changed, by: string | undefined): void {
    this.latest += 1;
    this.changes.delete(changed.gfid);
    this.changes.set(changed.gfid, { number: this.latest, changed, by });
    if (this.changes.size <= this.max) return;
    for (const [gfid, { number }] of this.changes) {
      this.changes.delete(gfid);
      this.latestForgotten = number;
      return;
    }
  }

  /** What has become of an inode after change `since`, by others than this client; `unknown` where that was forgotten. */
  after(since: number, gfid: Gfid, client: string): Changed | 'unknown' | undefined {
    const change = this.changes.get(gfid);
    if (change !== undefined && change.number > since)
      return change.by === client ? undefined : change.changed;
    return since < this.latestForgotten ? 'unknown' : undefined;
  }
}
