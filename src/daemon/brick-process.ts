import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } from '../fop/fd.js';
import { byteString } from '../fop/name.js';
import type { Engine } from '../graph/volgen.js';
import type { Disk, FileNumber } from '../platform/disk.js';
import { requireSystemCalls } from '../platform/node/syscalls.js';
import type { Clock, Timer } from '../platform/platform.js';
import { sleep } from '../platform/platform.js';
import { BRICK_EXPORTS } from './brick-directory.js';
import { lockDirectory } from './brick-lock.js';
import { problemBlock } from './brickd-problem.js';
import { directoryOf } from './durable-file.js';
import { GLUSTERFSD } from './engine.js';
import { localProblem } from './local-troubles.js';
import type { Log } from './log.js';
import { makeStateDir } from './prepare.js';
import { type BrickFiles, isRunning, runningBrick, signal } from './running-brick.js';
import { readSmallFile, writeSmallFile } from './small-file.js';
import { StockLog } from './stock-log.js';

const PROGRAM = fileURLToPath(new URL('../../../bin/hfs_brickd', import.meta.url));
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;
/** A brick that ran this long had started well. */
const STEADY_MS = 10_000;
const POLL_MS = 250;
const STOP_MS = 5000;
const MAX_TAIL_BYTES = 64 * 1024;
const STOCK_LOG_MS = 1000;

/** What a brick process is to be. */
export interface BrickPlan {
  readonly volfile: string;
  readonly engine: Engine;
  /** The directory that holds its exports. */
  readonly path: string;
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
  private plan: BrickPlan = { volfile: '', engine: 'embedded', path: '' };
  private stockLog: StockLog | undefined;
  private logTimer: Timer | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly files: BrickFiles,
  ) {}

  /** Has a brick with this volfile running: the one that runs already, if it has the same, else a new one. */
  async start(plan: BrickPlan): Promise<void> {
    const running = runningBrick(this.disk, this.files);
    this.plan = plan;
    if (running !== undefined && this.readVolfile() === plan.volfile) return this.adopt(running);
    if (running !== undefined) await this.end(running);
    this.spawn();
  }

  /** Has it open its log anew. Only for one that listens: before, the signal would end it. */
  reopenLog(): void {
    if (this.pid !== null) signal(this.pid, 'SIGHUP');
  }

  /** Ends one that an earlier hekafsd has left. */
  async endLeft(): Promise<void> {
    const running = runningBrick(this.disk, this.files);
    if (running === undefined) return;
    this.log.info('a brick that nobody needs any more is ended', { brick: running });
    await this.end(running);
  }

  /** Ends the one that runs; another one starts by itself. */
  restart(): void {
    if (this.pid !== null) signal(this.pid, 'SIGTERM');
  }

  /** Ends it, for good. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    this.logTimer?.cancel();
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

  private adopt(pid: number): void {
    this.pid = pid;
    this.startedMs = this.clock.monotonicMs();
    this.log.info('brick adopted', { brick: pid });
    this.watchLog();
    const look = (): void => {
      if (this.isStopped || this.pid !== pid) return;
      if (isRunning(this.disk, pid)) this.timer = this.clock.after(POLL_MS, look);
      else this.ended('it is gone');
    };
    look();
  }

  private spawn(): void {
    if (this.isStopped) return;
    this.startedMs = this.clock.monotonicMs();
    try {
      this.prepare();
      this.launch();
    } catch (error) {
      const directory = directoryOf(byteString(this.files.volfile));
      const told = localProblem(this.disk, 'the brick is not started', directory, error);
      this.complaint = problemBlock(told).trim();
      this.ended(told.why);
    }
  }

  /** Made anew where somebody has removed it; on a full disk what stands there is good enough. */
  private prepare(): void {
    makeStateDir(this.disk, directoryOf(byteString(this.files.volfile)));
    const { volfile } = this.plan;
    if (this.readVolfile() !== volfile)
      writeSmallFile(this.disk, this.files.volfile, volfile, 0o600);
  }

  private launch(): void {
    const errors = this.disk.open(
      byteString(this.files.errors),
      O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
      0o600,
    );
    const words = ['-N', '-f', this.files.volfile, '-p', this.files.pid, '-l', this.files.log];
    const isStock = this.plan.engine === 'glusterfs';
    this.watchLog();
    const locks = isStock ? this.locked() : [];
    const [program, ...first] = isStock ? [GLUSTERFSD] : [process.execPath, PROGRAM];
    const child = spawn(program, [...first, ...words], {
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', errors, ...locks],
    });
    for (const file of [errors, ...locks]) this.disk.close(file);
    this.child = child;
    this.pid = child.pid ?? null;
    this.log.info('brick started', { brick: this.pid });
    child.once('error', (error) => this.childEnded(child, error.message, error.message));
    child.once('exit', (code, signal) =>
      this.childEnded(child, signal ? `signal ${signal}` : `exit ${code}`),
    );
    child.unref();
  }

  /**
   * The directories of the brick, locked and open: glusterfsd takes no lock of its own, but inherits this one and has it as long
   * as it lives. hfs_brickd locks them itself.
   */
  private locked(): readonly FileNumber[] {
    const { path } = this.plan;
    const flock = (file: FileNumber): void => requireSystemCalls('flock').flock(file);
    return BRICK_EXPORTS.map((name) => lockDirectory(this.disk, `${path}/${name}`, flock)).filter(
      (file) => file !== undefined,
    );
  }

  /** Has the errors of glusterfsd's log in this one. */
  private watchLog(): void {
    this.logTimer?.cancel();
    if (this.plan.engine !== 'glusterfs') return;
    const stockLog = new StockLog(this.disk, this.files.log);
    this.stockLog = stockLog;
    const look = (): void => {
      if (this.isStopped || this.stockLog !== stockLog) return;
      for (const line of stockLog.news()) this.tellStock(line);
      this.logTimer = this.clock.after(STOCK_LOG_MS, look);
    };
    look();
  }

  private tellStock(line: string): void {
    const next = `read ${this.files.log}`;
    this.log.warn('glusterfsd complains', { code: 'HFS-5016', said: line, next });
  }

  private childEnded(child: ChildProcess, how: string, why: string | null = null): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.complaint = this.errorTail() ?? this.stockTail(how) ?? why;
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

  /** What glusterfsd wrote into its log before it ended, as a problem. */
  private stockTail(how: string): string | null {
    if (this.plan.engine !== 'glusterfs') return null;
    const lines = this.stockLog?.news() ?? [];
    for (const line of lines) this.tellStock(line);
    const why = lines.at(0) ?? 'its log says nothing of it';
    const problem = { code: 'HFS-5004', what: `${GLUSTERFSD} ended (${how})`, why } as const;
    return problemBlock({ ...problem, next: `read ${this.files.log}` }).trim();
  }

  private errorTail(): string | null {
    try {
      return readSmallFile(this.disk, this.files.errors, MAX_TAIL_BYTES).trim() || null;
    } catch {
      return null;
    }
  }

  private async end(pid: number): Promise<void> {
    signal(pid, 'SIGTERM');
    const deadline = this.clock.monotonicMs() + STOP_MS;
    while (isRunning(this.disk, pid) && this.clock.monotonicMs() < deadline)
      await sleep(this.clock, 20);
    if (isRunning(this.disk, pid)) signal(pid, 'SIGKILL');
  }
}
