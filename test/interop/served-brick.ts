import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeBrick } from './brick-process.js';
import { logTail } from './stock-client.js';
import { type BrickPlan, brickVolfile, type VolumePlan } from './volume-volfiles.js';

/** Whose program serves a brick: bin/hfs_brickd or the distribution's glusterfsd. */
export type Engine = 'ours' | 'stock';

const START_MS = 30_000;
const STOP_MS = 10_000;

/** One brick of a volume, which either engine may serve in turn, at one port. */
export class ServedBrick {
  readonly log: string;
  private child: ChildProcess | undefined;

  constructor(
    private readonly volume: VolumePlan,
    readonly plan: BrickPlan,
    public engine: Engine,
  ) {
    this.log = `${plan.directory}.log`;
  }

  get directory(): string {
    return this.plan.directory;
  }

  /** Starts serving; settles once connections are taken. */
  async start(): Promise<void> {
    const { directory, port } = this.plan;
    if (!existsSync(directory)) makeBrick(directory, this.volume.volumeId);
    mkdirSync(`${directory}/.glusterfs`, { recursive: true, mode: 0o600 });
    const volfile = `${directory}.vol`;
    writeFileSync(volfile, brickVolfile(this.volume, this.plan));
    const listen = `${this.volume.name}-server.listen-port=${port}`;
    const words = ['-N', '-f', volfile, '-l', this.log, '--xlator-option', listen];
    const program = this.engine === 'ours' ? 'bin/hfs_brickd' : 'glusterfsd';
    const child = spawn(program, words, { stdio: 'ignore' });
    this.child = child;
    await this.untilListening(child, port);
  }

  /** SIGKILL; settles when it is gone. */
  kill(): Promise<number | null> {
    return this.end('SIGKILL');
  }

  /** SIGTERM; answers the exit status. */
  stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
    return child.exitCode;
  }

  private async untilListening(child: ChildProcess, port: number): Promise<void> {
    const until = Date.now() + START_MS;
    for (; Date.now() < until; await sleep(50)) {
      if (child.exitCode !== null) break;
      if (await takesConnections(port)) return;
    }
    await this.kill();
    throw new Error(`brick ${this.directory} (${this.engine}) is not served\n${logTail(this.log)}`);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
