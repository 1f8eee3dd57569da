import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Status } from '../../src/daemon/verbs.js';
import { type Answered, type Asked, askHttp, type HttpPlace } from './api.js';
import { freePorts } from './free-port.js';
import { bin, ended, type Ran, run } from './run.js';
import { until } from './until.js';

/** A brick moves to the next port only where its first one is taken. */
const BRICK_PORTS = 2;
const TAIL_LINES = 25;

export interface NodePorts {
  readonly http: number;
  readonly mgmt: number;
  readonly bricks: readonly [number, number];
}

export async function nodePorts(): Promise<NodePorts> {
  const first = await freePorts(2 + BRICK_PORTS);
  return { http: first, mgmt: first + 1, bricks: [first + 2, first + 1 + BRICK_PORTS] };
}

/** Where a node runs: its address there, and the words before a program that start it there. */
export interface NodePlace {
  readonly host: string;
  readonly command: readonly string[];
  /** Whether this process can dial the address; else it asks over the node's socket. */
  readonly isDialled: boolean;
}

const LOOPBACK: NodePlace = { host: '127.0.0.1', command: [], isDialled: true };

/** What hfs_config said, as text. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One hekafsd that really runs, its brick, and ways to end either. */
export class ClusterNode {
  /** True from its first answer until it is ended: clients may ask it. */
  isRunning = false;
  /** Its `--host` from the next start on; undefined: its name here. */
  called: string | undefined;
  private child: ChildProcess | undefined;
  /** Every brick that this node was seen to have. */
  private readonly bricks = new Set<number>();

  constructor(
    readonly name: string,
    readonly stateDir: string,
    /** Others take effect at its next start. */
    public ports: NodePorts,
    /** What its environment has beside ours; read at `start`. */
    public environment: Readonly<Record<string, string>> = {},
    private readonly place = LOOPBACK,
  ) {}

  get address(): string {
    return `${this.place.host}:${this.ports.http}`;
  }

  get httpPlace(): HttpPlace {
    return this.place.isDialled ? this.ports.http : join(this.stateDir, 'hekafsd.sock');
  }

  get daemonPid(): number {
    return this.child?.pid ?? 0;
  }

  /** The brick that runs, or undefined. */
  get brickPid(): number | undefined {
    const path = join(this.stateDir, 'run/brick.pid');
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (!isBrickOf(pid, this.stateDir)) return undefined;
    this.bricks.add(pid);
    return pid;
  }

  /** A path in the tree that users read with `cat`. */
  valuePath(key: string): string {
    return join(this.stateDir, 'brick/values', key);
  }

  get token(): string {
    return readFileSync(join(this.stateDir, 'token'), 'utf8').trim();
  }

  get arguments(): readonly string[] {
    const { http, mgmt, bricks } = this.ports;
    return [
      ...['--state-dir', this.stateDir, '--host', this.called ?? this.name, '--log-level', 'debug'],
      ...['--http', `${this.place.host}:${http}`, '--mgmt-port', String(mgmt)],
      ...['--brick-ports', bricks.join('-'), '--log-file', `${this.stateDir}.log`],
    ];
  }

  /** Starts hekafsd and waits until it answers. */
  async start(): Promise<void> {
    const errors = openSync(`${this.stateDir}.err`, 'a');
    const words = [...this.place.command, process.execPath, bin('hekafsd'), ...this.arguments];
    const child = spawn(words[0] ?? '', words.slice(1), {
      stdio: ['ignore', 'ignore', errors],
      env: { ...process.env, ...this.environment },
    });
    closeSync(errors);
    this.child = child;
    child.once('exit', () => {
      if (this.child === child) this.forget();
    });
    await until(`${this.name} answers`, () => {
      if (this.child !== child) throw new Error(`it ended: ${this.logTail()}`);
      return this.status();
    });
    this.isRunning = true;
  }

  /** The process, which from now on nobody asks. */
  private forget(): ChildProcess | undefined {
    const { child } = this;
    this.child = undefined;
    this.isRunning = false;
    return child;
  }

  /** SIGTERM; settles with the exit code. */
  async stop(): Promise<number | string> {
    return this.signalDaemon('SIGTERM');
  }

  /** `kill -9` of hekafsd. Its brick lives on. */
  async killDaemon(): Promise<void> {
    // Whoever comes back has to know the brick to end it.
    void this.brickPid;
    await this.signalDaemon('SIGKILL');
  }

  private async signalDaemon(signal: NodeJS.Signals): Promise<number | string> {
    const child = this.forget();
    if (child === undefined) return 'not running';
    child.kill(signal);
    return ended(child);
  }

  /** `kill -9` of the brick; answers which one it was. */
  killBrick(): number {
    const pid = this.brickPid;
    if (pid === undefined) throw new Error(`${this.name} has no brick`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** `kill -9` of both at once, as when the machine goes. */
  async killNode(): Promise<void> {
    const pid = this.brickPid;
    const child = this.forget();
    child?.kill('SIGKILL');
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    if (child) await ended(child);
    if (pid !== undefined) await until('the brick is gone', () => !isBrickOf(pid, this.stateDir));
  }

  /** Ends whatever runs, for the end of a test. */
  async endAll(): Promise<void> {
    void this.brickPid;
    await this.signalDaemon('SIGKILL');
    void this.brickPid;
    for (const pid of this.bricks) if (isBrickOf(pid, this.stateDir)) process.kill(pid, 'SIGKILL');
  }

  /** Runs hfs_config over this node's socket. */
  async cli(words: readonly string[], input?: Buffer | string): Promise<Said> {
    const { code, stdout, stderr } = await this.cliBytes(words, input);
    return { code, stdout: stdout.toString(), stderr };
  }

  cliBytes(words: readonly string[], input?: Buffer | string): Promise<Ran> {
    const args = ['--state-dir', this.stateDir, ...words];
    return run(bin('hfs_config'), args, input === undefined ? {} : { input });
  }

  /** One HTTP request with this node's token; rejects where nobody answers. */
  http(asked: Asked): Promise<Answered> {
    return askHttp(this.httpPlace, this.token, asked);
  }

  put(key: string, value: Buffer | string, timeoutMs = 10_000): Promise<Answered> {
    return this.http({ method: 'PUT', path: `/v1/config/${key}`, body: value, timeoutMs });
  }

  get(key: string): Promise<Answered> {
    return this.http({ path: `/v1/config/${key}` });
  }

  async status(): Promise<Status> {
    const answer = await askHttp(this.httpPlace, undefined, {
      path: '/v1/status',
      timeoutMs: 1000,
    });
    if (answer.status !== 200) throw new Error(`no status yet: ${answer.body.toString()}`);
    return JSON.parse(answer.body.toString()) as Status;
  }

  log(): string {
    return [`${this.stateDir}.err`, `${this.stateDir}.log`]
      .map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
      .join('');
  }

  /** The end of what it logged, without the finest lines. */
  logTail(): string {
    const lines = this.log().split('\n');
    const told = lines.filter((line) => line !== '' && !line.startsWith('{"level":"debug"'));
    return [`--- ${this.name}`, ...told.slice(-TAIL_LINES)].join('\n');
  }
}

/** A process id is ours only while its command line names our volfile: ids are used again. */
function isBrickOf(pid: number, stateDir: string): boolean {
  if (!(pid > 1)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${stateDir}/run/brick.vol`);
  } catch {
    return false;
  }
}
