import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byteString } from '../../src/fop/name.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import { ended } from './run.js';
import { until } from './until.js';

const disk = nodeDisk();

/** Where a brick has an export's file open: by its handle. */
export function handlePath(root: string, name: string): string {
  const hex = disk.getxattr(byteString(join(root, name)), 'trusted.gfid').toString('hex');
  const gfid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return join(root, '.glusterfs', gfid.slice(0, 2), gfid.slice(2, 4), gfid);
}

/** System calls of a process that fail, by strace: what no disk of a test machine does on demand. Root only. */
export class Injected {
  private constructor(private readonly tracer: ChildProcess) {}

  /** `calls` on `path`, a file that the process has open or will open, fail with `errno` from now on. */
  static async into(
    pid: number,
    calls: readonly string[],
    errno: string,
    path: string,
  ): Promise<Injected> {
    return Injected.with(pid, `inject=${calls.join(',')}:error=${errno}`, path);
  }

  /** The process is killed when it makes one of `calls` on `path`. */
  static killing(pid: number, calls: readonly string[], path: string): Promise<Injected> {
    return Injected.with(pid, `inject=${calls.join(',')}:signal=KILL`, path);
  }

  private static async with(pid: number, what: string, path: string): Promise<Injected> {
    const args = ['-f', '-qq', '-o', '/dev/null', '-P', path, '-e', what, '-p', `${pid}`];
    const tracer = spawn('strace', args, { stdio: 'ignore' });
    const injected = new Injected(tracer);
    await until(`strace holds ${pid}`, () => isTraced(pid));
    return injected;
  }

  /** The process goes on as before. */
  async end(): Promise<void> {
    this.tracer.kill('SIGINT');
    await ended(this.tracer);
  }
}

function isTraced(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    return !/^TracerPid:\s+0$/m.test(status);
  });
}
