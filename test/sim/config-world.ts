import type { SealedRecord } from '../../src/config/log/record.js';
import { voters } from '../../src/config/members.js';
import type { Store } from '../../src/config/store.js';
import { readerCredentials } from '../../src/daemon/credentials.js';
import { configClientVolfile } from '../../src/graph/volgen.js';
import type { Asked } from './ask-node.js';
import { CommitChecks } from './commit-checks.js';
import { CommittedValues } from './committed-values.js';
import type { ConfigBug } from './config-bugs.js';
import { ConfigClient, type ConfigService } from './config-client.js';
import type { SimHekafsd } from './config-daemon.js';
import { CLUSTER, foundServers, SECRET } from './config-founding.js';
import { ConfigOperator, type Order } from './config-operator.js';
import { ConfigReader } from './config-reader.js';
import {
  BRICK_PATH,
  type ConfigServer,
  ROLES,
  type Role,
  type ServerWatch,
} from './config-server.js';
import { Fabric } from './fabric.js';
import {
  FAULT_MODES,
  type Fault,
  type FaultKind,
  type FaultMode,
  planFaults,
} from './fault-plan.js';
import { type FaultStage, stageFaults } from './faults.js';
import { History } from './history.js';
import { Kernel } from './kernel.js';
import { checkLinearizable } from './linearizability.js';
import { SimMachine } from './machine.js';
import { PeerRegistry } from './peers.js';
import type { SimProcess } from './process.js';
import type { SimRandom } from './random.js';
import { Striker } from './striker.js';
import { differences, shown, valuesOf, valuesOnDisk } from './values-check.js';
import { resultOf, type WorldOptions, type WorldResult } from './world.js';

/*
 * The whole config filesystem: three machines with a disk, a brick process and a hekafsd each, clients, a reader and an
 * administrator. Volfiles, graphs, RPC, locks, posix, log, leader, applier and membership are production's; clock,
 * network, disk and the words between nodes are simulated. Faults come by seed; in the end all is whole and compared.
 */

const SERVERS = ['n1', 'n2', 'n3'];
const CLIENTS = ['c1', 'c2', 'c3'];
const OPERATOR = 'c2';
const READER = 'c3';
const FOUNDED_MS = 20;
const FAULTS_FROM_MS = 300;
/** When the faults end, in one run and in another. */
const SHORT_MS = 5000;
const LONG_MS = 10_000;
/** From the end of the faults until clients are answered; again until the servers are equal; again until readers see it. */
const PATIENCE_MS = 20_000;
const STEP_MS = 250;
/** While a majority is up, some client is answered within so long. */
const LIVENESS_MS = 7000;

/** What happens to the list of servers. */
const SHAPES = ['steady', 'steady', 'join', 'retire', 'join and retire'] as const;
type Shape = (typeof SHAPES)[number];

class ConfigWorld implements FaultStage, ServerWatch {
  readonly kernel: Kernel;
  readonly fabric: Fabric;
  private readonly machines = new Map<string, SimMachine>();
  private readonly servers: ReadonlyMap<string, ConfigServer>;
  private readonly history = new History();
  private readonly checks = new CommitChecks();
  private readonly committed = new CommittedValues();
  private readonly wrong: string[] = [];
  private readonly shape: Shape;
  private readonly extent: 'minority' | 'unlimited';
  private readonly faultsEndMs: number;
  private striker: Striker | undefined;
  private clients: readonly ConfigClient[] = [];

  constructor(
    private readonly seed: number,
    options: WorldOptions,
    bug: ConfigBug,
  ) {
    this.kernel = new Kernel(seed, options);
    this.fabric = new Fabric(this.kernel);
    [...SERVERS, ...CLIENTS].forEach((name, index) => {
      const host = `10.0.0.${index + 1}`;
      this.machines.set(name, new SimMachine(this.kernel, this.fabric, name, host));
    });
    const random = this.kernel.random.fork('shape');
    this.shape = random.pick(SHAPES);
    this.extent = this.shape === 'steady' && random.chance(0.5) ? 'minority' : 'unlimited';
    this.faultsEndMs = this.extent === 'minority' || random.chance(0.3) ? LONG_MS : SHORT_MS;
    this.servers = foundServers({
      machines: SERVERS.map((name) => this.machine(name)),
      founders: this.shape.startsWith('join') ? 2 : 3,
      random: this.kernel.random.fork('identities'),
      registry: new PeerRegistry(this.fabric),
      bug,
      watch: this,
    });
  }

  machine(name: string): SimMachine {
    const found = this.machines.get(name);
    if (found === undefined) throw new TypeError(`no machine ${name}`);
    return found;
  }

  private server(name: string): ConfigServer {
    const found = this.servers.get(name);
    if (found === undefined) throw new TypeError(`no server ${name}`);
    return found;
  }

  process(name: string): SimProcess | undefined {
    const [server = '', role = ''] = name.split('/');
    return this.server(server).process(role as Role);
  }

  restart(name: string): void {
    const [server = '', role = ''] = name.split('/');
    this.server(server).restart(role as Role);
  }

