import type { SealedRecord } from './log/record.js';

const MAX_RECORDS = 4096;
const MAX_BYTES = 8 * 1024 * 1024;

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

  get(revision: number): SealedRecord | undefined {
    return this.records.get(revision);
  }
}
