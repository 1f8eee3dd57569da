import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(64 * 1024, 'b');

function sh(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * A small filesystem of its own under a directory that nobody uses just now, with what was in it: to be filled up or taken away. Root only.
 */
export class SmallDisk {
  private readonly ballast: string;

  private constructor(
    readonly path: string,
    private readonly aside: string,
    ballast: string,
  ) {
    this.ballast = join(path, ballast);
  }

  /** `ballast` is where nobody takes the file that fills it for his own. */
  static under(path: string, sizeBytes: number, ballast = '.glusterfs/ballast'): SmallDisk {
    const disk = new SmallDisk(path, `${path}.below`, ballast);
    renameSync(path, disk.aside);
    mkdirSync(path);
    sh('mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'hekafs-test', path);
    sh('cp', '-a', `${disk.aside}/.`, path);
    rmSync(disk.aside, { recursive: true });
    return disk;
  }

  /** Leaves at most `freeBytes` free. */
  fill(freeBytes = 0): void {
    const file = openSync(this.ballast, 'w');
    try {
      for (let size = CHUNK.length; size > 0; ) {
        const isRoom = this.tryWrite(file, CHUNK.subarray(0, size));
        if (!isRoom) size = Math.floor(size / 2);
      }
    } finally {
      closeSync(file);
    }
    if (freeBytes > 0) sh('truncate', '-s', `-${freeBytes}`, this.ballast);
  }

  private tryWrite(file: number, bytes: Buffer): boolean {
    try {
      return writeSync(file, bytes) === bytes.length;
    } catch {
      return false;
    }
  }

  free(): void {
    rmSync(this.ballast, { force: true });
  }

  /** Takes it away, also from under whoever uses it: what is seen then is an empty directory. */
  unmount(): void {
    sh('umount', '--lazy', this.path);
  }
}
