import type { Gfid } from '../../../fop/gfid.js';
import type { Copies } from './copies.js';

const MAX_REMEMBERED = 65_536;

interface Known {
  readonly copies: Copies;
  readonly generation: number;
}

/**
 * Which copies of an inode were found good, of the inodes that were used last. What was found before a subvolume went or
 * came holds no more: each such event begins a new generation.
 */
export class KnownCopies {
  private readonly inodes = new Map<Gfid, Known>();
  private last: Copies | undefined;

  constructor(private readonly most = MAX_REMEMBERED) {}

  get(gfid: Gfid, generation: number): Copies | undefined {
    const known = this.inodes.get(gfid);
    if (known === undefined) return undefined;
    this.inodes.delete(gfid);
    if (known.generation !== generation) return undefined;
    this.inodes.set(gfid, known);
    return known.copies;
  }

  /** `generation` is the one in which the copies were asked. */
  learn(gfid: Gfid, copies: Copies, generation: number): void {
    this.inodes.delete(gfid);
    if (this.inodes.size >= this.most) this.forgetFirst();
    this.inodes.set(gfid, { copies: this.shared(copies), generation });
  }

  forget(gfid: Gfid): void {
    this.inodes.delete(gfid);
  }

  get size(): number {
    return this.inodes.size;
  }

  /** Nearly all are alike: one object serves them. */
  private shared(copies: Copies): Copies {
    const { last } = this;
    if (last && JSON.stringify(last) === JSON.stringify(copies)) return last;
    this.last = copies;
    return copies;
  }

  private forgetFirst(): void {
    const first = this.inodes.keys().next();
    if (!first.done) this.inodes.delete(first.value);
  }
}
