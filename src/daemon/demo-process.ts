import { type ChildProcess, spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import fetch from 'node-fetch';
import { ConfigError } from '../config/error.js';
import { type Clock, sleep } from '../platform/platform.js';
import { BRICK_PORTS, type DemoNode } from './demo-plan.js';

/** The launchers stand beside `dist`. */
const BIN = fileURLToPath(new URL('../../../bin', import.meta.url));
/** A stop of hekafsd includes its brick's. */
const STOP_MS = 25_000;

/** A hekafsd of the demo, as a process. */
export class DemoProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<string> = Promise.resolve('never started');

  constructor(
    readonly node: DemoNode,
    /** Its state directory. */
    readonly directory: string,
  ) {}

  get address(): string {
    return `127.0.0.1:${this.node.http}`;
  }

  get arguments(): readonly string[] {
    const { name, mgmt, bricks } = this.node;
    return [
      ['--state-dir', this.directory],
      ['--host', name],
      ['--http', this.address],
      ['--mgmt-port', String(mgmt)],
      ['--brick-ports', `${bricks}-${bricks + BRICK_PORTS - 1}`],
      ['--log-file', join(this.directory, 'hekafsd.log')],
    ].flat();
  }

  /** Starts the same program as this one. `onEnd` hears how it ended, whoever ended it. */
  start(onEnd: (how: string) => void): void {
    const program = process.argv[1] ?? join(BIN, 'hekafsd');
    const child = spawn(process.execPath, [program, ...this.arguments], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.ended.then(onEnd);
  }

  /** Its state as `/v1/status` tells it, or undefined while it does not answer. */
  async state(): Promise<string | undefined> {
    try {
      const signal = AbortSignal.timeout(1000);
      const answer = await fetch(`http://${this.address}/v1/status`, { signal });
      const body = (await answer.json()) as { readonly state?: unknown };
      return answer.ok && typeof body.state === 'string' ? body.state : undefined;
    } catch {
      return undefined;
    }
  }

  /** Asks until `isWanted` holds of its state. Answers the last state heard within `timeoutMs`. */
  async waitFor(
    clock: Clock,
    isWanted: (state: string | undefined) => boolean,
    timeoutMs: number,
  ): Promise<string | undefined> {
    const endMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const state = await this.state();
      if (isWanted(state) || clock.monotonicMs() >= endMs || this.child?.exitCode !== null)
        return state;
      await sleep(clock, 100);
    }
  }

  /** SIGTERM, and SIGKILL where that does not help. Settles when the process is gone. */
  async stop(clock: Clock): Promise<void> {
    this.child?.kill('SIGTERM');
    const timer = clock.after(STOP_MS, () => this.child?.kill('SIGKILL'));
    await this.ended;
    timer.cancel();
  }
}

export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** Runs hfs_config as a user would, and takes what it prints; its complaints go where ours go, or nowhere. */
export function runConfigCommand(
  args: readonly string[],
  complaints: 'inherit' | 'ignore' = 'inherit',
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(BIN, 'hfs_config'), ...args], {
    stdio: ['ignore', 'pipe', complaints],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? 130, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

/** A path as a user in this directory would type it. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** A step of the demo did not do what it should. */
export function demoFailed(what: string, why: string, node: DemoProcess): ConfigError {
  return new ConfigError(
    'HFS-2003',
    what,
    why,
    `see ${join(shown(node.directory), 'hekafsd.log')}`,
  );
}
