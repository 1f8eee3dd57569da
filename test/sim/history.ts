/** What was asked of one register; null is absence. Values should be told apart: give each write its own. */
export type Asked =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: string }
  /** Writes only where the register holds `expected`. */
  | { readonly kind: 'putIf'; readonly expected: string | null; readonly value: string }
  | { readonly kind: 'delete' };

/**
 * What came of it: the value of a get; whether a putIf or delete found what it needed (a delete of nothing is false;
 * a put is always true); `unknown` where no answer came, so that it happened at some later time or never will.
 */
export type Outcome = { readonly value: string | null } | { readonly done: boolean } | 'unknown';

export interface Operation {
  readonly client: string;
  readonly key: string;
  readonly asked: Asked;
  /** Stamps of one counter, so that no two moments are equal. */
  readonly invoked: number;
  /** Infinity where the outcome is unknown. */
  readonly returned: number;
  readonly outcome: Outcome;
}

/** Records what clients asked and were told, in the order in which it happened. */
export class History {
  readonly operations: Operation[] = [];
  private readonly open = new Set<() => void>();
  private moment = 0;

  /**
   * A client asks now; call what is answered when it is told, once. Whoever is never told has an unknown outcome,
   * when `finish` is called at the latest.
   */
  invoke(client: string, key: string, asked: Asked): (outcome: Outcome) => void {
    const invoked = ++this.moment;
    const giveUp = (): void => told('unknown');
    const told = (outcome: Outcome): void => {
      if (!this.open.delete(giveUp)) return;
      const returned = outcome === 'unknown' ? Number.POSITIVE_INFINITY : ++this.moment;
      this.operations.push({ client, key, asked, invoked, returned, outcome });
    };
    this.open.add(giveUp);
    return told;
  }

  /** No more answers come. */
  finish(): readonly Operation[] {
    for (const giveUp of [...this.open]) giveUp();
    return this.operations;
  }
}
