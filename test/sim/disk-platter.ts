import { FopError } from '../../src/fop/error.js';
import { S_IFDIR } from '../../src/fop/iatt.js';
import type { Random } from '../../src/platform/platform.js';
import { type DataChange, SimInode } from './disk-inode.js';
import { PAGE_BYTES } from './disk-pages.js';

/*
 * What survives a power cut. Names and attributes go through a journal in which a completed sync of anything
 * commits all that came before it; a cut undoes the rest from the end down to a random point. Bytes of a file
 * since its last completed sync are kept up to a random change, and that change may be torn. What nobody has
 * synced for WRITEBACK_MS is on the platter anyway, as kernels do it.
 */

const WRITEBACK_MS = 30_000;

interface MetadataChange {
  readonly atMs: number;
  readonly undo: () => void;
}

/** A point up to which a sync commits. */
export interface SyncMark {
  readonly inode: SimInode;
  readonly boot: number;
  readonly lastMetadata: MetadataChange | undefined;
  readonly lastData: DataChange | undefined;
}

export class Platter {
  readonly root: SimInode;
  boot = 0;
  usedBytes = 0;
  /** Fault: whatever needs room gets ENOSPC. */
  isFull = false;
  /** Fault: each sync answers EIO, and what it was to save is lost in the next power cut. */
  failsSync = false;
  private nextIno = 2n;
  private nextFile = 3;
  private readonly journal: MetadataChange[] = [];
  private group: (() => void)[] | undefined;
  private readonly dirty = new Set<SimInode>();

  constructor(
    private readonly random: Random,
    readonly capacityBytes: number,
  ) {
    this.root = this.inode(S_IFDIR | 0o755, 0);
    this.root.nlink = 2;
    this.root.parent = this.root;
  }

  inode(mode: number, rdev: number): SimInode {
    return new SimInode(this.nextIno++, mode, rdev);
  }

  fileNumber(): number {
    return this.nextFile++;
  }

  /** Throws ENOSPC where `bytes` more do not fit. */
  needRoom(bytes: number, call: string): void {
    if (this.isFull || this.usedBytes + bytes > this.capacityBytes)
      throw new FopError('ENOSPC', call);
  }

  /** Throws ENOSPC where the holes in the range cannot be filled. */
  needRange(inode: SimInode, offset: number, size: number): void {
    const missing = size > this.capacityBytes ? size : inode.pages.missingBytes(offset, size);
    this.needRoom(missing, 'fallocate');
  }

  /** How many bytes of a write the disk takes; ENOSPC where that is none. */
  roomFor(inode: SimInode, at: number, length: number): number {
    const fits = (count: number) => {
      const missing = inode.pages.missingBytes(at, count);
      return missing === 0 || (!this.isFull && this.usedBytes + missing <= this.capacityBytes);
    };
    if (fits(length)) return length;
    const part = PAGE_BYTES - (at % PAGE_BYTES);
    if (part < length && fits(part)) return part;
    throw new FopError('ENOSPC', 'write');
  }

  /** Notes a change of names or attributes that has just been made. */
  changed(atMs: number, undo: () => void): void {
    if (this.group !== undefined) {
      this.group.push(undo);
      return;
    }
    this.journal.push({ atMs, undo });
    const old = this.journal.findIndex((change) => change.atMs > atMs - WRITEBACK_MS);
    if (old > 0) this.journal.splice(0, old);
  }

  /** What `run` changes is undone as a whole or not at all. */
  together(atMs: number, run: () => void): void {
    const undos: (() => void)[] = [];
    this.group = undos;
    run();
    this.group = undefined;
    this.changed(atMs, () => {
      for (const undo of undos.reverse()) undo();
    });
  }

  /** Notes a change of bytes that is about to be made, and makes it. */
  changeData(inode: SimInode, change: DataChange, make: () => void): void {
    if (!inode.isPoisoned) dropOld(inode.unsynced, change.atMs - WRITEBACK_MS);
    inode.unsynced.push(change);
    this.dirty.add(inode);
    const before = inode.pages.allocatedBytes;
    make();
    this.usedBytes += inode.pages.allocatedBytes - before;
  }

  mark(inode: SimInode): SyncMark {
    return {
      inode,
      boot: this.boot,
      lastMetadata: this.journal.at(-1),
      lastData: inode.unsynced.at(-1),
    };
  }

  /** A sync that began at `mark` has come to its end. */
  commit(mark: SyncMark): void {
    if (mark.boot !== this.boot) return;
    if (this.failsSync) {
      mark.inode.isPoisoned ||= mark.inode.unsynced.length > 0;
      throw new FopError('EIO', 'fsync');
    }
    dropThrough(this.journal, mark.lastMetadata);
    if (mark.inode.isPoisoned) return;
    dropThrough(mark.inode.unsynced, mark.lastData);
    if (mark.inode.unsynced.length === 0) this.dirty.delete(mark.inode);
  }

  /** The last name and the last opener are gone. */
  forget(inode: SimInode): void {
    if (inode.nlink > 0 || inode.opens > 0 || inode.isDirectory) return;
    this.usedBytes -= inode.pages.allocatedBytes;
  }

  powerCut(): void {
    this.boot += 1;
    for (const inode of this.dirty) this.loseData(inode);
    this.dirty.clear();
    const kept = this.random.int(this.journal.length + 1);
    for (const change of this.journal.splice(kept).reverse()) change.undo();
    this.journal.length = 0;
    this.usedBytes = 0;
    this.recount(this.root, new Set());
  }

  private loseData(inode: SimInode): void {
    const changes = inode.unsynced;
    const kept = inode.isPoisoned ? 0 : this.random.int(changes.length + 1);
    const lost = changes.splice(kept);
    for (const change of [...lost].reverse()) inode.pages.restore(change.before);
    const torn = lost[0]?.written;
    if (torn !== undefined && !inode.isPoisoned) this.tear(inode, torn);
    changes.length = 0;
    inode.isPoisoned = false;
  }

  /** Part of the first lost write got there; sometimes the file has its new length and zeros in the rest. */
  private tear(inode: SimInode, torn: { data: Uint8Array; offset: number }): void {
    const arrived = this.random.int(torn.data.length + 1);
    inode.pages.write(torn.data.subarray(0, arrived), torn.offset);
    if (this.random.int(4) === 0)
      inode.pages.truncate(Math.max(inode.pages.size, torn.offset + torn.data.length));
  }

  private recount(inode: SimInode, seen: Set<SimInode>): void {
    if (seen.has(inode)) return;
    seen.add(inode);
    inode.opens = 0;
    this.usedBytes += inode.pages.allocatedBytes;
    for (const child of inode.children.values()) this.recount(child, seen);
  }
}

function dropThrough<T>(list: T[], last: T | undefined): void {
  const index = last === undefined ? -1 : list.indexOf(last);
  list.splice(0, index + 1);
}

function dropOld(changes: DataChange[], beforeMs: number): void {
  while (changes[0] !== undefined && changes[0].atMs < beforeMs) changes.shift();
}
