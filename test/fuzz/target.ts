import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, ended } from '../program/run.js';
import { SmallDisk } from '../program/small-disk.js';
import { until } from '../program/until.js';

const DISK_BYTES = 256 * 1024 * 1024;
/** What one file may have, in KiB: a request for terabytes must not find room for them. */
const FILE_KIB = 4096;

/** Everything that a brick usually has, under fire; and beside it one that nobody shoots at. */
const volfile = (directory: string): string => `
volume fuzzed-posix
    type storage/posix
    option directory ${directory}/fuzzed
end-volume
volume fuzzed-access-control
    type features/access-control
    subvolumes fuzzed-posix
end-volume
volume fuzzed-locks
    type features/locks
    option notify-contention on
    subvolumes fuzzed-access-control
end-volume
volume fuzzed-index
    type features/index
    option index-base ${directory}/fuzzed/.glusterfs/indices
    option xattrop-dirty-watchlist trusted.afr.dirty
    option xattrop-pending-watchlist trusted.afr.test-
    subvolumes fuzzed-locks
end-volume
volume fuzzed
    type debug/io-stats
    subvolumes fuzzed-index
end-volume
volume quiet
    type storage/posix
    option directory ${directory}/quiet
end-volume
volume server
    type protocol/server
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port 0
    option auth.addr.fuzzed.allow 127.0.0.1
    option auth.addr.quiet.allow 127.0.0.1
    subvolumes fuzzed quiet
end-volume
`;

/** A real hfs_brickd with the subvolumes `fuzzed` and `quiet`, which cannot fill the disk of its machine. */
export class Target {
  private constructor(
    readonly directory: string,
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly disk: SmallDisk | undefined,
  ) {}

  static async start(): Promise<Target> {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-fuzz-'));
    const bricks = join(directory, 'bricks');
    for (const name of ['fuzzed', 'quiet']) mkdirSync(join(bricks, name), { recursive: true });
    const disk = process.getuid?.() === 0 ? SmallDisk.under(bricks, DISK_BYTES) : undefined;
    const [vol, log] = [join(directory, 'b.vol'), join(directory, 'log')];
    writeFileSync(vol, volfile(bricks));
    writeFileSync(log, '');
    const script = `ulimit -f ${FILE_KIB * 2}; exec "$0" "$@"`;
    const words = ['-N', '-f', vol, '-l', log];
    const child = spawn('sh', ['-c', script, process.execPath, bin('hfs_brickd'), ...words], {
      stdio: 'ignore',
    });
    const port = await until('the brick listens', () => {
      const found = /"port":(\d+)[^\n]*"brick listens"/.exec(readFileSync(log, 'utf8'));
      return found ? Number(found[1]) : undefined;
    });
    return new Target(directory, child, port, disk);
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get residentMb(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** The last lines of its log. */
  lastWords(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8').split('\n').slice(-6).join('\n');
  }

  /** How often it has written a line at error level: each is a bug. */
  get errors(): number {
    const log = readFileSync(join(this.directory, 'log'), 'utf8');
    return log.split('\n').filter((line) => line.includes('"level":"error"')).length;
  }

  /** Asks it to end; answers how it did. */
  async stop(): Promise<number | string> {
    this.child.kill('SIGTERM');
    return ended(this.child);
  }

  async remove(): Promise<void> {
    if (this.isAlive) this.child.kill('SIGKILL');
    await ended(this.child);
    this.disk?.unmount();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
