import { type Gfid, isGfid } from '../../../fop/gfid.js';
import { isDirectory, isSymlink } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Timer } from '../../../platform/platform.js';
import { absent, type Brick } from './brick.js';
import { HIDDEN_DIRECTORY } from './handle-path.js';
import { quarantine } from './quarantine.js';

/** On `.glusterfs` while a brick runs, and until a search is over: two hex digits, the handle directory it has come to. */
export const RUNNING_XATTR = 'trusted.hekafs.running';

const PAUSE_MS = 20;
const BEGIN = '00';

/**
 * Looks for handles that no name belongs to, after a stop that was none. What this brick leaves half done its next start finds at
 * once (half-done.ts); but a disk that keeps no order, and a GlusterFS that was killed here, leave more. One small directory
 * of handles at a time, so the brick goes on serving; where it stops, the next start goes on.
 */
export class OrphanSearch {
  private timer: Timer | undefined;
  private todo: ByteString[] = [];
  private first = 0;
  private found = 0;
  private isSearching = false;

  constructor(private readonly brick: Brick) {}

  /** The brick is running from now on; whether it was before, is what the disk still says. */
  start(): void {
    const left = this.brick.xattr(this.hidden, RUNNING_XATTR)?.toString('latin1');
    this.isSearching = left !== undefined;
    this.first = left !== undefined && /^[0-9a-f]{2}$/.test(left) ? Number.parseInt(left, 16) : 0;
    if (!this.isSearching) this.note(BEGIN);
    else this.goOn();
  }

  /** The brick stops, and all is in order, unless there is more to be looked at. */
  stop(): void {
    this.abandon();
    if (this.isSearching) return;
    try {
      this.brick.dropXattr(this.hidden, RUNNING_XATTR);
    } catch (error) {
      this.brick.notice('the brick could not be marked as stopped', { why: String(error) });
    }
  }

  /** The disk has failed: nothing more is asked of it. */
  abandon(): void {
    this.timer?.cancel();
  }

  private get hidden(): ByteString {
    return `${this.brick.root}/${HIDDEN_DIRECTORY}`;
  }

  private note(place: string): void {
    this.brick.setXattr(this.hidden, RUNNING_XATTR, Buffer.from(place, 'latin1'));
  }

  private goOn(): void {
    this.timer = this.brick.clock.after(PAUSE_MS, () => {
      try {
        this.step();
      } catch (error) {
        this.brick.notice('the search for handles without a name has ended', {
          why: String(error),
        });
        return;
      }
      if (this.isSearching) this.goOn();
    });
  }

  private step(): void {
    const next = this.todo.pop();
    if (next !== undefined) this.look(next);
    else if (this.first > 255) this.finish();
    else this.enter((this.first++).toString(16).padStart(2, '0'));
  }

  private enter(first: string): void {
    const path = `${this.hidden}/${first}`;
    const below = absent(() => this.brick.disk.readdir(path), 'ENOENT', 'ENOTDIR') ?? [];
    if (below.length === 0) return;
    this.note(first);
    this.todo = below.map(({ name }) => `${path}/${name}`);
  }

  private look(path: ByteString): void {
    const handles = absent(() => this.brick.disk.readdir(path), 'ENOENT', 'ENOTDIR') ?? [];
    for (const { name } of handles) {
      const stat = isGfid(name) ? this.brick.lstat(`${path}/${name}`) : undefined;
      if (stat !== undefined && stat.nlink === 1 && !isDirectory(stat)) this.judge(name, stat);
    }
  }

  /** An empty file and a symlink hold nothing that anybody could miss. */
  private judge(gfid: Gfid, stat: DiskStat): void {
    const { brick } = this;
    if (brick.openFiles.count(stat.ino) > 0) return;
    if (isSymlink(stat) && brick.handles.find(gfid) !== undefined) return;
    this.found += 1;
    if (isSymlink(stat) || stat.size === 0) brick.handles.remove(gfid);
    else this.keep(gfid, stat);
  }

  private keep(gfid: Gfid, stat: DiskStat): void {
    quarantine(this.brick, gfid, stat);
    this.brick.notice('a file without a name was put in quarantine', {
      path: `${HIDDEN_DIRECTORY}/quarantine/${gfid}-${stat.ino}`,
      sizeBytes: stat.size,
    });
  }

  private finish(): void {
    this.isSearching = false;
    this.note(BEGIN);
    const { found } = this;
    if (found > 0) this.brick.notice('the search for handles without a name is over', { found });
  }
}
