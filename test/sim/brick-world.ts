import { buildGraph } from '../../src/graph/graph.js';
import { AppendClient } from './append-client.js';
import { AppendLedger } from './append-ledger.js';
import { type BrickBug, diskWith, REGISTRY_WITH_BUGS } from './brick-bugs.js';
import { SimDisk } from './disk.js';
import { Fabric } from './fabric.js';
import { FAULT_MODES, type FaultMode, planFaults } from './fault-plan.js';
import { type FaultStage, stageFaults } from './faults.js';
import { Kernel } from './kernel.js';
import { SimMachine } from './machine.js';
import type { SimProcess } from './process.js';
import type { SimRandom } from './random.js';
import { resultOf, type WorldOptions, type WorldResult } from './world.js';

/*
 * One brick and three clients that append to one file of it, each append one synced write: production's protocol/client,
 * RPC, protocol/server, locks and posix, over the simulated network and disk. Whatever happens, what was confirmed is in
 * the file, at the place that the reply said; and the file is looked at after a last power cut.
 */

const BRICK = 'brick/brickd';
const CLIENTS = ['c1', 'c2', 'c3'];
const PORT = 49152;
const DIRECTORY = '/brick';
const FILE = 'log';
const FAULTS_FROM_MS = 200;
const FAULTS_END_MS = 8000;
const END_MS = 25_000;

function brickVolfile(bug: BrickBug): string {
  const type = bug === 'brick-sizes-late' ? 'test/late-sizes' : 'debug/io-stats';
  return `
volume posix
    type storage/posix
    option directory ${DIRECTORY}
end-volume
volume locks
    type features/locks
    subvolumes posix
end-volume
volume export
    type ${type}
    subvolumes locks
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.socket.bind-address 0.0.0.0
    option transport.socket.listen-port ${PORT}
    option auth.addr.export.allow *
    subvolumes export
end-volume
`;
}

function clientVolfile(host: string): string {
  return `
volume client
    type protocol/client
    option transport-type tcp
    option remote-host ${host}
    option remote-port ${PORT}
    option remote-subvolume export
    option ping-timeout 2
    option frame-timeout 5
end-volume
`;
}

const RESTART_MS = 1000;

class BrickWorld implements FaultStage {
  readonly kernel: Kernel;
  readonly fabric: Fabric;
  private readonly machines = new Map<string, SimMachine>();
  private readonly disk: SimDisk;
  private readonly ledger = new AppendLedger();
  private readonly clients: AppendClient[] = [];
  private brick: SimProcess | undefined;

  constructor(
    seed: number,
    options: WorldOptions,
    private readonly bug: BrickBug,
  ) {
    this.kernel = new Kernel(seed, options);
    this.fabric = new Fabric(this.kernel);
    ['brick', ...CLIENTS].forEach((name, index) => {
      const host = `10.0.0.${index + 1}`;
      this.machines.set(name, new SimMachine(this.kernel, this.fabric, name, host));
    });
    const { clock } = this.machine('brick');
    this.disk = diskWith(bug, { clock, random: this.kernel.random.fork('disk') });
    this.disk.mkdir(DIRECTORY, 0o755);
  }

