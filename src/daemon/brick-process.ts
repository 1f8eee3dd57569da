import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config/error.js';
import { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } from '../fop/fd.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import type { Clock, Timer } from '../platform/platform.js';
import { sleep } from '../platform/platform.js';
import type { Log } from './log.js';
import { readSmallFile, writeSmallFile } from './small-file.js';

const PROGRAM = fileURLToPath(new URL('../../../bin/hfs_brickd', import.meta.url));
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;
/** A brick that ran this long had started well. */
const STEADY_MS = 10_000;
const POLL_MS = 250;
const STOP_MS = 5000;
const MAX_TAIL_BYTES = 64 * 1024;

export interface BrickFiles {
  readonly volfile: string;
  readonly pid: string;
  readonly log: string;
  /** What the process printed on standard error. */
  readonly errors: string;
}

/** Where a brick's files are below a state directory. */
export function brickFiles(stateDir: string): BrickFiles {
  const base = `${stateDir}/run/brick`;
  return { volfile: `${base}.vol`, pid: `${base}.pid`, log: `${base}.log`, errors: `${base}.err` };
}

/**
 * One brick process, kept running: started again with growing pauses when it ends, adopted when it outlived the
 * hekafsd before this one.
 */
export class BrickProcess {
  pid: number | null = null;
  /** What it last complained about when it would not start. */
  complaint: string | null = null;
  private child: ChildProcess | undefined;
  private isStopped = false;
  private retryMs = FIRST_RETRY_MS;
  private timer: Timer | undefined;
  private startedMs = 0;

  constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly files: BrickFiles,
  ) {}

  /** Has a brick with this volfile running: the one that runs already, if it has the same, else a new one. */
  async start(volfile: string): Promise<void> {
    const running = this.runningPid();
    if (running !== undefined && this.readVolfile() === volfile) return this.adopt(running);
    if (running !== undefined) await this.end(running);
    writeSmallFile(this.disk, this.files.volfile, volfile, 0o600);
    this.spawn();
  }

  /** Has it open its log anew. Only for one that listens: before, the signal would end it. */
  reopenLog(): void {
    if (this.pid !== null) signal(this.pid, 'SIGHUP');
  }

  /** Ends one that an earlier hekafsd has left. */
  async endLeft(): Promise<void> {
    const running = this.runningPid();
    if (running === undefined) return;
    this.log.info('a brick that nobody needs any more is ended', { brick: running });
    await this.end(running);
  }

  /** Ends it, for good. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    if (this.pid !== null) await this.end(this.pid);
    this.pid = null;
  }

  private readVolfile(): string | undefined {
    try {
      return readSmallFile(this.disk, this.files.volfile, 1024 * 1024);
    } catch {
      return undefined;
    }
  }

  /** The process of the pid file, if it is a brick with our volfile. */
  private runningPid(): number | undefined {
    try {
      const pid = Number(readSmallFile(this.disk, this.files.pid, 64).trim());
      const words = readSmallFile(this.disk, `/proc/${pid}/cmdline`, 64 * 1024);
      return words.includes(this.files.volfile) && this.isRunning(pid) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  private adopt(pid: number): void {
    this.pid = pid;
    this.startedMs = this.clock.monotonicMs();
    this.log.info('brick adopted', { brick: pid });
    const look = (): void => {
      if (this.isStopped || this.pid !== pid) return;
      if (this.isRunning(pid)) this.timer = this.clock.after(POLL_MS, look);
      else this.ended('it is gone');
    };
    look();
  }

  private spawn(): void {
    if (this.isStopped) return;
    this.startedMs = this.clock.monotonicMs();
    const errors = this.disk.open(
      byteString(this.files.errors),
      O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
      0o600,
    );
    const words = ['-N', '-f', this.files.volfile, '-p', this.files.pid, '-l', this.files.log];
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', errors],
    });
    this.disk.close(errors);
    this.child = child;
    this.pid = child.pid ?? null;
    this.log.info('brick started', { brick: this.pid });
    child.once('error', (error) => this.childEnded(child, error.message));
    child.once('exit', (code, signal) =>
      this.childEnded(child, signal ? `signal ${signal}` : `exit ${code}`),
    );
    child.unref();
  }

  private childEnded(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.complaint = this.errorTail();
    this.ended(how);
  }

  private ended(how: string): void {
    this.pid = null;
    if (this.isStopped) return;
    if (this.clock.monotonicMs() - this.startedMs > STEADY_MS) this.retryMs = FIRST_RETRY_MS;
    this.log.warn('brick ended; starting it again', {
      code: 'HFS-5004',
      how,
      said: this.complaint ?? '',
      againInMs: this.retryMs,
      next: `read ${this.files.log}`,
    });
    this.timer = this.clock.after(this.retryMs, () => this.spawn());
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }

  private errorTail(): string | null {
    try {
      return readSmallFile(this.disk, this.files.errors, MAX_TAIL_BYTES).trim() || null;
    } catch {
      return null;
    }
  }

  /** False for a zombie too: a process that ended and that nobody has asked about. */
  private isRunning(pid: number): boolean {
    if (!signal(pid, 0)) return false;
    try {
      const stat = readSmallFile(this.disk, `/proc/${pid}/stat`, 4096);
      return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
    } catch {
      return false;
    }
  }

  private async end(pid: number): Promise<void> {
    signal(pid, 'SIGTERM');
    const deadline = this.clock.monotonicMs() + STOP_MS;
    while (this.isRunning(pid) && this.clock.monotonicMs() < deadline) await sleep(this.clock, 20);
    if (this.isRunning(pid)) signal(pid, 'SIGKILL');
  }
}

function signal(pid: number, what: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, what);
    return true;
  } catch {
    return false;
  }
}

/** A brick that does not come up, as an error for the one who asked for it. */
export function brickFailed(complaint: string | null): ConfigError {
  const found = /^(HFS-\d{4}) ([^\n]*)\nnext: ([^\n]*)/.exec(complaint ?? '');
  const why = found?.[2] ?? complaint ?? 'it did not answer in time';
  return new ConfigError(
    'HFS-5004',
    'the brick does not start',
    why,
    found?.[3] ?? 'read the log of the brick',
  );
}
