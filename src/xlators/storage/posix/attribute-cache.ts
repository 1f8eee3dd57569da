import type { MdataTimes } from '../../../fop/dict.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Clock } from '../../../platform/platform.js';

/** What was read of an inode's attributes; undefined is what nobody has asked for, null is known to be absent. */
export interface KnownAttributes {
  gfid?: Gfid;
  times?: MdataTimes | null;
  names?: readonly ByteString[];
}

interface Entry extends KnownAttributes {
  readonly dev: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
}

/** Inodes that are remembered; all are forgotten when one more would not fit. */
const MAX_ENTRIES = 8192;

/** A ctime that is younger may yet be that of another change: the kernel's clock goes in steps of up to 10 ms. */
const SETTLED_MS = 100;

/**
 * Attributes of inodes whose ctime has not moved since they were read. Whoever changes an attribute, this process or another
 * one, moves the ctime; so a remembered answer is the one that the disk would give. It is not asked of a disk
 * that does not keep to that (`isReliable`), nor of an inode that has changed a moment ago.
 */
export class AttributeCache {
  /** Whether this disk moves the ctime with each change of an attribute: said when the brick starts. */
  isReliable = false;
  private readonly entries = new Map<number, Entry>();

  constructor(private readonly clock: Clock) {}

  /** What is known of the inode, to be completed by whoever reads more of it. `stat` was asked just now. */
  of(stat: DiskStat): KnownAttributes {
    const { dev, ctime, ctimeNsec } = stat;
    const key = Number(stat.ino);
    const known = this.entries.get(key);
    if (known?.ctime === ctime && known.ctimeNsec === ctimeNsec && known.dev === dev) return known;
    const entry: Entry = { dev, ctime, ctimeNsec };
    if (this.isReliable && Number.isSafeInteger(key) && this.isSettled(stat)) this.add(key, entry);
    return entry;
  }

  private isSettled({ ctime, ctimeNsec }: DiskStat): boolean {
    return this.clock.wallMs() - (ctime * 1000 + ctimeNsec / 1e6) > SETTLED_MS;
  }

  private add(key: number, entry: Entry): void {
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear();
    this.entries.set(key, entry);
  }
}
