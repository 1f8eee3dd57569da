import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Certificates } from '../../unit/rpc/certificates.js';
import { freePort, launch, residentMb, signalled, until } from '../process.js';
import { brickVolfile, EXPORT } from './brick-volfile.js';

const BRICKD = fileURLToPath(new URL('../../../../bin/hfs_brickd', import.meta.url));

export type EngineName = 'hekafs' | 'glusterfsd';

/** One brick of one kind, as a process of its own. */
export class Engine {
  port = 0;
  private child: ChildProcess | undefined;

  constructor(
    readonly name: EngineName,
    private readonly root: string,
    /** Where clients find what they need for TLS; undefined where the brick has none. */
    readonly certificates?: string,
  ) {}

  get directory(): string {
    return join(this.root, this.name, 'brick');
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get memoryMb(): number {
    return residentMb(this.pid);
  }

  /** Seconds of processor time so far, of all its threads. */
  get cpuSeconds(): number {
    const words = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
  }

  /** Starts on the brick's directory, an empty one at the first time; settles when it listens. */
  async start(): Promise<void> {
    // As glusterd does before a brick starts for the first time.
    mkdirSync(join(this.directory, '.glusterfs/indices'), { recursive: true, mode: 0o700 });
    this.port = await freePort();
    const volfile = join(this.root, this.name, 'brick.vol');
    const log = join(this.root, this.name, 'brick.log');
    writeFileSync(volfile, brickVolfile(this.directory, this.port, this.tlsOptions));
    const words = ['-N', '-f', volfile, '-l', log];
    this.child =
      this.name === 'hekafs'
        ? launch(process.execPath, [BRICKD, ...words, ...OWN_WORDS], `${log}.err`)
        : launch('glusterfsd', [...words, '-L', 'ERROR'], `${log}.err`);
    await until(`${this.name} listens`, async () => this.isOver() || listens(this.port));
    if (this.isOver()) throw new Error(`${this.name} ended: ${tail(`${log}.err`)}${tail(log)}`);
  }

  private get tlsOptions(): Readonly<Record<string, string>> {
    if (this.certificates === undefined) return {};
    const options = new Certificates(this.certificates).options('brick', 'authority');
    return { ...options, [`auth.login.${EXPORT}.ssl-allow`]: 'client' };
  }

  private isOver(): boolean {
    return this.child === undefined || this.child.exitCode !== null || this.pid === 0;
  }

  async stop(): Promise<void> {
    if (this.child !== undefined) await signalled(this.child, 'SIGKILL');
    this.child = undefined;
  }
}

const TICKS_PER_SECOND = 100;
/** As many connections as glusterfsd takes without being told. */
const OWN_WORDS = ['--xlator-option', 'server.connection-limit=4096'];

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : '';
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
