/**
 * Lets many callers share one costly question: whoever joins gets the answer of a round that began after he joined; all
 * who join while a round is under way share the next one.
 */
export class SharedRound<T> {
  private current: Promise<T> | undefined;
  private next: Promise<T> | undefined;

  constructor(private readonly ask: () => Promise<T>) {}

  join(): Promise<T> {
    if (this.current === undefined) return this.begin();
    this.next ??= this.current.then(
      () => this.begin(),
      () => this.begin(),
    );
    return this.next;
  }

  private begin(): Promise<T> {
    this.next = undefined;
    const round = this.ask();
    this.current = round;
    const over = () => {
      if (this.current === round) this.current = undefined;
    };
    round.then(over, over);
    return round;
  }
}
