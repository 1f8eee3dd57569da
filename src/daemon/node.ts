import { ConfigError } from '../config/error.js';
import { voters } from '../config/members.js';
import { encodeMessage } from '../config/message.js';
import type { PeerService, PeerVerb } from '../config/peers.js';
import { configBrickVolfile, configClientVolfile } from '../graph/volgen.js';
import { BrickProcess, brickFiles } from './brick-process.js';
import { notInCluster, wasRetired } from './cluster-errors.js';
import { ConfigNode } from './config-node.js';
import { keepConflict } from './conflicts.js';
import { applierCredentials, leaderCredentials, readerCredentials } from './credentials.js';
import { examined } from './doctor/examination.js';
import { keepVolfile } from './kept-volfile.js';
import { stateProblem, valuesProblem } from './local-troubles.js';
import { openManagementPort } from './management-port.js';
import { addLearner, letIn, TokenAges } from './membership.js';
import type { NodeSetup, RunningNode, StartNode } from './node-start.js';
import { type NodeState, newNodeState } from './node-state.js';
import { NodeVerbs } from './node-verbs.js';
import type { DaemonOptions } from './options.js';
import { PendingState } from './pending-state.js';
import { makeStateDir } from './prepare.js';
import { Serving } from './serving.js';
import { StartUpCheck } from './start-up-check.js';
import { StateFile } from './state.js';
import type { Verbs } from './verbs.js';
import type { VolfileServer } from './volfile-server.js';

/** Between a commit that retires this node and its stepping down: others hear of it first. */
const FAREWELL_MS = 1000;

/** One hekafsd: its state, its brick, and the config database while it belongs to a cluster. */
export class Node implements PeerService, RunningNode {
  readonly verbs: Verbs = new NodeVerbs(this);
  readonly peers: PeerService = this;
  config: ConfigNode | undefined;
  brick: BrickProcess;
  readonly tokens: TokenAges;
  readonly pending: PendingState<NodeState>;
  /** Of this process, new with each start: tells two nodes apart that have one id. */
  readonly instance: string;
  phase: 'starting' | 'joining' | 'running' | 'stopping' = 'starting';
  readonly check: StartUpCheck;
  readonly serving = new Serving(this);
  private volfiles: VolfileServer | undefined;
  private isLeaving = false;
  private keptVolfile: Promise<void> = Promise.resolve();
  begun: Promise<void> = Promise.resolve();
  /** HTTP addresses where members may be, beside those of the list; a reload changes it in place. */
  readonly listed: string[];

  constructor(
    readonly setup: NodeSetup,
    readonly state: StateFile<NodeState>,
  ) {
    this.brick = this.newBrick();
    this.listed = [...setup.options.members];
    this.instance = setup.platform.random.uuid();
    const { clock } = setup.platform;
    this.pending = new PendingState(state, clock, (failure) => this.stateFailed(failure));
    this.tokens = new TokenAges(setup.platform.clock);
    this.check = new StartUpCheck(this);
  }

  private newBrick(): BrickProcess {
    const { platform, log, options } = this.setup;
    return new BrickProcess(platform.disk, platform.clock, log, brickFiles(options.stateDir));
  }

  /** Ends the brick; the next one is another process. */
  async resetBrick(): Promise<void> {
    await this.brick.stop();
    this.brick = this.newBrick();
  }

  clusterSecret(): string | undefined {
    return this.state.data.secret ?? undefined;
  }

  standstill(): string | undefined {
    return this.config?.database.standstill;
  }

  /** HOST:PORT that others dial. */
  get address(): string {
    const { options, http } = this.setup;
    const { address } = options;
    return `${address.includes(':') ? `[${address}]` : address}:${http.port}`;
  }

  /** Opens the management port, then takes up what the state says this node is. */
  async begin(): Promise<void> {
    const { log } = this.setup;
    this.volfiles = await openManagementPort(this);
    const { cluster, brick, isRetired, members } = this.state.data;
    const isServer = cluster !== null && !isRetired && brick !== null;
    log.info('start-up 1/5: own role', {
      role: isRetired ? 'retired' : isServer ? 'server' : 'none yet',
      cluster,
    });
    log.info('start-up 2/5: members', {
      known: members.servers.map(({ name, address }) => `${name} ${address}`),
      listed: this.listed,
    });
    if (isServer) this.begun = this.resume();
    else this.phase = 'running';
  }

