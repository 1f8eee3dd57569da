import type { Gfid } from '../../../fop/gfid.js';
import { type LockRefusal, MAX_LOCKS } from './lock-queue.js';
import type { InodeLock } from './lock-rules.js';
import type { LockTable } from './lock-table.js';

interface Waiter {
  readonly client: string;
  readonly go: (outcome: 'granted' | LockRefusal) => void;
}

interface Removal {
  /** Removals that wait for locks of others. */
  readonly waiting: Waiter[];
  running: number;
  /** Locks that were asked for after a removal. */
  readonly locks: Waiter[];
}

/**
 * Names are not taken away from under a lock: unlink, rmdir and rename wait while another client than theirs holds an
 * inodelk on what they would remove, and inodelks that are asked for after that wait for them. A client that holds one on
 * the inode gets more of them, or it would wait for itself.
 */
export class Removals {
  private readonly inodes = new Map<Gfid, Removal>();

  constructor(private readonly table: LockTable<InodeLock>) {}

  /** Whether any removal has to look at locks. */
  get isIdle(): boolean {
    return this.table.isEmpty && this.inodes.size === 0;
  }

  /** Settles when the removal may begin; `end` is to be called after it. */
  begin(gfid: Gfid, client: string): Promise<'granted' | LockRefusal> {
    const removal = this.inodes.get(gfid) ?? { waiting: [], running: 0, locks: [] };
    this.inodes.set(gfid, removal);
    return new Promise((go) => {
      if (removal.waiting.length >= MAX_LOCKS) return go('full');
      removal.waiting.push({ client, go });
      this.serve(gfid);
    });
  }

  end(gfid: Gfid): void {
    const removal = this.inodes.get(gfid);
    if (removal) removal.running -= 1;
    this.serve(gfid);
  }

  /** Where an inodelk has to wait for a removal: settles when it may be asked for. */
  before(gfid: Gfid, client: string): Promise<'granted' | LockRefusal> | undefined {
    const removal = this.inodes.get(gfid);
    if (removal === undefined || this.holds(gfid, client)) return undefined;
    if (removal.locks.length >= MAX_LOCKS) return Promise.resolve('full');
    return new Promise((go) => void removal.locks.push({ client, go }));
  }

  /** A lock on the inode was given back. */
  serve(gfid: Gfid): void {
    const removal = this.inodes.get(gfid);
    if (removal === undefined) return;
    for (const waiter of removal.waiting.splice(0))
      if (this.isHeldByOthers(gfid, waiter.client)) removal.waiting.push(waiter);
      else {
        removal.running += 1;
        waiter.go('granted');
      }
    if (removal.waiting.length + removal.running > 0) return;
    this.inodes.delete(gfid);
    for (const { go } of removal.locks) go('granted');
  }

  /** Whatever a client waits for ends with it; others may go on where its locks were in the way. */
  dropClient(client: string): void {
    for (const [gfid, removal] of [...this.inodes]) {
      for (const queue of [removal.waiting, removal.locks])
        for (const waiter of queue.splice(0))
          if (waiter.client === client) waiter.go('gone');
          else queue.push(waiter);
      this.serve(gfid);
    }
  }

  private holds(gfid: Gfid, client: string): boolean {
    return this.table.heldAnywhere(gfid).some((lock) => lock.client === client);
  }

  private isHeldByOthers(gfid: Gfid, client: string): boolean {
    return this.table.heldAnywhere(gfid).some((lock) => lock.client !== client);
  }
}
