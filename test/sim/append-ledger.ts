/** One thing that somebody wanted to append: its bytes begin with the id, which is `<…>` and stands nowhere else. */
export interface Attempt {
  readonly id: string;
  readonly bytes: Buffer;
  /** Where it ends, if the brick said that it is there: from then on it must stay. */
  endOffset?: number;
}

/**
 * What clients wanted to append to one file, and what they were told. Judges the file that is left after any number of
 * crashes: what was confirmed is where it was said to be, everything else is there once, or in part, or not at all.
 */
export class AppendLedger {
  readonly findings: string[] = [];
  private readonly attempts = new Map<string, Attempt>();
  private readonly confirmations: Attempt[] = [];
  /** Power was lost or the disk was full: then, and only then, an append may be there in part. */
  mayTear = false;

  begin(id: string, bytes: Buffer): Attempt {
    const attempt = { id, bytes };
    this.attempts.set(id, attempt);
    return attempt;
  }

  /** In the order in which they were confirmed. */
  get confirmed(): readonly Attempt[] {
    return this.confirmations;
  }

  /** The brick answered a write with the sizes before and after it. */
  answered(attempt: Attempt, written: number, before: number, after: number): void {
    const { id, bytes } = attempt;
    if (written !== bytes.length)
      this.findings.push(`${id}: ${written} of ${bytes.length} written`);
    if (after - before !== bytes.length)
      this.findings.push(`${id}: ${bytes.length} bytes took the size from ${before} to ${after}`);
    attempt.endOffset = after;
    this.confirmations.push(attempt);
  }

  /** Somebody read the place of a confirmed append. */
  read(attempt: Attempt, bytes: Buffer): void {
    if (!bytes.equals(attempt.bytes)) this.findings.push(`${attempt.id}: read back otherwise`);
  }

  /** Judges the whole file. */
  judge(file: Buffer): readonly string[] {
    const taken = this.judgeConfirmed(file);
    const rest = this.judgeUnconfirmed(file, taken);
    if (rest > 0 && !this.mayTear) this.findings.push(`${rest} bytes of the file are nobody's`);
    return this.findings;
  }

  /** Each at its place, none over another. Answers which bytes they hold. */
  private judgeConfirmed(file: Buffer): Uint8Array {
    const taken = new Uint8Array(file.length);
    for (const { id, bytes, endOffset = 0 } of this.confirmed) {
      const start = endOffset - bytes.length;
      if (!file.subarray(Math.max(0, start), endOffset).equals(bytes))
        this.findings.push(`${id}: confirmed up to ${endOffset}, and not there`);
      if (taken.subarray(start, endOffset).includes(1))
        this.findings.push(`${id}: lies over another one`);
      taken.fill(1, start, endOffset);
    }
    return taken;
  }

  /** Each at most once. Answers how many bytes belong to nobody as a whole. */
  private judgeUnconfirmed(file: Buffer, taken: Uint8Array): number {
    for (const [id, places] of marksIn(file)) {
      const attempt = this.attempts.get(id);
      if (attempt === undefined) continue;
      const { bytes, endOffset } = attempt;
      const whole = places.filter((at) => file.subarray(at, at + bytes.length).equals(bytes));
      if (whole.length > 1) this.findings.push(`${id}: there twice`);
      const [first] = whole;
      if (first === undefined || endOffset !== undefined) continue;
      if (taken.subarray(first, first + bytes.length).includes(1))
        this.findings.push(`${id}: lies over a confirmed one`);
      taken.fill(1, first, first + bytes.length);
    }
    let free = 0;
    for (const isTaken of taken) if (isTaken === 0) free++;
    return free;
  }
}

/** Where in the file each `<id>` stands. */
function marksIn(file: Buffer): Map<string, number[]> {
  const marks = new Map<string, number[]>();
  for (const match of file.toString('latin1').matchAll(/<[^<>]{1,100}>/g)) {
    const [id] = match;
    marks.set(id, [...(marks.get(id) ?? []), match.index]);
  }
  return marks;
}