  powerOff(name: string): void {
    this.server(name).powerOff();
  }

  powerOn(name: string): void {
    this.server(name).powerOn();
  }

  restarted(name: string): void {
    this.checks.restarted(name);
  }

  applied(name: string, sealed: SealedRecord): void {
    this.committed.applied(sealed);
    const [requestId = ''] = sealed.record.requestId.split('~');
    this.checks.applied(name, { ...sealed, record: { ...sealed.record, requestId } });
  }

  found(what: string): void {
    this.wrong.push(what);
  }

  strikes(name: string): boolean {
    return this.striker?.strikes(name) ?? false;
  }

  async run(): Promise<WorldResult> {
    this.kernel.note(`${this.shape}, ${this.extent}`);
    await this.begin();
    this.clients = CLIENTS.map((name) => this.startClient(name));
    const operator = this.startOperator();
    const reader = this.startReader();
    this.stageFaults();
    await this.duringFaults();
    await this.afterFaults(operator);
    return resultOf(this.kernel, [...this.findings(), ...reader.findings]);
  }

  /** The bricks' directories are on the platter before anything runs. */
  private async begin(): Promise<void> {
    const synced = [...this.servers.values()].map(({ disk }) => disk.fsyncdir('/'));
    await this.kernel.run({ untilMs: FOUNDED_MS });
    await Promise.all(synced);
    for (const server of this.servers.values()) for (const role of ROLES) server.restart(role);
  }

  private async duringFaults(): Promise<void> {
    let lastAnswerMs = FAULTS_FROM_MS;
    let answered = 0;
    while (this.kernel.nowMs < this.faultsEndMs) {
      if ((await this.kernel.run({ untilMs: this.kernel.nowMs + STEP_MS })) !== 'time') return;
      const now = this.clients.reduce((sum, client) => sum + client.answered, 0);
      if (now > answered) lastAnswerMs = this.kernel.nowMs;
      answered = now;
      if (this.extent === 'unlimited' || this.kernel.nowMs - lastAnswerMs < LIVENESS_MS) continue;
      this.found(`no answer since ${lastAnswerMs} ms although a majority is up`);
      return;
    }
  }

  private async afterFaults(operator: ConfigOperator): Promise<void> {
    const before = this.clients.map(({ answered }) => answered);
    const isAlive = () =>
      this.clients.every(({ answered }, index) => answered > (before[index] ?? 0));
    if (!(await this.until(isAlive))) this.found('a client is never answered again');
    if (!(await this.until(() => operator.isDone))) this.found('the operator is never done');
    for (const client of this.clients) client.isDone = true;
    if (!(await this.until(() => this.divergences().length === 0))) return;
    const late = this.startReader();
    // What was asked before may be committed only now.
    const isAllSeen = () => this.hasReadAll(late) && this.divergences().length === 0;
    if (!(await this.until(isAllSeen)) && !this.hasReadAll(late))
      this.found(
        `a reader does not get what is committed: ${[...(late.last ?? [])].map(([key, value]) => `${key} ${shown(value)}`).join('; ')}`,
      );
    this.wrong.push(...late.findings);
  }

  /** Runs on until it is so; false where the time for that is over. */
  private async until(isSo: () => boolean): Promise<boolean> {
    const endMs = this.kernel.nowMs + PATIENCE_MS;
    while (!isSo()) {
      if (this.kernel.nowMs >= endMs) return false;
      if ((await this.kernel.run({ untilMs: this.kernel.nowMs + STEP_MS })) !== 'time')
        return false;
    }
    return true;
  }

  private hasReadAll({ last }: ConfigReader): boolean {
    const { values } = this.committed;
    return (
      last?.size === values.size && [...values].every(([key, value]) => last.get(key) === value)
    );
  }

  private findings(): string[] {
    const verdict = checkLinearizable(this.history.finish());
    return [
      ...this.wrong,
      ...(verdict.isLinearizable ? [] : [verdict.why]),
      ...this.checks.findings(this.clients, this.stores()),
      ...this.divergences(),
    ];
  }

  /** The stores of those that are still on the list. */
  private stores(): ReadonlyMap<string, Store> {
    const found = new Map<string, Store>();
    for (const [name, { hekafsd, state }] of this.servers)
      if (!state.isRetired && hekafsd?.config) found.set(name, hekafsd.config.database.store);
    return found;
  }

  /** What is not yet as it should be at the very end, on any server. */
  private divergences(): string[] {
    return [...this.servers.values()].flatMap((server) => this.divergencesOf(server));
  }

