import { O_RDONLY } from '../fop/fd.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';

const MAX_READ_BYTES = 64 * 1024;
const MAX_LINES = 20;

/*
 * A line of GlusterFS's log:
 *
 *   [2026-11-20 19:13:27.123456 +0000] E [MSGID: 113072] [posix.c:1234:posix_writev] 0-journal: what [errno …]
 */
const LINE = /^\[[^\]]+\] ([CE]) (?:\[MSGID: \d+\] )?\[[^\]]*\] (.*)$/;

/** Our client asks once per connection whether the brick knows put, and 10.3 does not. */
const EXPECTED = /procedure 55 in GlusterFS 4\.x|rpc actor \(1298437:400:55\)/;

/** What glusterfsd complains of in its log, from the moment that this was made or last asked. */
export class StockLog {
  private offset: number;

  constructor(
    private readonly disk: Disk,
    private readonly path: string,
  ) {
    this.offset = this.size();
  }

  /** The lines of errors since then, without their marks; of many the last ones. */
  news(): readonly string[] {
    const size = this.size();
    // It was opened anew, or somebody has emptied it.
    if (size < this.offset) this.offset = 0;
    if (size === this.offset) return [];
    const text = this.read(Math.max(this.offset, size - MAX_READ_BYTES), size);
    const end = text.lastIndexOf('\n') + 1;
    this.offset = size - Buffer.byteLength(text.slice(end), 'latin1');
    const found = text
      .slice(0, end)
      .split('\n')
      .map((line) => LINE.exec(line)?.[2]);
    return found
      .filter((line) => line !== undefined)
      .filter((line) => !EXPECTED.test(line))
      .slice(-MAX_LINES);
  }

  private size(): number {
    try {
      return this.disk.stat(byteString(this.path)).size;
    } catch {
      return 0;
    }
  }

  private read(from: number, to: number): string {
    try {
      const file = this.disk.open(byteString(this.path), O_RDONLY, 0);
      try {
        const bytes = Buffer.alloc(to - from);
        return bytes.toString('latin1', 0, this.disk.read(file, bytes, from));
      } finally {
        this.disk.close(file);
      }
    } catch {
      return '';
    }
  }
}
