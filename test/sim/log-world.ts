import { ConfigDatabase } from '../../src/config/database.js';
import type { VoterLength } from '../../src/config/log/entry.js';
import { firstRecord, foundingLog, headerEntry } from '../../src/config/log/new-log.js';
import type { Members, Server } from '../../src/config/members.js';
import { CommitChecks } from './commit-checks.js';
import { ConfigClient } from './config-client.js';
import { Fabric } from './fabric.js';
import { FAULT_MODES, type FaultMode, planFaults } from './fault-plan.js';
import { type FaultStage, stageFaults } from './faults.js';
import { History } from './history.js';
import { Kernel } from './kernel.js';
import { checkLinearizable } from './linearizability.js';
import { type LogServer, SimLogAcceptor, SimLogFile } from './log-acceptor.js';
import { SimMachine } from './machine.js';
import { PeerRegistry, SimPeers } from './peers.js';
import type { SimProcess } from './process.js';
import { resultOf, type WorldOptions, type WorldResult } from './world.js';

/*
 * The config log on its own: three nodes with production's database, over logs that behave as an append-only file on a
 * brick does, and clients. The layers below are simulated, so that a seed is cheap and thousands of them can be run;
 * config-world.ts has everything.
 */

const SERVERS = ['n1', 'n2', 'n3'];
const CLIENTS = ['c1', 'c2', 'c3'];
const HTTP_PORT = 24006;
const BRICK_PORT = 49152;
const FAULTS_FROM_MS = 500;
const FAULTS_END_MS = 9000;
const WORK_END_MS = 12_000;
const END_MS = 30_000;
const CLUSTER = '00000000-0000-4000-8000-0000000000c1';

/** Ways to break the protocol on purpose, to see that the checks notice. */
export type LogBug = 'none' | 'no-size-check' | 'no-sync';

/** When one server comes back with the disk of an earlier time, in a world where that happens. */
const ROLL_BACK = { takenMs: 2500, offMs: 5000, onMs: 5400 } as const;

class LogWorld implements FaultStage {
  readonly kernel: Kernel;
  readonly fabric: Fabric;
  private readonly registry: PeerRegistry;
  private readonly machines = new Map<string, SimMachine>();
  private readonly files = new Map<string, SimLogFile>();
  private readonly running = new Map<string, SimProcess>();
  private readonly databases = new Map<string, ConfigDatabase>();
  /** What each node has kept of the logs' lengths. */
  private readonly lengths = new Map<string, readonly VoterLength[]>();
  private readonly history = new History();
  /** Servers that were told that their log has lost its vote. */
  private readonly lost = new Set<string>();
  private rolledBack: string | undefined;
  private readonly checks = new CommitChecks();
  private readonly members: Members;

  constructor(
    seed: number,
    options: WorldOptions,
    private readonly bug: LogBug,
    private readonly rollsBack: boolean,
  ) {
    this.kernel = new Kernel(seed, options);
    this.fabric = new Fabric(this.kernel);
    this.registry = new PeerRegistry(this.fabric);
    [...SERVERS, ...CLIENTS].forEach((name, index) => {
      const host = `10.0.0.${index + 1}`;
      this.machines.set(name, new SimMachine(this.kernel, this.fabric, name, host));
    });
    const random = this.kernel.random.fork('identities');
    const servers = SERVERS.map((name, brick): Server => {
      const { host } = this.machine(name);
      const identity = { node: random.uuid(), voter: random.uuid(), name, brick, host };
      return {
        ...identity,
        address: `${host}:${HTTP_PORT}`,
        port: BRICK_PORT,
        path: '/b',
        role: 'voter',
      };
    });
    this.members = { epoch: 1, nextBrick: 3, servers, retired: [] };
    this.found(servers);
  }

