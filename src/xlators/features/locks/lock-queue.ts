/** Who holds a lock: two are the same owner only if both fields are. */
export interface Owned {
  readonly client: string;
  readonly lkOwner: string;
}

export function isSameOwner(a: Owned, b: Owned): boolean {
  return a.client === b.client && a.lkOwner === b.lkOwner;
}

/** How locks of one kind meet. */
export interface LockRules<L extends Owned> {
  /** Asked of locks of different owners only. */
  conflicts(a: L, b: L): boolean;
  /** What is held once `lock` is granted too. */
  grant(held: readonly L[], lock: L): readonly L[];
}

/** Told of a lock that is held while somebody else waits for it: when it begins to wait, and when others still do. */
export type Contended<L> = (held: L) => void;

interface Waiter<L> {
  readonly lock: L;
  readonly granted: () => void;
  readonly refused: (why: LockRefusal) => void;
}

/** `busy`: somebody else holds it. `full`: there are too many. `gone`: the client that waited is. */
export type LockRefusal = 'busy' | 'full' | 'gone';

/** Locks held on one thing and requests that wait for it, at most so many of either. */
export const MAX_LOCKS = 10_000;

/**
 * Locks of one kind on one thing. Who waits is served in the order of arrival; a newcomer does not pass those who wait
 * for the same, unless it holds a lock here already and would wait for itself.
 */
export class LockQueue<L extends Owned> {
  private locks: readonly L[] = [];
  private waiters: Waiter<L>[] = [];

  constructor(
    private readonly rules: LockRules<L>,
    private readonly contended: Contended<L> = () => undefined,
  ) {}

  get held(): readonly L[] {
    return this.locks;
  }

  get waiting(): number {
    return this.waiters.length;
  }

  get count(): number {
    return this.locks.length + this.waiters.length;
  }

  /** A held lock that stands in the way. */
  blocker(wanted: L): L | undefined {
    return this.locks.find((held) => this.collides(held, wanted));
  }

  /** Locks at once, or says why not. */
  take(wanted: L): 'granted' | LockRefusal {
    if (!this.isGrantable(wanted, this.waiters)) return 'busy';
    if (this.locks.length >= MAX_LOCKS) return 'full';
    this.locks = this.rules.grant(this.locks, wanted);
    return 'granted';
  }

  /** Settles when the lock is held or cannot be. */
  wait(wanted: L): Promise<'granted' | LockRefusal> {
    const outcome = this.take(wanted);
    if (outcome !== 'busy') return Promise.resolve(outcome);
    if (this.waiters.length >= MAX_LOCKS) return Promise.resolve('full');
    return new Promise((resolve) => {
      this.waiters.push({ lock: wanted, granted: () => resolve('granted'), refused: resolve });
      this.tellHolders(wanted);
    });
  }

  /** Puts another set of locks in the place of those that are held, and serves who waits. */
  replace(locks: readonly L[]): void {
    this.locks = locks;
    this.serve();
  }

  /** Drops what a client holds and waits for. */
  dropClient(client: string): void {
    const leaving = this.waiters.filter(({ lock }) => lock.client === client);
    this.waiters = this.waiters.filter(({ lock }) => lock.client !== client);
    for (const { refused } of leaving) refused('gone');
    this.replace(this.locks.filter((lock) => lock.client !== client));
  }

  private serve(): void {
    const still: Waiter<L>[] = [];
    for (const waiter of this.waiters) {
      if (!this.isGrantable(waiter.lock, still)) {
        still.push(waiter);
        continue;
      }
      this.locks = this.rules.grant(this.locks, waiter.lock);
      waiter.granted();
    }
    this.waiters = still;
    for (const { lock } of still) this.tellHolders(lock);
  }

  private tellHolders(wanted: L): void {
    for (const held of this.locks) if (this.collides(held, wanted)) this.contended(held);
  }

  private isGrantable(wanted: L, before: readonly Waiter<L>[]): boolean {
    if (this.blocker(wanted) !== undefined) return false;
    if (this.locks.some((held) => isSameOwner(held, wanted))) return true;
    return !before.some(({ lock }) => this.collides(lock, wanted));
  }

  private collides(a: L, b: L): boolean {
    return !isSameOwner(a, b) && this.rules.conflicts(a, b);
  }
}
