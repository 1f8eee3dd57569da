import { FopError } from '../../../fop/error.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import { type ByteString, MAX_NAME_BYTES, MAX_PATH_BYTES } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Timer } from '../../../platform/platform.js';
import { absent, type Brick } from './brick.js';
import { forgetName } from './new-inode.js';
import { retireHandle } from './removal.js';

/** What is removed at a stretch: the brick serves nobody meanwhile. */
const MAX_AT_ONCE = 100;
/** And so long it serves everybody before it goes on. */
const PAUSE_MS = 50;
/** Below the landfill paths may grow longer than they were, and longer than the system takes. */
const LONGEST_PATH_BYTES = MAX_PATH_BYTES - 2 * MAX_NAME_BYTES;

/** Empties the landfill, a little at a time. */
export class Janitor {
  private timer: Timer | undefined;
  /** A round that has begun; each step removes one name. */
  private work: Generator<void> | undefined;

  constructor(private readonly brick: Brick) {}

  start(): void {
    const { janitorSeconds } = this.brick.options;
    if (janitorSeconds !== undefined) this.goOnAfter(janitorSeconds * 1000);
  }

  stop(): void {
    this.timer?.cancel();
  }

  private goOnAfter(ms: number): void {
    this.timer = this.brick.clock.after(ms, () => {
      if (this.round()) this.start();
      else this.goOnAfter(PAUSE_MS);
    });
  }

  /** True when nothing is left that could be removed. */
  private round(): boolean {
    this.work ??= this.empty();
    for (let count = 0; count < MAX_AT_ONCE; count++) {
      if (!this.work.next().done) continue;
      this.work = undefined;
      return true;
    }
    return false;
  }

  /** What the disk refuses is tried again in the next round, and does not stop the others. */
  private *empty(): Generator<void> {
    const landfill = this.brick.handles.hidden('landfill');
    for (const { name } of this.tried(landfill, () => this.brick.disk.readdir(landfill)) ?? []) {
      const steps = this.remove(`${landfill}/${name}`);
      while (this.tried(name, () => steps.next())?.done === false) yield;
    }
  }

  private tried<T>(what: ByteString, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      this.brick.noticeOnce('the landfill could not be emptied', what, { why: error.message });
      return undefined;
    }
  }

  /** Removes a tree from its leaves. */
  private *remove(path: ByteString, pargfid?: Gfid): Generator<void> {
    const { disk } = this.brick;
    const stat = this.brick.lstat(path);
    if (stat === undefined) return;
    if (!isDirectory(stat)) {
      this.removeFile(path, stat, pargfid);
      yield;
      return;
    }
    if (path.length > LONGEST_PATH_BYTES) {
      disk.rename(path, this.brick.handles.hidden(`landfill/${this.brick.random.uuid()}`));
      return;
    }
    const gfid = this.brick.gfidOf(path);
    for (const { name } of disk.readdir(path)) yield* this.remove(`${path}/${name}`, gfid);
    this.dropHandle(path);
    disk.rmdir(path);
    yield;
  }

  /** The handle first: what is interrupted then is found here again. */
  private removeFile(path: ByteString, stat: DiskStat, pargfid: Gfid | undefined): void {
    const { brick } = this;
    const gfid = brick.gfidOf(path);
    const handle = gfid === undefined ? undefined : brick.handles.path(gfid);
    const isHandle = handle !== undefined && brick.lstat(handle)?.ino === stat.ino;
    const namesLeft = stat.nlink - (isHandle ? 2 : 1);
    if (gfid !== undefined && namesLeft < 1)
      retireHandle(brick, { gfid, stat, held: undefined }, isHandle);
    else if (pargfid !== undefined)
      forgetName(brick, path, pargfid, path.slice(path.lastIndexOf('/') + 1));
    brick.disk.unlink(path);
  }

  /** The handle of a directory that came here with its parent leads nowhere now. */
  private dropHandle(path: ByteString): void {
    const gfid = this.brick.gfidOf(path);
    if (gfid === undefined || this.brick.handles.find(gfid) !== undefined) return;
    absent(() => this.brick.disk.unlink(this.brick.handles.path(gfid)), 'ENOENT', 'EISDIR');
  }
}
