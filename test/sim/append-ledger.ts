/** One thing that somebody wanted to append: its bytes begin with the id, which is `<…>` and stands nowhere else. */
export interface Attempt {
  readonly id: string;
  readonly bytes: Buffer;
  /** Where it ends, if the brick said that it is there: from then on it must stay. */
  endOffset?: number;
}

interface Place {
  readonly id: string;
  readonly start: number;
  readonly end: number;
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
    const places = [...this.confirmedIn(file), ...this.unconfirmedIn(file)];
    const rest = this.judgePlaces(places, file.length);
    if (rest > 0 && !this.mayTear) this.findings.push(`${rest} bytes of the file are nobody's`);
    return this.findings;
  }

  /** Each is where the brick said. */
  private confirmedIn(file: Buffer): Place[] {
    return this.confirmations.map(({ id, bytes, endOffset = 0 }) => {
      const start = endOffset - bytes.length;
      if (!file.subarray(Math.max(0, start), endOffset).equals(bytes))
        this.findings.push(`${id}: confirmed up to ${endOffset}, and not there`);
      return { id, start, end: endOffset };
    });
  }

  /** Those that are there as a whole; nobody more than once. */
  private unconfirmedIn(file: Buffer): Place[] {
    const found: Place[] = [];
    for (const [id, starts] of marksIn(file)) {
      const attempt = this.attempts.get(id);
      if (attempt === undefined) continue;
      const { bytes, endOffset } = attempt;
      const whole = starts.filter((at) => file.subarray(at, at + bytes.length).equals(bytes));
      if (whole.length > 1) this.findings.push(`${id}: there twice`);
      const [start] = whole;
      if (start === undefined || endOffset !== undefined) continue;
      found.push({ id, start, end: start + bytes.length });
    }
    return found;
  }

  /** No two share a byte. Answers how many bytes belong to nobody. */
  private judgePlaces(places: readonly Place[], size: number): number {
    let rest = 0;
    let end = 0;
    for (const place of [...places].sort((a, b) => a.start - b.start || a.end - b.end)) {
      if (place.start < end) this.findings.push(`${place.id}: lies over another one`);
      rest += Math.max(0, place.start - end);
      end = Math.max(end, place.end);
    }
    return rest + Math.max(0, size - end);
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
