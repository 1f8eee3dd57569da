import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Timer } from '../../../platform/platform.js';
import { absent, type Brick } from './brick.js';
import { forgetName } from './new-inode.js';
import { retireHandle } from './removal.js';

/** What one round removes at most: the brick serves nobody meanwhile. */
const MAX_PER_ROUND = 200;

/** Empties the landfill, a little at a time. */
export class Janitor {
  private timer: Timer | undefined;

  constructor(private readonly brick: Brick) {}

  start(): void {
    const { clock, options } = this.brick;
    if (options.janitorSeconds === undefined) return;
    this.timer = clock.after(options.janitorSeconds * 1000, () => {
      this.round();
      this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** A disk that refuses is asked again the next time. */
  round(): void {
    const { brick } = this;
    const landfill = brick.handles.hidden('landfill');
    try {
      let left = MAX_PER_ROUND;
      for (const { name } of brick.disk.readdir(landfill)) {
        left = this.remove(`${landfill}/${name}`, left);
        if (left <= 0) return;
      }
    } catch (error) {
      brick.notice('the landfill could not be emptied', { why: String(error) });
    }
  }

  /** Removes a tree from its leaves, as far as `left` goes; answers what is left of that. */
  private remove(path: ByteString, left: number, pargfid?: Gfid): number {
    const { disk } = this.brick;
    const stat = this.brick.lstat(path);
    if (stat === undefined) return left;
    if (!isDirectory(stat)) {
      this.removeFile(path, stat, pargfid);
      return left - 1;
    }
    let rest = left;
    const gfid = this.brick.gfidOf(path);
    for (const { name } of disk.readdir(path)) {
      rest = this.remove(`${path}/${name}`, rest, gfid);
      if (rest <= 0) return rest;
    }
    this.dropHandle(path);
    disk.rmdir(path);
    return rest - 1;
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
