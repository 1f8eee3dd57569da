import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { Upcall } from '../../../fop/upcall.js';
import type { Clock } from '../../../platform/platform.js';
import type { Owned } from './lock-queue.js';
import type { EntryLock, InodeLock } from './lock-rules.js';
import { lengthOf } from './range.js';

/**
 * Tells holders of locks that somebody waits, so that those which keep them for the next write give them back: each lock at
 * most once in `delayMs`.
 */
export class Contention {
  private readonly toldMs = new WeakMap<object, number>();

  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
    private readonly tell: (client: string, upcall: Upcall) => void,
  ) {}

  inodeLock(gfid: Gfid, domain: ByteString, held: InodeLock): void {
    const { type, range, pid, lkOwner } = held;
    const flock = { type, whence: 0, start: range.start, len: lengthOf(range), pid, lkOwner };
    this.once(held, { kind: 'inodelk-contention', gfid, flock, domain });
  }

  entryLock(gfid: Gfid, domain: ByteString, held: EntryLock): void {
    const { type, name, pid } = held;
    this.once(held, { kind: 'entrylk-contention', gfid, type, pid, name, domain });
  }

  private once(held: Owned, upcall: Upcall): void {
    if (held.client === '') return;
    const nowMs = this.clock.monotonicMs();
    const lastMs = this.toldMs.get(held) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - lastMs < this.delayMs) return;
    this.toldMs.set(held, nowMs);
    this.tell(held.client, upcall);
  }
}