  machine(name: string): SimMachine {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  process(): SimProcess | undefined {
    return this.brick?.isAlive ? this.brick : undefined;
  }

  restart(): void {
    const machine = this.machine('brick');
    if (this.process() !== undefined || !machine.isUp) return;
    const process = machine.start('brickd');
    const disk = this.disk.fork(process.clock);
    process.onDeath(() => disk.gone());
    this.brick = process;
    process.run('brick starts', () => this.serve(process, disk));
  }

  private async serve(process: SimProcess, disk: SimDisk): Promise<void> {
    const graph = buildGraph(brickVolfile(this.bug), REGISTRY_WITH_BUGS, process.platform(disk));
    graph.top.listen(({ event }) => {
      if (event === 'failed') this.endFailed(process);
    });
    await graph.start();
  }

  /** Its health check has found the disk ill: hfs_brickd ends, and is started again. */
  private endFailed(process: SimProcess): void {
    process.kill();
    this.kernel.schedule(RESTART_MS, null, 'brickd starts again', () => this.restart());
  }

  private startClient(name: string): void {
    const process = this.machine(name).start('client');
    const disk = new SimDisk({ clock: process.clock, random: process.random });
    const volfile = clientVolfile(this.machine('brick').host);
    const graph = buildGraph(volfile, REGISTRY_WITH_BUGS, process.platform(disk));
    const client = new AppendClient(
      process,
      graph.top,
      FILE,
      this.ledger,
      this.bug === 'client-resends',
    );
    this.clients.push(client);
    process.run('client starts', async () => {
      await graph.start();
      await client.work();
    });
  }

  powerOff(name: string): void {
    this.machine(name).powerOff();
    this.ledger.mayTear = true;
    this.disk.crash();
  }

  powerOn(name: string): void {
    this.machine(name).powerOn();
    this.restart();
  }

  async run(seed: number): Promise<WorldResult> {
    this.restart();
    for (const name of CLIENTS) this.startClient(name);
    this.stage(seed);
    await this.kernel.run({ untilMs: FAULTS_END_MS });
    const before = this.clients.map(({ answers }) => answers);
    await this.kernel.run({ untilMs: END_MS });
    const stuck = this.clients.filter(({ answers }, index) => answers <= (before[index] ?? 0));
    this.ledger.judge(this.file());
    this.powerOff('brick');
    const findings = this.ledger.judge(this.file());
    return resultOf(this.kernel, [
      ...findings,
      ...(stuck.length === 0 ? [] : [`${stuck.length} clients never got an answer again`]),
    ]);
  }

  /** What the disk holds of it. */
  private file(): Buffer {
    if (!this.disk.readdir(DIRECTORY).some(({ name }) => name === FILE)) return Buffer.alloc(0);
    const path = `${DIRECTORY}/${FILE}`;
    const bytes = Buffer.alloc(this.disk.lstat(path).size);
    const file = this.disk.open(path, 0, 0);
    this.disk.read(file, bytes, 0);
    this.disk.close(file);
    return bytes;
  }

  private stage(seed: number): void {
    const modes = Object.keys(FAULT_MODES) as FaultMode[];
    const mode = modes[seed % modes.length] ?? 'all';
    const targets = { servers: ['brick'], clients: CLIENTS, processes: [BRICK] };
    const random = this.kernel.random.fork('faults');
    const faults = planFaults(random, targets, {
      fromMs: FAULTS_FROM_MS,
      untilMs: FAULTS_END_MS,
      gapMs: random.between(200, 1500),
      kinds: FAULT_MODES[mode],
      extent: 'unlimited',
    });
    stageFaults(this, faults);
    if (mode === 'crashes' || mode === 'all') this.stageDiskFaults(random);
  }

  /** The disk is full for a while; and it fails to sync for a while, after which the machine is started anew. */
  private stageDiskFaults(random: SimRandom): void {
    const at = (fraction: number): number =>
      FAULTS_FROM_MS + (FAULTS_END_MS - FAULTS_FROM_MS) * fraction;
    const [from = 0, to = 0, badFrom = 0, badTo = 0] = Array.from({ length: 4 }, () =>
      at(random.float()),
    ).sort((a, b) => a - b);
    const schedule = (ms: number, label: string, run: () => void): void =>
      void this.kernel.schedule(ms, null, label, run);
    schedule(from, 'disk full', () => {
      this.disk.isFull = true;
      this.ledger.mayTear = true;
    });
    schedule(to, 'disk has room', () => {
      this.disk.isFull = false;
    });
    schedule(badFrom, 'disk fails to sync', () => {
      this.disk.failsSync = true;
    });
    schedule(badTo, 'disk replaced by one that syncs', () => {
      this.disk.failsSync = false;
      this.powerOff('brick');
      this.powerOn('brick');
    });
  }
}

export function brickWorldWith(bug: BrickBug) {
  return (seed: number, options: WorldOptions): Promise<WorldResult> =>
    new BrickWorld(seed, options, bug).run(seed);
}

export const brickWorld = brickWorldWith('none');
