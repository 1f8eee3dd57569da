import type { VoterLength } from '../../src/config/log/entry.js';
import type { SealedRecord } from '../../src/config/log/record.js';
import {
  applierCredentials,
  leaderCredentials,
  readerCredentials,
} from '../../src/daemon/credentials.js';
import type { NodeState } from '../../src/daemon/node-state.js';
import { buildGraph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { configBrickVolfile } from '../../src/graph/volgen.js';
import { type BrickBug, diskWith } from './brick-bugs.js';
import type { ConfigBug } from './config-bugs.js';
import { SimHekafsd } from './config-daemon.js';
import type { SimDisk } from './disk.js';
import type { SimMachine } from './machine.js';
import type { PeerRegistry } from './peers.js';
import type { SimProcess } from './process.js';

export const HTTP_PORT = 24006;
export const BRICK_PORT = 49152;
export const BRICK_PATH = '/brick';

/** What a server tells the world that it is in. */
export interface ServerWatch {
  /** A new hekafsd begins to apply from the start. */
  restarted(name: string): void;
  applied(name: string, record: SealedRecord): void;
  /** Something that must not happen. */
  found(what: string): void;
  /** It is about to append to a log, or has just done so. True: it has been killed for that. */
  strikes(name: string): boolean;
}

export interface ServerSetup {
  readonly machine: SimMachine;
  readonly registry: PeerRegistry;
  /** The first record of the cluster, which its founders' logs begin with. */
  readonly first: SealedRecord;
  readonly bug: ConfigBug;
  readonly watch: ServerWatch;
}

export const ROLES = ['brick', 'hekafsd'] as const;
export type Role = (typeof ROLES)[number];

/**
 * A machine that serves, or may: a disk, a brick process and a hekafsd. Its state is as a file on that disk, so
 * that whatever was done before it changed is durable when it has.
 */
export class ConfigServer {
  readonly disk: SimDisk;
  hasLostPower = false;
  private daemon: SimHekafsd | undefined;
  private readonly running = new Map<Role, SimProcess>();

  constructor(
    readonly setup: ServerSetup,
    public state: NodeState,
  ) {
    const { machine, bug } = setup;
    const random = machine.kernel.random.fork(`${machine.name}/disk`);
    const diskBug: BrickBug = bug === 'no-sync' ? 'disk-confirms-unsynced' : 'none';
    this.disk = diskWith(diskBug, { clock: machine.clock, random });
  }

  get name(): string {
    return this.setup.machine.name;
  }

  get address(): string {
    return `${this.setup.machine.host}:${HTTP_PORT}`;
  }

  /** The hekafsd that runs now. */
  get hekafsd(): SimHekafsd | undefined {
    return this.process('hekafsd') && this.daemon;
  }

  process(role: Role): SimProcess | undefined {
    const found = this.running.get(role);
    return found?.isAlive ? found : undefined;
  }

  /** Starts it where it is to run and does not. */
  restart(role: Role): void {
    const { machine } = this.setup;
    if (!machine.isUp || this.process(role) !== undefined) return;
    if (role === 'brick' && (this.state.brick === null || this.state.isRetired)) return;
    const process = machine.start(role);
    this.running.set(role, process);
    if (role === 'brick') process.run('brick starts', () => this.serve(process));
    else process.run('hekafsd starts', () => this.begin(process));
  }

  powerOff(): void {
    this.hasLostPower = true;
    this.setup.machine.powerOff();
    this.disk.crash();
  }

  powerOn(): void {
    this.setup.machine.powerOn();
    for (const role of ROLES) this.restart(role);
  }

  /** A file beside the brick is replaced and synced. */
  async remember(disk: SimDisk, change: (state: NodeState) => NodeState): Promise<void> {
    await disk.fsyncdir('/');
    this.state = change(this.state);
  }

  /** Kept at leisure, without a sync of its own. */
  keepLengths(lengths: readonly VoterLength[]): void {
    this.state = { ...this.state, lengths };
  }

  /** The disk as a process sees it. */
  diskOf(process: SimProcess): SimDisk {
    const disk = this.disk.fork(process.clock);
    process.onDeath(() => disk.gone());
    return disk;
  }

  private async serve(process: SimProcess): Promise<void> {
    const { node, cluster, secret, brick } = this.state;
    if (cluster === null || secret === null || brick === null) return;
    const volfile = configBrickVolfile({
      clusterId: cluster,
      directory: brick.path,
      bindAddress: this.setup.machine.host,
      port: brick.port,
      leader: leaderCredentials(secret),
      applier: applierCredentials(secret, node),
      reader: readerCredentials(secret),
    });
    const graph = buildGraph(volfile, TRANSLATORS, process.platform(this.diskOf(process)));
    await graph.start();
  }

  private async begin(process: SimProcess): Promise<void> {
    this.daemon = new SimHekafsd(this, process);
    await this.daemon.begin();
  }
}
