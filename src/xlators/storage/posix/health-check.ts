import { FopError } from '../../../fop/error.js';
import { O_CREAT, O_NOFOLLOW, O_RDWR } from '../../../fop/fd.js';
import type { FileNumber } from '../../../platform/disk.js';
import type { Timer } from '../../../platform/platform.js';
import type { Brick } from './brick.js';

/** What a check has found: the disk refuses, or it does not answer. */
export interface HealthFailure {
  readonly why: string;
  readonly isHanging: boolean;
}

const STEPS = 10;

/**
 * Now and then the time of day is written to `.glusterfs/health_check`, brought to the platter and read back. 10.3 leaves the sync
 * out, and so believes in a disk that takes nothing but what the page cache holds. What waits for the disk is in the
 * half of `Disk` that does not block: a disk that hangs is noticed by the timer. (A fop that blocks on it is another
 * matter: see platform/node/watchdog.ts.) The sync waits behind those of clients, so that a check may take as long as the interval and
 * the timeout together.
 */
export class HealthCheck {
  private timer: Timer | undefined;
  private isStopped = false;
  private isChecking = false;
  private file: FileNumber | undefined;

  constructor(
    private readonly brick: Brick,
    private readonly failed: (failure: HealthFailure) => void,
  ) {}

  start(): void {
    const { clock, options } = this.brick;
    if (options.healthSeconds === 0) return;
    this.timer = clock.after(options.healthSeconds * 1000, () => void this.check());
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    if (!this.isChecking) this.close();
  }

  private async check(): Promise<void> {
    this.isChecking = true;
    const failure = await Promise.race([this.tried(), this.patience()]);
    this.isChecking = failure?.isHanging ?? false;
    this.timer?.cancel();
    if (this.isStopped) {
      if (!this.isChecking) this.close();
      return;
    }
    if (failure === undefined) this.start();
    else this.failed(failure);
  }

  private async tried(): Promise<HealthFailure | undefined> {
    try {
      await this.writeAndRead();
      return undefined;
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return isPassing(error) ? undefined : { why: error.message, isHanging: false };
    }
  }

  /** In small steps: of a time in which this process was stopped, or the machine asleep, only one of them counts. */
  private patience(): Promise<HealthFailure> {
    const { clock, options } = this.brick;
    const seconds = options.healthSeconds + options.healthTimeoutSeconds;
    const why = `no answer for ${seconds} seconds`;
    return new Promise((resolve) => {
      const step = (left: number): void => {
        if (left === 0) resolve({ why, isHanging: true });
        else this.timer = clock.after((seconds * 1000) / STEPS, () => step(left - 1));
      };
      step(STEPS);
    });
  }

  private async writeAndRead(): Promise<void> {
    const { disk, clock } = this.brick;
    const text = Buffer.from(stamp(clock.wallMs()), 'latin1');
    const file = this.opened();
    await disk.writeLarge(file, text, 0);
    await disk.fdatasync(file);
    const found = Buffer.alloc(text.length);
    const size = await disk.readLarge(file, found, 0);
    if (size !== text.length || !found.equals(text))
      throw new FopError('EIO', 'health_check holds something else than was written');
  }

  /** It stays open: on a frozen filesystem to open a file for writing would block this thread. */
  private opened(): FileNumber {
    const { disk, handles } = this.brick;
    const path = handles.hidden('health_check');
    const ino = this.brick.lstat(path)?.ino;
    if (this.file !== undefined && disk.fstat(this.file).ino === ino) return this.file;
    this.close();
    this.file = disk.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644);
    return this.file;
  }

  private close(): void {
    if (this.file !== undefined) this.brick.disk.close(this.file);
    this.file = undefined;
  }
}

/**
 * A disk that is full or read-only, or a process that has too much open, is in trouble but not ill: what is there can be read.
 * (10.3 goes down over a disk that is read-only.)
 */
function isPassing({ errno }: FopError): boolean {
  return ['EAGAIN', 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE'].includes(errno);
}

/** `2026-11-20 19:30:00 +0000`. */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
}
