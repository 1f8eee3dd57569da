import type { Gfid } from '../../../fop/gfid.js';

/** Clients of one inode, with the time when each was last there. */
type Clients = Map<string, number>;

/**
 * Which clients may remember what of which inodes: those that were there within a timeout. The inode that was left alone longest
 * stands first, so that what is out of date is found without a search.
 */
export class Rememberers {
  private readonly inodes = new Map<Gfid, Clients>();
  private pairs = 0;

  constructor(
    private readonly timeoutMs: number,
    /** Of inode and client; beyond it the oldest inode is given up. */
    private readonly maxPairs: number,
    /** A client that may still remember an inode of which nothing is known here any more. */
    private readonly givenUp: (gfid: Gfid, client: string) => void,
  ) {}

  /** How many pairs of inode and client there are. */
  get size(): number {
    return this.pairs;
  }

  seen(gfid: Gfid, client: string, nowMs: number): void {
    const clients = this.inodes.get(gfid) ?? new Map<string, number>();
    this.inodes.delete(gfid);
    this.inodes.set(gfid, clients);
    if (!clients.has(client)) this.pairs += 1;
    clients.set(client, nowMs);
    this.makeRoom(nowMs);
  }

  /** Who may remember the inode. */
  of(gfid: Gfid, nowMs: number): readonly string[] {
    const clients = this.inodes.get(gfid);
    if (clients === undefined) return [];
    return [...clients].filter(([, atMs]) => this.counts(atMs, nowMs)).map(([client]) => client);
  }

  gone(client: string): void {
    for (const [gfid, clients] of this.inodes) {
      if (!clients.delete(client)) continue;
      this.pairs -= 1;
      if (clients.size === 0) this.inodes.delete(gfid);
    }
  }

  private counts(atMs: number, nowMs: number): boolean {
    return nowMs - atMs <= this.timeoutMs;
  }

  private makeRoom(nowMs: number): void {
    for (const [gfid, clients] of this.inodes) {
      if (this.pairs <= this.maxPairs && this.isOfUse(clients, nowMs)) return;
      this.inodes.delete(gfid);
      this.pairs -= clients.size;
      for (const [client, atMs] of clients)
        if (this.counts(atMs, nowMs)) this.givenUp(gfid, client);
    }
  }

  private isOfUse(clients: Clients, nowMs: number): boolean {
    for (const atMs of clients.values()) if (this.counts(atMs, nowMs)) return true;
    return false;
  }
}
