import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const START_MS = 10_000;

/** A running bin/hfs_brickd. */
export interface BrickProcess {
  readonly port: number;
  readonly pid: number;
  /** Settles when it has ended, by whatever means. */
  readonly ended: Promise<unknown>;
  /** Asks it to end, and answers its exit status. */
  stop(): Promise<number | null>;
  /** SIGKILL, without waiting. */
  kill(): void;
}

/** Makes a brick's directory, with a volume-id where one is given. */
export function makeBrick(path: string, volumeId?: string): void {
  mkdirSync(path, { recursive: true });
  if (volumeId === undefined) return;
  const value = `0x${volumeId.replaceAll('-', '')}`;
  execFileSync('setfattr', ['-n', 'trusted.glusterfs.volume-id', '-v', value, path]);
}

/** Runs a volfile in the foreground until it listens; the volfile's port may be 0. */
export async function startBrick(
  directory: string,
  name: string,
  volfile: string,
): Promise<BrickProcess> {
  const path = join(directory, `${name}.vol`);
  writeFileSync(path, volfile);
  const child = spawn('bin/hfs_brickd', ['-N', '-f', path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const port = await portOf(child);
  const kill = () => void child.kill('SIGKILL');
  return { port, pid: child.pid ?? 0, ended, stop: () => stop(child), kill };
}

/** Waits for the line of the log that tells the port. */
async function portOf(child: ChildProcess): Promise<number> {
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  let said = '';
  assert.ok(child.stderr);
  for await (const chunk of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += chunk;
    const found = /"port":(\d+)[^\n]*"brick listens"/.exec(said);
    if (!found) continue;
    clearTimeout(timer);
    child.stderr.on('data', () => {});
    return Number(found[1]);
  }
  clearTimeout(timer);
  throw new Error(`hfs_brickd does not listen: ${said}`);
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
    await ended;
    clearTimeout(timer);
  }
  return child.exitCode;
}
