/**
 * What happened, one line per event, and a running hash of all lines. Two runs of one seed must end with the same
 * hash; the lines themselves are kept only where somebody will read them.
 */
export class Trace {
  readonly lines: string[] = [];
  private low = 0x811c9dc5;
  private high = 0x9e3779b9;
  private total = 0;

  constructor(private readonly keepsLines: boolean) {}

  add(line: string): void {
    this.total++;
    let low = this.low;
    let high = this.high;
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 13);
    }
    this.low = Math.imul(low ^ 10, 0x01000193);
    this.high = high;
    if (this.keepsLines) this.lines.push(line);
  }

  get count(): number {
    return this.total;
  }

  /** 16 hex digits that stand for all lines so far. */
  get hash(): string {
    return hex(this.low) + hex(this.high);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
