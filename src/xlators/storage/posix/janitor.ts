import { isDirectory } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Timer } from '../../../platform/platform.js';
import { absent, type Brick } from './brick.js';

/** What one round removes at most: the brick serves nobody meanwhile. */
const MAX_PER_ROUND = 200;

/** Empties the landfill, a little at a time. */
export class Janitor {
  private timer: Timer | undefined;

  constructor(private readonly brick: Brick) {}

  start(): void {
    const { clock, options } = this.brick;
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
  private remove(path: ByteString, left: number): number {
    const { disk } = this.brick;
    const stat = this.brick.lstat(path);
    if (stat === undefined) return left;
    if (!isDirectory(stat)) {
      this.removeFile(path);
      return left - 1;
    }
    let rest = left;
    for (const { name } of disk.readdir(path)) {
      rest = this.remove(`${path}/${name}`, rest);
      if (rest <= 0) return rest;
    }
    this.dropHandle(path);
    disk.rmdir(path);
    return rest - 1;
  }

  private removeFile(path: ByteString): void {
    const gfid = this.brick.gfidOf(path);
    this.brick.disk.unlink(path);
    if (gfid === undefined) return;
    const handle = this.brick.handles.path(gfid);
    const stat = this.brick.lstat(handle);
    const isRemnant = stat?.nlink === 1 && this.brick.gfidOf(handle) === gfid;
    if (isRemnant && this.brick.openFiles.count(stat.ino) === 0) this.brick.disk.unlink(handle);
  }

  /** The handle of a directory that came here with its parent leads nowhere now. */
  private dropHandle(path: ByteString): void {
    const gfid = this.brick.gfidOf(path);
    if (gfid === undefined || this.brick.handles.find(gfid) !== undefined) return;
    absent(() => this.brick.disk.unlink(this.brick.handles.path(gfid)), 'ENOENT', 'EISDIR');
  }
}
