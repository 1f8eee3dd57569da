import type { Acceptor } from '../../../src/config/log/acceptor.js';
import { decodeEntry, entryLength, type LogHeader } from '../../../src/config/log/entry.js';
import { headerEntry } from '../../../src/config/log/new-log.js';

export const CLUSTER = '00000000-0000-4000-8000-0000000000c1';
export const VOTER = '00000000-0000-4000-8000-0000000000f1';

/** A log in memory. */
export class MemoryLog implements Acceptor {
  bytes = headerEntry({ cluster: CLUSTER, voter: VOTER, brick: 0 });
  /** How much of the next append gets there. */
  arrives = Number.POSITIVE_INFINITY;
  /** What an append waits for before it is answered. */
  answers: Promise<void> = Promise.resolve();
  appends = 0;
  /** What the sync of an append fails with; its bytes are there all the same. */
  fails: Error | undefined;

  async open(): Promise<LogHeader> {
    const { body } = decodeEntry(this.bytes, 0, entryLength(this.bytes, 0) ?? 0);
    if (body.kind !== 'header') throw new TypeError('no header');
    return body.header;
  }

  async append(bytes: Buffer): Promise<number> {
    this.bytes = Buffer.concat([this.bytes, bytes.subarray(0, this.arrives)]);
    this.appends++;
    const size = this.bytes.length;
    await this.answers;
    if (this.fails) throw this.fails;
    return size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return Buffer.from(this.bytes.subarray(offset, offset + length));
  }

  async size(): Promise<number> {
    return this.bytes.length;
  }

  close(): void {}
}
