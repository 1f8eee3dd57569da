import assert from 'node:assert/strict';
import type { Gfid } from '../../src/fop/gfid.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { sleep } from '../../src/platform/platform.js';
import { Replicate } from '../../src/xlators/cluster/replicate/replicate.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { SimDisk } from './disk.js';
import { Fabric } from './fabric.js';
import { FAULT_MODES, type FaultMode, planFaults } from './fault-plan.js';
import { type FaultStage, stageFaults } from './faults.js';
import { History } from './history.js';
import { Kernel } from './kernel.js';
import { checkLinearizable } from './linearizability.js';
import { SimMachine } from './machine.js';
import type { SimProcess } from './process.js';
import { ReplicaClient } from './replica-client.js';
import { ReplicaLedger } from './replica-ledger.js';
import { brickPicture } from './replica-picture.js';
import { resultOf, type WorldOptions, type WorldResult } from './world.js';

/*
 * Three bricks and three clients, whose replica sets write, heal what they look up, and know nothing of each other: production's
 * replicate, protocol, locks, index and posix over the simulated network and disk. Bricks and clients are killed,
 * stand still and are cut off; of the bricks one at a time. None loses its power: marks and names that were not synced would be
 * lost with it, and while no healer runs two copies that lag are enough to lose what only the third one still knew.
 * Then everything is whole again, a healer goes over what is marked, and
 * over nothing else, and: the bricks are equal, nothing is marked, what was confirmed is there, what was removed is not, registers
 * were those of one copy, nobody was answered EIO.
 */

const BRICKS = ['b0', 'b1', 'b2'];
const CLIENTS = ['c1', 'c2', 'c3'];
const PORT = 49152;
const DIRECTORY = '/brick';
const VOLUME_ID = '5ca1ab1e-0000-4000-8000-000000000001';
const FAULTS_FROM_MS = 300;
const FAULTS_END_MS = 8000;
const WORK_END_MS = 10_000;
const HEAL_FROM_MS = 16_000;
const END_MS = 60_000;
const MODES = Object.keys(FAULT_MODES) as readonly FaultMode[];

const BRICK_VOLFILE = `
volume posix
    type storage/posix
    option directory ${DIRECTORY}
    option volume-id ${VOLUME_ID}
end-volume
volume locks
    type features/locks
    subvolumes posix
end-volume
volume index
    type features/index
    option index-base ${DIRECTORY}/.glusterfs/indices
    option xattrop-pending-watchlist trusted.afr.v-
    option xattrop-dirty-watchlist trusted.afr.dirty
    subvolumes locks
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.socket.bind-address 0.0.0.0
    option transport.socket.listen-port ${PORT}
    option auth.addr.index.allow *
    subvolumes index
end-volume
`;

function clientVolfile(hosts: readonly string[]): string {
  const clients = hosts.map(
    (host, number) => `
volume v-client-${number}
    type protocol/client
    option transport-type tcp
    option remote-host ${host}
    option remote-port ${PORT}
    option remote-subvolume index
    option ping-timeout 2
    option frame-timeout 30
end-volume`,
  );
  return `${clients.join('')}
volume v-replicate-0
    type cluster/replicate
    option granular-entry-heal on
    option use-anonymous-inode yes
    option volume-id ${VOLUME_ID}
    subvolumes ${hosts.map((_, number) => `v-client-${number}`).join(' ')}
end-volume
`;
}

class ReplicaWorld implements FaultStage {
  readonly kernel: Kernel;
  readonly fabric: Fabric;
  private readonly machines = new Map<string, SimMachine>();
  private readonly disks = new Map<string, SimDisk>();
  private readonly processes = new Map<string, SimProcess>();
  private readonly ledger = new ReplicaLedger();
  private readonly history = new History();
  private readonly clients: ReplicaClient[] = [];
  private healed = 'the healer has not ended';
  private isWorking = true;

  constructor(seed: number, options: WorldOptions) {
    this.kernel = new Kernel(seed, options);
    this.fabric = new Fabric(this.kernel);
    [...BRICKS, ...CLIENTS, 'healer'].forEach((name, index) => {
      const host = `10.0.0.${index + 1}`;
      this.machines.set(name, new SimMachine(this.kernel, this.fabric, name, host));
    });
    for (const name of BRICKS) {
      const { clock } = this.machine(name);
      const disk = new SimDisk({ clock, random: this.kernel.random.fork(`${name}/disk`) });
      prepareBrick(disk, DIRECTORY, VOLUME_ID);
      this.disks.set(name, disk);
    }
  }

  machine(name: string): SimMachine {
    const found = this.machines.get(name);
    assert.ok(found, `no machine ${name}`);
    return found;
  }

  process(name: string): SimProcess | undefined {
    const found = this.processes.get(name);
    return found?.isAlive ? found : undefined;
  }

  restart(name: string): void {
    const [machine = '', role] = name.split('/');
    if (this.process(name) !== undefined || !this.machine(machine).isUp) return;
    if (role === 'brickd') this.startBrick(name, machine);
    else this.startClient(name, machine);
  }

