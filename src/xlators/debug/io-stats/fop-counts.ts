import type { FopName } from '../../../fop/fops.js';

interface Count {
  done: number;
  failed: number;
  totalMs: number;
  leastMs: number;
  mostMs: number;
}

/** How often each fop was done, and how long that took. */
export class FopCounts {
  private readonly counts = new Map<FopName, Count>();

  constructor(private readonly hasLatency: boolean) {}

  add(fop: FopName, hasFailed: boolean, tookMs: number): void {
    const count = this.of(fop);
    count.done += 1;
    if (hasFailed) count.failed += 1;
    count.totalMs += tookMs;
    count.leastMs = Math.min(count.leastMs, tookMs);
    count.mostMs = Math.max(count.mostMs, tookMs);
  }

  /** A line for each fop that was done, by name, below a line of titles; times are whole microseconds. */
  text(): string {
    const titles = ['fop', 'count', 'failed', ...(this.hasLatency ? TIMES : [])];
    const rows = [...this.counts].sort(([one], [other]) => (one < other ? -1 : 1));
    const lines = rows.map(([fop, count]) => this.cells(fop, count));
    return [titles, ...lines].map((cells) => `${cells.join(' ')}\n`).join('');
  }

  private cells(
    fop: FopName,
    { done, failed, totalMs, leastMs, mostMs }: Count,
  ): readonly string[] {
    const times = [totalMs / done, leastMs, mostMs].map((ms) => `${Math.round(ms * 1000)}`);
    return [fop, `${done}`, `${failed}`, ...(this.hasLatency ? times : [])];
  }

  private of(fop: FopName): Count {
    const known = this.counts.get(fop);
    if (known !== undefined) return known;
    const leastMs = Number.POSITIVE_INFINITY;
    const count = { done: 0, failed: 0, totalMs: 0, leastMs, mostMs: 0 };
    this.counts.set(fop, count);
    return count;
  }
}

const TIMES = ['average-us', 'least-us', 'most-us'];
