import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import { LockQueue, type LockRules, type Owned } from './lock-queue.js';

/** All locks of one kind: a queue per inode and domain, there while it holds something. */
export class LockTable<L extends Owned> {
  private readonly inodes = new Map<Gfid, Map<ByteString, LockQueue<L>>>();

  constructor(
    private readonly rules: LockRules<L>,
    /** Told of a lock that is held while somebody waits for it. */
    private readonly contended: (gfid: Gfid, domain: ByteString, held: L) => void = () => undefined,
  ) {}

  /** Does `work` with the queue of a domain; a queue that is empty afterwards is forgotten. */
  with<T>(gfid: Gfid, domain: ByteString, work: (queue: LockQueue<L>) => T): T {
    const domains = this.inodes.get(gfid) ?? new Map<ByteString, LockQueue<L>>();
    const queue = domains.get(domain) ?? this.newQueue(gfid, domain);
    this.inodes.set(gfid, domains);
    domains.set(domain, queue);
    try {
      return work(queue);
    } finally {
      this.tidy(gfid, domains, domain, queue);
    }
  }

  private newQueue(gfid: Gfid, domain: ByteString): LockQueue<L> {
    return new LockQueue(this.rules, (held) => this.contended(gfid, domain, held));
  }

  /** What is held on an inode in one domain. */
  held(gfid: Gfid, domain: ByteString): readonly L[] {
    return this.inodes.get(gfid)?.get(domain)?.held ?? [];
  }

  get isEmpty(): boolean {
    return this.inodes.size === 0;
  }

  /** What is held on an inode, in whatever domain. */
  heldAnywhere(gfid: Gfid): readonly L[] {
    return [...(this.inodes.get(gfid)?.values() ?? [])].flatMap(({ held }) => held);
  }

  /** Locks held and waited for on an inode, in the domains that `counts` chooses. */
  count(gfid: Gfid, counts: (domain: ByteString) => boolean = () => true): number {
    let sum = 0;
    for (const [domain, queue] of this.inodes.get(gfid) ?? [])
      if (counts(domain)) sum += queue.count;
    return sum;
  }

  dropClient(client: string): void {
    for (const [gfid, domains] of [...this.inodes]) {
      for (const [domain, queue] of [...domains]) {
        queue.dropClient(client);
        this.tidy(gfid, domains, domain, queue);
      }
    }
  }

  private tidy(
    gfid: Gfid,
    domains: Map<ByteString, LockQueue<L>>,
    domain: ByteString,
    queue: LockQueue<L>,
  ): void {
    if (queue.count === 0) domains.delete(domain);
    if (domains.size === 0) this.inodes.delete(gfid);
  }
}
