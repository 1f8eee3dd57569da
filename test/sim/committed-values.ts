import type { SealedRecord } from '../../src/config/log/record.js';

/** What the commits say of each key, worked out apart from the database's own store. */
export class CommittedValues {
  private readonly ever = new Map<string, Set<string>>();
  private readonly now = new Map<string, string>();
  /** The newest revision that anybody has applied. */
  revision = 0;

  /** A node has applied it; the first one to do so counts. */
  applied({ record }: SealedRecord): void {
    if (record.revision <= this.revision) return;
    this.revision = record.revision;
    for (const change of record.changes) {
      if (change.type === 'delete') this.now.delete(change.key);
      if (change.type !== 'put') continue;
      const text = change.value.toString('latin1');
      this.now.set(change.key, text);
      const known = this.ever.get(change.key) ?? new Set<string>();
      this.ever.set(change.key, known.add(text));
    }
  }

  /** Whether it was the key's value at some time up to now. */
  wasEver(key: string, value: string): boolean {
    return this.ever.get(key)?.has(value) ?? false;
  }

  get values(): ReadonlyMap<string, string> {
    return this.now;
  }
}