  /** As after a bootstrap and two joins: everybody knows the list, the founder's log has the first record. */
  private found(servers: readonly Server[]): void {
    const first = firstRecord(CLUSTER, this.members, 0);
    for (const server of servers) {
      const header = { cluster: CLUSTER, voter: server.voter, brick: server.brick };
      const epoch = { counter: 1, owner: servers[0]?.node ?? '' };
      const log = server.brick < 2 ? foundingLog(header, epoch, first) : headerEntry(header);
      this.files.set(server.name, new SimLogFile(log));
    }
  }

  machine(name: string): SimMachine {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  process(name: string): SimProcess | undefined {
    const found = this.running.get(name);
    return found?.isAlive ? found : undefined;
  }

  restart(name: string): void {
    const [machineName = '', role = ''] = name.split('/');
    const machine = this.machine(machineName);
    if (this.process(name) !== undefined || !machine.isUp) return;
    const process = machine.start(role);
    this.running.set(name, process);
    if (role === 'hekafsd')
      process.run(`${process.label} starts`, () => this.startNode(machineName, process));
  }

  private async startNode(name: string, process: SimProcess): Promise<void> {
    const self = this.members.servers.find((server) => server.name === name);
    if (self === undefined) return;
    const database = new ConfigDatabase({
      self: self.node,
      instance: process.random.uuid(),
      cluster: CLUSTER,
      clock: process.clock,
      random: process.random,
      peers: new SimPeers(this.registry, process),
      members: this.members,
      listed: () => [],
      acceptor: (server) => this.acceptor(process, server),
      release: () => undefined,
      lengths: this.lengths.get(name) ?? [],
      rememberLengths: (lengths) => this.lengths.set(name, lengths),
      ownLogLost: ({ message }) => this.ownLogLost(name, message),
      applied: (record) => this.checks.applied(name, record),
      retired: () => this.kernel.fail(`${name} believes that it was retired`),
      log: (_level, message, fields) =>
        this.kernel.note(`${name}: ${message} ${JSON.stringify(fields ?? {})}`),
    });
    this.databases.set(name, database);
    this.checks.restarted(name);
    this.registry.offer(process, HTTP_PORT, {
      service: { answer: (verb, body) => database.answer(verb, body) },
      status: () => ({
        node: self.node,
        name,
        cluster: CLUSTER,
        server: true,
        state: 'ready',
        revision: database.store.revision,
        epoch: database.members.epoch,
      }),
    });
    await database.start();
  }

  private ownLogLost(name: string, why: string): void {
    this.kernel.note(`${name} has lost its vote: ${why}`);
    this.lost.add(name);
  }

  private acceptor(process: SimProcess, server: Server): SimLogAcceptor {
    const find = (): LogServer | undefined => {
      const brick = this.process(`${server.name}/brick`);
      const file = this.files.get(server.name);
      return brick && file ? { process: brick, file } : undefined;
    };
    return new SimLogAcceptor(this.fabric, process, `${server.host}:${server.port}`, find, {
      isSyncing: this.bug !== 'no-sync',
      tellsSize: this.bug !== 'no-size-check',
    });
  }

  powerOff(name: string): void {
    this.machine(name).powerOff();
    this.files.get(name)?.crash(this.kernel.random.fork(`crash ${this.kernel.nowMs}`));
  }

  powerOn(name: string): void {
    this.machine(name).powerOn();
    for (const role of ['brick', 'hekafsd']) this.restart(`${name}/${role}`);
  }

  async run(seed: number): Promise<WorldResult> {
    for (const name of SERVERS)
      for (const role of ['brick', 'hekafsd']) this.restart(`${name}/${role}`);
    const clients = CLIENTS.map((name) => this.startClient(name));
    if (this.rollsBack) this.stageRollBack();
    else this.stage(seed);
    await this.kernel.run({ untilMs: WORK_END_MS });
    for (const client of clients) client.isDone = true;
    const before = clients.map(({ answered }) => answered);
    for (const client of clients) client.isDone = false;
    await this.kernel.run({ untilMs: END_MS - 5000 });
    for (const client of clients) client.isDone = true;
    await this.kernel.run({ untilMs: END_MS });
    return resultOf(this.kernel, this.findings(clients, before));
  }

  private findings(clients: readonly ConfigClient[], before: readonly number[]): string[] {
    const verdict = checkLinearizable(this.history.finish());
    const stuck = clients.filter(({ answered }, index) => answered <= (before[index] ?? 0));
    const out = [...this.lost].join(', ');
    return [
      ...(out === (this.rolledBack ?? '')
        ? []
        : [`without a vote: ${out}, not ${this.rolledBack}`]),
      ...(verdict.isLinearizable ? [] : [verdict.why]),
      ...(stuck.length === 0 ? [] : [`${stuck.length} clients never got an answer again`]),
      ...this.checks.findings(
        clients,
        new Map([...this.databases].map(([name, { store }]) => [name, store])),
      ),
    ];
  }

  private startClient(name: string): ConfigClient {
    const process = this.machine(name).start('client');
    const client = new ConfigClient(
      process,
      this.fabric,
      this.history,
      SERVERS.map((server) => ({
        address: `${this.machine(server).host}:${HTTP_PORT}`,
        find: () => {
          const node = this.process(`${server}/hekafsd`);
          const database = this.databases.get(server);
          return node && database ? { process: node, node: database } : undefined;
        },
      })),
    );
    process.run(`${name} works`, () => client.work());
    return client;
  }

  /**
   * One disk is given back what it held before, which counts as a failed disk; so every other fault is over by then, but
   * for daemons that are killed and links that are slow.
   */
  private stageRollBack(): void {
    const random = this.kernel.random.fork('roll back');
    const name = random.pick(SERVERS);
    const file = this.files.get(name);
    if (file === undefined) return;
    this.rolledBack = name;
    let content: Buffer = Buffer.alloc(0);
    this.kernel.schedule(ROLL_BACK.takenMs, null, 'a copy of a disk', () => {
      content = file.content();
    });
    this.kernel.schedule(ROLL_BACK.offMs, null, 'power off', () => this.powerOff(name));
    this.kernel.schedule(ROLL_BACK.onMs, null, 'power on, rolled back', () => {
      file.rollBack(content);
      this.powerOn(name);
    });
    const before = { fromMs: FAULTS_FROM_MS, untilMs: ROLL_BACK.offMs - 500 };
    const after = { fromMs: ROLL_BACK.onMs, untilMs: FAULTS_END_MS };
    const daemons = SERVERS.map((server) => `${server}/hekafsd`);
    const targets = { servers: SERVERS, clients: CLIENTS, processes: daemons };
    const rest = { gapMs: random.between(300, 1500), extent: 'minority' } as const;
    stageFaults(this, planFaults(random, targets, { ...before, ...rest, kinds: FAULT_MODES.all }));
    stageFaults(
      this,
      planFaults(random, targets, { ...after, ...rest, kinds: ['kill', 'clog', 'jump'] }),
    );
  }

  private stage(seed: number): void {
    const modes = Object.keys(FAULT_MODES) as FaultMode[];
    const mode = modes[seed % modes.length] ?? 'all';
    const processes = SERVERS.flatMap((name) => [`${name}/hekafsd`, `${name}/brick`]);
    const random = this.kernel.random.fork('faults');
    const targets = { servers: SERVERS, clients: CLIENTS, processes };
    const faults = planFaults(random, targets, {
      fromMs: FAULTS_FROM_MS,
      untilMs: FAULTS_END_MS,
      gapMs: random.between(200, 1500),
      kinds: FAULT_MODES[mode],
      extent: random.chance(0.5) ? 'minority' : 'unlimited',
    });
    stageFaults(this, faults);
  }
}

export function logWorldWith(bug: LogBug) {
  return (seed: number, options: WorldOptions): Promise<WorldResult> =>
    new LogWorld(seed, options, bug, false).run(seed);
}

export const logWorld = logWorldWith('none');

/** The log world, with one disk that comes back as it was before. */
export function rollBackWorld(seed: number, options: WorldOptions): Promise<WorldResult> {
  return new LogWorld(seed, options, 'none', true).run(seed);
}
