import type { Acceptor } from '../../src/config/log/acceptor.js';
import { decodeEntry, entryLength, type LogHeader } from '../../src/config/log/entry.js';

/** One voter's file, and what a story lets happen to writes on their way to it. */
export class ScriptedFile {
  bytes: Buffer;
  isReachable = true;
  private readonly late: Buffer[] = [];
  private mode: 'now' | 'late' | 'unanswered' | 'torn' = 'now';

  constructor(first: Buffer) {
    this.bytes = first;
  }

  /** What becomes of the next append: it lands when `landLate` says so, or lands and nobody hears of it, or half of it lands. */
  next(mode: 'late' | 'unanswered' | 'torn'): void {
    this.mode = mode;
  }

  /** What was on its way arrives now, whoever sent it. */
  landLate(): void {
    for (const bytes of this.late.splice(0)) this.bytes = Buffer.concat([this.bytes, bytes]);
  }

  append(bytes: Buffer): number {
    const { mode } = this;
    this.mode = 'now';
    if (mode === 'late') {
      this.late.push(Buffer.from(bytes));
      throw new Error('connection lost');
    }
    const landed = mode === 'torn' ? bytes.subarray(0, bytes.length >> 1) : bytes;
    this.bytes = Buffer.concat([this.bytes, landed]);
    if (mode !== 'now') throw new Error('connection lost');
    return this.bytes.length;
  }
}

/** An acceptor over a scripted file, at once. */
export class ScriptedAcceptor implements Acceptor {
  constructor(private readonly file: ScriptedFile) {}

  private reachable(): ScriptedFile {
    if (!this.file.isReachable) throw new Error('not reachable');
    return this.file;
  }

  async open(): Promise<LogHeader> {
    const { bytes } = this.reachable();
    const { body } = decodeEntry(bytes, 0, entryLength(bytes, 0) ?? 0);
    if (body.kind !== 'header') throw new Error('no header');
    return body.header;
  }

  async append(bytes: Buffer): Promise<number> {
    return this.reachable().append(bytes);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return Buffer.from(this.reachable().bytes.subarray(offset, offset + length));
  }

  async size(): Promise<number> {
    return this.reachable().bytes.length;
  }

  close(): void {}
}
