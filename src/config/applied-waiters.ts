import type { Clock } from '../platform/platform.js';
import type { Store } from './store.js';

/** Readers that wait until the state has come to a revision. */
export class AppliedWaiters {
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly clock: Clock,
    private readonly store: Store,
  ) {}

  /** The state has gone on. */
  wake(): void {
    for (const wake of this.waiting) wake();
  }

  /** True as soon as the state holds `revision`, false where it does not in time. */
  until(revision: number, timeoutMs: number): Promise<boolean> {
    if (this.store.revision >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (isApplied: boolean) => {
        this.waiting.delete(wake);
        timer.cancel();
        resolve(isApplied);
      };
      const wake = () => {
        if (this.store.revision >= revision) end(true);
      };
      const timer = this.clock.after(timeoutMs, () => end(false));
      this.waiting.add(wake);
    });
  }
}
