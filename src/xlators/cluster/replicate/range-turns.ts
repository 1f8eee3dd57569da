/** Bytes from `start` up to, not including, `end`. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

export const WHOLE: ByteSpan = { start: 0, end: Number.POSITIVE_INFINITY };

interface Turn {
  readonly span: ByteSpan;
  readonly over: Promise<void>;
}

/**
 * Has changes of overlapping bytes follow each other in the order in which they came, so that all bricks come to the same:
 * a brick does what it is sent in any order. As many wait as there are fops under way.
 */
export class RangeTurns {
  private readonly turns = new Set<Turn>();

  /** Settles when all earlier changes of these bytes are over; answers how to say that this one is. */
  async take(span: ByteSpan): Promise<() => void> {
    const before = [...this.turns].filter((turn) => overlap(turn.span, span));
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const turn = { span, over };
    this.turns.add(turn);
    for (const earlier of before) await earlier.over;
    return () => {
      this.turns.delete(turn);
      end();
    };
  }
}

function overlap(one: ByteSpan, other: ByteSpan): boolean {
  return one.start < other.end && other.start < one.end;
}