  private divergencesOf(server: ConfigServer): string[] {
    const { name, state, disk, hekafsd } = server;
    const isToServe = this.shape.includes('retire') ? name !== RETIRED[this.shape] : true;
    if (!isToServe) return state.isRetired ? [] : [`${name} does not know that it was retired`];
    if (state.isRetired) return [`${name} believes that it was retired`];
    const config = hekafsd?.config;
    if (config === undefined) return [`${name} does not run`];
    const { store } = config.database;
    if (store.revision !== this.committed.revision)
      return [`${name} is at revision ${store.revision} of ${this.committed.revision}`];
    const { applied, isCaughtUp } = config.applier;
    if (applied !== store.revision || !isCaughtUp)
      return [`${name} has applied ${applied} of ${store.revision}, caught up: ${isCaughtUp}`];
    return [
      ...differences(name, valuesOnDisk(disk, `${BRICK_PATH}/values`), valuesOf(store, CLUSTER)),
      ...differences(`${name}'s store`, storeValues(store), this.committed.values),
    ];
  }

  private startClient(name: string): ConfigClient {
    const process = this.machine(name).start('client');
    const nodes = [...this.servers.values()].map(
      (server): Asked<ConfigService> => ({
        address: server.address,
        find: () => {
          const found = server.process('hekafsd');
          const node = server.hekafsd?.service;
          return found && node ? { process: found, node } : undefined;
        },
      }),
    );
    const client = new ConfigClient(process, this.fabric, this.history, nodes, fillingOf);
    process.run(`${name} works`, () => client.work());
    return client;
  }

  private startOperator(): ConfigOperator {
    const process = this.machine(OPERATOR).start('operator');
    const nodes = new Map(
      [...this.servers].map(([name, server]): [string, Asked<SimHekafsd>] => [
        name,
        {
          address: server.address,
          find: () => {
            const found = server.process('hekafsd');
            const node = server.hekafsd;
            return found && node ? { process: found, node } : undefined;
          },
        },
      ]),
    );
    const operator = new ConfigOperator(process, this.fabric, nodes, this.orders());
    process.run('operator works', () => operator.work());
    return operator;
  }

  private orders(): Order[] {
    const random = this.kernel.random.fork('orders');
    const atMs = random.between(FAULTS_FROM_MS, this.faultsEndMs);
    const retired = RETIRED[this.shape];
    return [
      ...(this.shape.startsWith('join') ? [{ atMs, op: 'join', name: 'n3' } as const] : []),
      ...(retired === undefined ? [] : [{ atMs, op: 'retire', name: retired } as const]),
    ];
  }

  /** Mounts with the list that is in force now. */
  private startReader(): ConfigReader {
    const process = this.machine(READER).start('reader');
    const members = [...this.servers.values()].map(({ state }) => state.members);
    const newest = members.reduce((one, other) => (other.epoch > one.epoch ? other : one));
    const servers = voters(newest).map(({ brick, host, port }) => ({ number: brick, host, port }));
    const reader = new ConfigReader(process, this.committed);
    reader.start(configClientVolfile(CLUSTER, servers, readerCredentials(SECRET)));
    return reader;
  }

  private stageFaults(): void {
    const modes = Object.keys(FAULT_MODES) as FaultMode[];
    const random = this.kernel.random.fork('faults');
    const processes = SERVERS.flatMap((name) => ROLES.map((role) => `${name}/${role}`));
    const targets = { servers: SERVERS, clients: CLIENTS, processes };
    const kinds: readonly FaultKind[] = FAULT_MODES[modes[this.seed % modes.length] ?? 'all'];
    const faults = planFaults(random, targets, {
      fromMs: FAULTS_FROM_MS,
      untilMs: this.faultsEndMs,
      gapMs: random.between(150, this.faultsEndMs / 4),
      kinds,
      extent: this.extent,
    });
    const isApart = this.extent === 'unlimited' && this.faultsEndMs === LONG_MS;
    const cuts = isApart && kinds.includes('cut') ? [this.longCut(random)] : [];
    stageFaults(this, [...faults, ...cuts]);
    if (this.extent === 'unlimited' && kinds.includes('kill'))
      this.striker = new Striker(this, this.faultsEndMs);
  }

  /** Two servers hear nothing of each other for so long that the third one gets another leader. */
  private longCut(random: SimRandom): Fault {
    const [one = '', other = ''] = random.shuffled(SERVERS);
    const links = [[one, other] as const, [other, one] as const];
    const atMs = random.between(FAULTS_FROM_MS, this.faultsEndMs / 4);
    return { kind: 'cut', atMs, forMs: this.faultsEndMs - atMs, links, mode: 'drop' };
  }
}

/** Most values are short; some fill pages, and a few more than one chunk of anything. */
function fillingOf(random: SimRandom): number {
  if (random.chance(0.8)) return 0;
  return random.int(random.chance(0.9) ? 6_000 : 300_000);
}

/** Who is retired in a shape, if anybody. */
const RETIRED: Readonly<Partial<Record<Shape, string>>> = { retire: 'n3', 'join and retire': 'n1' };

function storeValues(store: Store): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const key of store.keysWithin(''))
    found.set(key, store.value(key)?.value.toString('latin1') ?? '');
  return found;
}

export function configWorldWith(bug: ConfigBug) {
  return (seed: number, options: WorldOptions): Promise<WorldResult> =>
    new ConfigWorld(seed, options, bug).run();
}

export const configWorld = configWorldWith('none');