  private async resume(): Promise<void> {
    try {
      await this.takeUp();
      this.phase = 'running';
      this.check.soon(0);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    const fields = error instanceof ConfigError ? error.toJSON() : { error: String(error) };
    this.setup.log.error('this node cannot serve', { ...fields });
  }

  /** Starts brick and database as the state has them. */
  async takeUp(): Promise<ConfigNode> {
    const { state, setup } = this;
    const { cluster, secret, brick, node } = state.data;
    if (cluster === null || secret === null || brick === null) throw notInCluster();
    makeStateDir(setup.platform.disk, `${setup.options.stateDir}/run`);
    await this.brick.start(this.brickVolfile(cluster, secret, brick));
    const config = new ConfigNode({
      platform: setup.platform,
      peers: setup.peers,
      instance: this.instance,
      log: setup.log,
      listed: this.listed,
      state: { ...state.data, cluster, secret },
      membersChanged: () => this.membersChanged(),
      retired: () => this.wasRetired(),
      rememberLengths: (lengths) => this.remember((data) => ({ ...data, lengths })),
      ownLogLost: (why) => this.ownLogLost(why),
      applied: ({ record }) => {
        for (const change of record.changes) this.noteToken(change);
      },
      keep: (key, value, why) => this.keep(key, value, why),
      valuesFailed: (failure) => this.valuesFailed(failure),
    });
    this.config = config;
    await this.serving.foundLog(config, node, cluster, brick);
    await config.start({
      host: setup.options.address,
      port: brick.port,
      number: brick.number ?? 0,
    });
    return config;
  }

  private noteToken(change: { readonly type: string; readonly json?: string }): void {
    if (change.type !== 'token' && change.type !== 'token-used') return;
    const { hash } = JSON.parse(change.json ?? '{}') as { hash: string };
    if (change.type === 'token') this.tokens.seen(hash);
    else this.tokens.used(hash);
  }

  private brickVolfile(
    clusterId: string,
    secret: string,
    brick: { path: string; port: number },
  ): string {
    return configBrickVolfile({
      clusterId,
      directory: brick.path,
      bindAddress: this.setup.http.host,
      port: brick.port,
      leader: leaderCredentials(secret),
      applier: applierCredentials(secret, this.state.data.node),
      reader: readerCredentials(secret),
    });
  }

  private async keep(key: string, value: Buffer, why: string): Promise<void> {
    const { platform, options, log } = this.setup;
    const path = await keepConflict(
      platform.disk,
      platform.clock,
      options.stateDir,
      key,
      value,
      why,
    );
    log.warn('a copy that differs was kept', {
      key,
      why,
      path,
      next: `compare it with hfs_config get ${key}`,
    });
  }

  private membersChanged(): void {
    const { config, state } = this;
    if (config === undefined) return;
    const { members } = config.database;
    const self = members.servers.find((server) => server.node === state.data.node);
    this.setup.log.info('the list of servers', {
      list: members.epoch,
      servers: members.servers.map(({ name, role }) => `${name} (${role})`),
    });
    this.remember((data) => ({
      ...data,
      members,
      brick: data.brick && self ? { ...data.brick, number: self.brick } : data.brick,
    }));
    this.check.soon();
    this.volfiles?.changed();
    if (voters(members).length > 0) this.keepVolfile();
  }

  /** One after the other: each replaces the same file. */
  private keepVolfile(): void {
    const { platform, options, log } = this.setup;
    this.keptVolfile = this.keptVolfile
      .then(() => keepVolfile(platform.disk, options.stateDir, this.clientVolfile()))
      .catch((error: unknown) =>
        log.warn('the client volfile was not kept', { error: String(error) }),
      );
  }

  private remember(change: (data: NodeState) => NodeState): void {
    this.pending.change(change);
  }

  private ownLogLost(why: string): void {
    this.setup.log.error('the log of this server has lost its vote', {
      code: 'HFS-5006',
      why,
      next: 'the other servers go on without it; hfs_config retire this server, then hfs_config serve --join',
    });
  }

  private valuesFailed(failure: unknown): void {
    const { log, platform } = this.setup;
    if (failure === undefined) {
      log.info('values are applied again');
      return;
    }
    const { what, ...fields } = valuesProblem(
      platform.disk,
      this.state.data.brick?.path ?? '',
      failure,
    );
    log.warn(what, fields);
  }

  private stateFailed(failure: unknown): void {
    const { log, platform, options } = this.setup;
    if (failure === undefined) {
      log.info('the state is written again');
      return;
    }
    const { what, ...fields } = stateProblem(platform.disk, options.stateDir, failure);
    log.error(what, fields);
  }

  /** The list says that this node serves no more: stop, and keep the data aside. */
  private wasRetired(): void {
    if (this.isLeaving || this.state.data.isRetired) return;
    this.isLeaving = true;
    this.setup.log.warn('this server was retired; it steps down', {
      code: 'HFS-3008',
      next: 'hfs_config serve --join HOST:PORT --token T makes it a new server',
    });
    this.setup.platform.clock.after(FAREWELL_MS, () => {
      this.serving.stepDown().then(
        () => {
          this.isLeaving = false;
        },
        (error: unknown) => this.failed(error),
      );
    });
  }

  reload({ members }: DaemonOptions): void {
    if (JSON.stringify(members) !== JSON.stringify(this.listed)) {
      this.listed.splice(0, this.listed.length, ...members);
      this.check.soon();
    }
    if (this.config?.isBrickUp) this.brick.reopenLog();
  }

  async stop(): Promise<void> {
    this.phase = 'stopping';
    this.check.stop();
    await this.config?.stop();
    await this.brick.stop();
    await this.volfiles?.close();
  }

  /** What readers mount: the voters' values. Throws HFS-2004 where there are none. */
  clientVolfile(): string {
    const { cluster, secret, members } = this.state.data;
    const list = voters(this.config?.database.members ?? members);
    if (cluster === null || secret === null || list.length === 0) throw notInCluster();
    const servers = list.map(({ brick, host, port }) => ({ number: brick, host, port }));
    return configClientVolfile(cluster, servers, readerCredentials(secret));
  }

  async answer(verb: PeerVerb, body: Buffer): Promise<Buffer> {
    if (verb === 'examine') return this.examined(body);
    const { database } = this.running();
    if (verb === 'join')
      return encodeMessage(await letIn(database, this.tokens, body, this.clusterSecret() ?? ''));
    if (verb === 'add-learner') return addLearner(database, body);
    return database.answer(verb, body);
  }

  /** In any state: it is asked when something is wrong. */
  private examined(body: Buffer): Promise<Buffer> {
    const { network, clock } = this.setup.platform;
    const { servers } = this.config?.database.members ?? this.state.data.members;
    return examined(network, clock, servers, body);
  }

  running(): ConfigNode {
    if (this.state.data.isRetired) throw wasRetired();
    if (this.config === undefined && this.state.data.cluster !== null)
      throw new ConfigError(
        'HFS-2006',
        'hekafsd is still starting',
        'its brick is not up yet',
        'try again in a moment',
      );
    if (this.config === undefined) throw notInCluster();
    return this.config;
  }
}

/** Starts a node: its state is read, its ports are open; the rest goes on behind its status. */
export const startNode: StartNode = async (setup) => {
  const { platform, options, log } = setup;
  const initial = newNodeState(platform.random.uuid());
  const state = await StateFile.open<NodeState>(
    platform.disk,
    `${options.stateDir}/state.json`,
    initial,
  );
  if (state.recovery !== undefined)
    log.warn('the state was damaged; the generation before it is used', {
      code: 'HFS-5003',
      why: state.recovery,
      next: 'look at the disk; hfs_config servers shows whether this node is what it was',
    });
  if (state.isNew) await state.update((data) => data);
  const node = new Node(setup, state);
  await node.begin();
  return node;
};
