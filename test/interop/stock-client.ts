import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { missingPrograms, skipWithout } from '../needs.js';
import type { Engine } from './served-brick.js';

const MOUNT_MS = 20_000;

/** A mount by the distribution's FUSE client. */
export interface StockMount {
  readonly path: string;
  readonly log: string;
  unmount(): Promise<void>;
}

/** Why these tests cannot run here, or undefined where they can. */
export function interopMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'root is needed to mount';
  if (!existsSync('/dev/fuse')) return '/dev/fuse is missing';
  return missingPrograms('glusterfs', 'setfattr', 'getfattr');
}

/** Whose bricks the long suite uses: what fails on stock ones too (HEKAFS_INTEROP_ENGINE=stock) is not ours. */
export function interopEngine(): Engine {
  return process.env['HEKAFS_INTEROP_ENGINE'] === 'stock' ? 'stock' : 'ours';
}

/** Skips a suite where there is no stock client (see skipWithout), or one of `programs` beside it. */
export function needInterop(context: Mocha.Context, ...programs: readonly string[]): void {
  skipWithout(context, interopMissing() ?? missingPrograms(...programs));
}

/** Mounts a client volfile with stock glusterfs; settles once the root answers. */
export async function stockMount(
  directory: string,
  name: string,
  volfile: string,
  more: readonly string[] = [],
): Promise<StockMount> {
  const [volfilePath, log, path] = ['vol', 'log', 'mnt'].map((end) =>
    join(directory, `${name}.${end}`),
  ) as [string, string, string];
  writeFileSync(volfilePath, volfile);
  mkdirSync(path);
  const device = statSync(path).dev;
  const level = process.env['HEKAFS_INTEROP_LOG_LEVEL'] ?? 'INFO';
  const words = [
    '-N',
    '-f',
    volfilePath,
    '-l',
    log,
    '-L',
    level,
    '--process-name',
    'fuse',
    ...more,
    path,
  ];
  const child = spawn('glusterfs', words, { stdio: 'ignore' });
  const mount = { path, log, unmount: () => unmount(child, path) };
  try {
    await untilMounted(child, path, device);
  } catch (error) {
    await mount.unmount();
    throw new Error(`${(error as Error).message}\n${logTail(log)}`);
  }
  return mount;
}

async function untilMounted(child: ChildProcess, path: string, device: number): Promise<void> {
  const until = Date.now() + MOUNT_MS;
  for (; Date.now() < until; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`glusterfs ended with ${child.exitCode}`);
    const isMounted = await stat(path).then(
      ({ dev }) => dev !== device,
      () => false,
    );
    if (isMounted) return;
  }
  throw new Error('glusterfs does not mount');
}

async function unmount(child: ChildProcess, path: string): Promise<void> {
  await promisify(execFile)('umount', ['-l', path]).catch(() => {});
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

export function logTail(log: string): string {
  try {
    return readFileSync(log, 'utf8').split('\n').slice(-40).join('\n');
  } catch {
    return '';
  }
}