  private startBrick(name: string, machine: string): void {
    const process = this.machine(machine).start('brickd');
    const disk = this.diskOf(machine).fork(process.clock);
    process.onDeath(() => disk.gone());
    this.processes.set(name, process);
    process.run('brick starts', async () => {
      await buildGraph(BRICK_VOLFILE, TRANSLATORS, process.platform(disk)).start();
    });
  }

  private diskOf(name: string): SimDisk {
    const found = this.disks.get(name);
    assert.ok(found);
    return found;
  }

  private graphOf(process: SimProcess): Graph {
    const hosts = BRICKS.map((name) => this.machine(name).host);
    const disk = new SimDisk({ clock: process.clock, random: process.random });
    return buildGraph(clientVolfile(hosts), TRANSLATORS, process.platform(disk));
  }

  private startClient(name: string, machine: string): void {
    const process = this.machine(machine).start('client');
    this.processes.set(name, process);
    const graph = this.graphOf(process);
    const { ledger, history } = this;
    const client = new ReplicaClient(process, graph.top, ledger, history, () => !this.isWorking);
    this.clients.push(client);
    process.run('client starts', async () => {
      await graph.start();
      await client.work();
    });
  }

  powerOff(name: string): void {
    this.machine(name).powerOff();
    this.disks.get(name)?.crash();
  }

  powerOn(name: string): void {
    this.machine(name).powerOn();
    this.restart(`${name}/brickd`);
  }

  async run(seed: number): Promise<WorldResult> {
    for (const name of BRICKS) this.restart(`${name}/brickd`);
    for (const name of CLIENTS) this.restart(`${name}/client`);
    this.stage(seed);
    await this.kernel.run({ untilMs: FAULTS_END_MS });
    const before = this.clients.map(({ answers }) => answers);
    await this.kernel.run({ untilMs: WORK_END_MS });
    const hasWorked = this.clients.some(({ answers }, index) => answers > (before[index] ?? 0));
    this.isWorking = false;
    await this.kernel.run({ untilMs: HEAL_FROM_MS });
    this.startHealer();
    await this.kernel.run({ untilMs: END_MS });
    return resultOf(this.kernel, [
      ...(hasWorked ? [] : ['nobody got an answer after the last fault']),
      ...this.findings(),
    ]);
  }

  private findings(): readonly string[] {
    if (this.healed !== '') return [this.healed, ...this.ledger.scandals];
    const [first, ...others] = BRICKS.map((name) => brickPicture(this.diskOf(name), DIRECTORY));
    assert.ok(first);
    const different = others.flatMap((other, index) =>
      first.differences(other, `b0 and b${index + 1}`),
    );
    const verdict = checkLinearizable(this.history.finish());
    return [
      ...different,
      ...first.marked,
      ...others.flatMap(({ marked }) => marked),
      ...this.ledger.judge(first.contents, (key) => first.block(key)),
      ...(verdict.isLinearizable ? [] : [verdict.why]),
    ];
  }

  /** What the worker does: over what is marked, and nothing else. */
  private startHealer(): void {
    const process = this.machine('healer').start('healer');
    const graph = this.graphOf(process);
    process.run('healer starts', async () => {
      await graph.start();
      assert.ok(graph.top instanceof Replicate);
      await sleep(process.clock, 5000);
      const { healer } = graph.top;
      for (let round = 0; round < 6; round += 1) {
        const results: string[] = [];
        for (const gfid of await this.marked(healer)) {
          const { result, error } = await healer.heal(gfid);
          results.push(result);
          this.kernel.note(`heal ${gfid}: ${result} ${String(error ?? '')}`);
        }
        // What a living client has in hand stays listed, and is clean.
        if (results.every((result) => result === 'clean')) {
          this.healed = '';
          return;
        }
        this.healed = `after ${round + 1} rounds it still heals: ${results.join(' ')}`;
      }
    });
  }

  private async marked(healer: Replicate['healer']): Promise<readonly Gfid[]> {
    const found = new Set<Gfid>();
    for (const child of BRICKS.keys())
      for (const gfid of await healer.marked(child)) found.add(gfid);
    return [...found];
  }

  private stage(seed: number): void {
    const mode = MODES[seed % MODES.length] ?? 'all';
    const processes = [
      ...BRICKS.map((name) => `${name}/brickd`),
      ...CLIENTS.map((name) => `${name}/client`),
    ];
    const targets = { servers: BRICKS, clients: CLIENTS, processes };
    const random = this.kernel.random.fork('faults');
    const kinds = FAULT_MODES[mode].filter((kind) => kind !== 'power' && kind !== 'jump');
    const faults = planFaults(random, targets, {
      fromMs: FAULTS_FROM_MS,
      untilMs: FAULTS_END_MS,
      gapMs: random.between(300, 1500),
      kinds,
      extent: 'minority',
    });
    stageFaults(this, faults);
  }
}

export function replicaWorld(seed: number, options: WorldOptions): Promise<WorldResult> {
  return new ReplicaWorld(seed, options).run(seed);
}
