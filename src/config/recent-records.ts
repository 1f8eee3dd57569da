import type { SealedRecord } from './log/record.js';

const MAX_RECORDS = 1024;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_AT_ONCE = 1024;

/** The newest committed records, within bounds, so that followers are fed without reading a log. */
export class RecentRecords {
  private readonly records = new Map<number, SealedRecord>();
  private bytes = 0;

  add(sealed: SealedRecord): void {
    this.records.set(sealed.record.revision, sealed);
    this.bytes += sealed.bytes.length;
    for (const [revision, oldest] of this.records) {
      if (this.records.size <= MAX_RECORDS && this.bytes <= MAX_BYTES) return;
      this.records.delete(revision);
      this.bytes -= oldest.bytes.length;
    }
  }

  /** The records from a revision on; none where the first is not here any more, or not yet. */
  from(revision: number): SealedRecord[] {
    const found: SealedRecord[] = [];
    for (let at = revision; found.length < MAX_AT_ONCE; at++) {
      const record = this.records.get(at);
      if (record === undefined) break;
      found.push(record);
    }
    return found;
  }
}
