import { ConfigError } from '../config/error.js';
import { FormatError } from '../config/log/bytes.js';
import { type Members, placeOf, voters } from '../config/members.js';
import { encodeMessage } from '../config/message.js';
import type { PeerService, PeerVerb } from '../config/peers.js';
import { endpointText } from '../platform/network.js';
import { lookupAll } from '../platform/node/names.js';
import { BrickProcess } from './brick-process.js';
import { ClientNode } from './client-node.js';
import {
  doesNotServe,
  notInCluster,
  stillStarting,
  unintelligible,
  wasRetired,
} from './cluster-errors.js';
import { ConfigNode } from './config-node.js';
import { examined } from './doctor/examination.js';
import { checkEngine } from './engine.js';
import { Fence, isFencedOff } from './fence.js';
import { KeptVolfile } from './kept-volfile.js';
import { openManagementPort } from './management-port.js';
import { memberList } from './member-list.js';
import { MemberSource } from './member-source.js';
import { addLearner, letIn, type NewServer, TokenAges } from './membership.js';
import { NodeComplaints } from './node-complaints.js';
import type { NodeSetup, RunningNode } from './node-start.js';
import { type BrickState, isClient, isInterrupted, type NodeState } from './node-state.js';
import { NodeVerbs } from './node-verbs.js';
import { brickVolfileOf, clientVolfileOf } from './node-volfiles.js';
import type { DaemonOptions } from './options.js';
import { foundOwnLog } from './own-log.js';
import { followOwnPlace, withAllowedPort } from './own-place.js';
import { PendingState } from './pending-state.js';
import { makeStateDir } from './prepare.js';
import { Rejoin } from './rejoin.js';
import type { Relay } from './relay.js';
import { brickFiles } from './running-brick.js';
import { Serving } from './serving.js';
import { StartUpCheck } from './start-up-check.js';
import type { StateFile } from './state.js';
import { isUserMode, tellUserMode, USER_MODE } from './user-mode.js';
import { mendNodeValues } from './values-mending.js';
import type { Verbs } from './verbs.js';
import { Verifier } from './verifier.js';
import type { VolfileServer } from './volfile-server.js';

/** Between a commit that retires this node and its stepping down: others hear of it first. */
const FAREWELL_MS = 1000;

/** One hekafsd: its state, its brick, and the config database while it belongs to a cluster. */
export class Node implements PeerService, RunningNode {
  readonly verbs: Verbs = new NodeVerbs(this);
  readonly peers: PeerService = this;
  /** Of a server. */
  config: ConfigNode | undefined;
  /** Of a member that does not serve. */
  client: ClientNode | undefined;
  brick: BrickProcess;
  readonly tokens: TokenAges;
  readonly pending: PendingState<NodeState>;
  /** Of this process, new with each start: tells two nodes apart that have one id. */
  readonly instance: string;
  phase: 'starting' | 'joining' | 'running' | 'stopping' = 'starting';
  readonly check: StartUpCheck;
  readonly serving = new Serving(this);
  readonly complaints = new NodeComplaints(this);
  readonly verifier = new Verifier(this);
  readonly rejoin = new Rejoin(this);
  readonly fence: Fence;
  private volfiles: VolfileServer | undefined;
  private isLeaving = false;
  private readonly source: MemberSource;
  private readonly keptVolfile: KeptVolfile;
  notes: readonly string[] = [];
  begun: Promise<void> = Promise.resolve();

  constructor(
    readonly setup: NodeSetup,
    readonly state: StateFile<NodeState>,
  ) {
    this.brick = this.newBrick();
    this.instance = setup.platform.random.uuid();
    const { platform, options, log, http } = setup;
    const { disk, clock } = platform;
    this.pending = new PendingState(state, clock, (failure) =>
      this.complaints.stateFailed(failure),
    );
    this.tokens = new TokenAges(clock);
    this.check = new StartUpCheck(this);
    this.fence = new Fence(this);
    this.keptVolfile = new KeptVolfile(disk, options.stateDir, log);
    const list = memberList(options.members, disk);
    this.source = new MemberSource({ clock, log, list, port: http.port, lookup: lookupAll });
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

  get relay(): Relay | undefined {
    return this.client?.relay;
  }

  standstill(): string | undefined {
    return this.config?.database.standstill;
  }

  /** HOST:PORT that others dial. */
  get address(): string {
    const { options, http } = this.setup;
    return endpointText({ host: options.address, port: http.port });
  }

  /** Addresses of `--members`. */
  get listed(): readonly string[] {
    return this.source.addresses();
  }

  /** The newest list that this node knows. */
  get members(): Members {
    return this.config?.database.members ?? this.client?.members ?? this.state.data.members;
  }

  /** What this node is as a server, with that brick. */
  ownServer(brick: BrickState, node = this.state.data.node): NewServer {
    const { options } = this.setup;
    const { port, path, voter } = brick;
    const { host: name, address: host } = options;
    const engine = brick.engine === 'glusterfs' ? ({ engine: 'glusterfs' } as const) : {};
    return { node, name, address: this.address, host, port, path, voter, ...engine };
  }

  /** Opens the management port, then takes up what the state says this node is. */
  async begin(): Promise<void> {
    this.volfiles = await openManagementPort(this);
    await this.serving.recover();
    const { cluster, brick, isRetired } = this.state.data;
    const isServer = cluster !== null && !isRetired && brick !== null;
    this.tellRole();
    const source = this.source.start();
    this.fence.start();
    if (isServer) this.begun = this.resume(source);
    else await this.resumeOther(source);
  }

  private tellRole(): void {
    const { cluster, brick, isRetired, members } = this.state.data;
    const whole = brick !== null ? 'server' : 'member that does not serve';
    this.setup.log.info('start-up 1/5: own role', {
      role: isRetired ? 'retired' : cluster === null ? 'none yet' : whole,
      cluster,
      known: members.servers.map(({ name, address }) => `${name} ${address}`),
    });
  }

  private async resume(source: Promise<void>): Promise<void> {
    try {
      if (await this.fence.look()) return await this.fenceOff();
      await this.takeUp();
      this.phase = 'running';
      if (isInterrupted(this.state.data))
        this.serving.goOn().catch((error: unknown) => this.failed(error));
    } catch (error) {
      this.failed(error);
    }
    this.afterSource(source);
  }

  /** Another process has this node's id, and the list means that one: brick and database stop, and nothing of the data is touched. */
  async fenceOff(): Promise<void> {
    const fenced = this.state.data.fenced ?? { by: this.fence.otherAddress };
    await this.state.update((data) => ({ ...data, fenced }));
    await this.brick.endLeft();
    await this.serving.endServer();
    this.phase = 'running';
    this.setup.log.warn('this server has stopped', {
      code: 'HFS-3201',
      why: `another node has its id, and the list means the one at ${fenced.by}`,
      next: 'hfs_config explain HFS-3201',
    });
  }

  /** Steps 3 to 5 come after step 2, which may wait for names. */
  private afterSource(source: Promise<void>): void {
    const check = (): void => {
      if (this.config ?? this.client) this.check.soon(0);
    };
    source.then(check, (error: unknown) => {
      this.setup.log.error('the source of members met a bug', { error: String(error) });
      check();
    });
  }

  /** A brick that an earlier hekafsd has left belongs to nobody here. */
  private async resumeOther(source: Promise<void>): Promise<void> {
    await this.brick.endLeft();
    this.beginClient();
    this.phase = 'running';
    this.rejoin.goOn();
    this.afterSource(source);
  }

  /** Begins to follow the list from outside, where this node is a member that does not serve. */
  beginClient(): void {
    const { cluster, node: self, members } = this.state.data;
    if (cluster === null || !isClient(this.state.data)) return;
    const { platform, peers, log } = this.setup;
    this.client = new ClientNode({
      ...{ clock: platform.clock, peers, log, cluster, members, self },
      listed: () => this.listed,
      learned: () => this.membersChanged(),
    });
    this.client.start();
    this.membersChanged();
  }

  endClient(): void {
    this.client?.stop();
    this.client = undefined;
  }

  reload({ members }: DaemonOptions): void {
    const list = memberList(members, this.setup.platform.disk);
    this.afterSource(this.source.change(list));
    if (this.config?.isBrickUp) this.brick.reopenLog();
  }

  private failed(error: unknown): void {
    const fields = error instanceof ConfigError ? error.toJSON() : { error: String(error) };
    this.setup.log.error('this node cannot serve', { ...fields });
  }

  /** Starts brick and database as the state has them. */
  async takeUp(): Promise<ConfigNode> {
    const { state, setup } = this;
    const { cluster, secret } = state.data;
    if (cluster === null || secret === null || state.data.brick === null) throw notInCluster();
    const brick = await withAllowedPort(this, state.data.brick);
    makeStateDir(setup.platform.disk, `${setup.options.stateDir}/run`);
    this.noteUserMode(brick.path);
    mendNodeValues(this);
    const engine = brick.engine ?? 'embedded';
    await checkEngine(engine, setup.platform.disk, brick.path);
    await this.brick.start({ volfile: brickVolfileOf(this, brick), engine, path: brick.path });
    const config = new ConfigNode({
      platform: setup.platform,
      peers: setup.peers,
      instance: this.instance,
      log: setup.log,
      listed: () => this.listed,
      state: { ...state.data, cluster, secret },
      membersChanged: () => this.membersChanged(),
      brickSilent: () => this.complaints.brickSilent(),
      retired: () => this.wasRetired(),
      rememberLengths: (lengths) => this.remember((data) => ({ ...data, lengths })),
      ownLogLost: (loss) => this.rejoin.lost(loss),
      applied: ({ record }) => {
        for (const change of record.changes) this.tokens.note(change);
      },
      keep: (key, value, why) => this.complaints.keep(key, value, why),
      valuesFailed: (failure) => this.valuesFailed(failure),
      place: { ...placeOf(this.ownServer(brick)), voter: brick.voter, instance: this.instance },
      doubled: ({ name }, address) => this.complaints.doubled(name, address),
    });
    this.config = config;
    await foundOwnLog(this, config, cluster, brick);
    await config.start({
      host: setup.options.address,
      port: brick.port,
      number: brick.number ?? 0,
      engine,
    });
    followOwnPlace(this, config).catch((error: unknown) => this.failed(error));
    return config;
  }

  private noteUserMode(path: string): void {
    const isUsers = isUserMode(this.setup.platform.disk, path);
    this.notes = isUsers ? [`HFS-5104 ${USER_MODE}`] : [];
    if (isUsers) tellUserMode(this.setup.log, path);
  }

  private membersChanged(): void {
    const { members } = this;
    const self = members.servers.find((server) => server.node === this.state.data.node);
    this.setup.log.info('the list of servers', {
      list: members.epoch,
      servers: members.servers.map(({ name, role }) => `${name} (${role})`),
    });
    const { cluster } = this.state.data;
    // What is written late must not reach a node that has left meanwhile.
    this.remember((data) =>
      data.cluster !== cluster || data.isRetired
        ? data
        : {
            ...data,
            members,
            brick: data.brick && self ? { ...data.brick, number: self.brick } : data.brick,
          },
    );
    this.check.soon();
    this.volfiles?.changed();
    if (voters(members).length > 0) this.keptVolfile.keep(() => this.clientVolfile());
  }

  private valuesFailed(failure: unknown): void {
    if (failure !== undefined && mendNodeValues(this)) this.brick.restart();
    else this.complaints.valuesFailed(failure);
  }

  private remember(change: (data: NodeState) => NodeState): void {
    this.pending.change(change);
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

  async stop(): Promise<void> {
    this.phase = 'stopping';
    this.check.stop();
    this.fence.stop();
    this.source.stop();
    this.endClient();
    await this.config?.stop();
    await this.brick.stop();
    await this.pending.settled();
    await this.volfiles?.close();
  }

  clientVolfile(): string {
    return clientVolfileOf(this);
  }

  async answer(verb: PeerVerb, body: Buffer): Promise<Buffer> {
    try {
      return await this.answered(verb, body);
    } catch (error) {
      if (error instanceof FormatError) throw unintelligible(verb, error.message);
      throw error;
    }
  }

  private async answered(verb: PeerVerb, body: Buffer): Promise<Buffer> {
    if (verb === 'examine') return this.examined(body);
    if (verb === 'hail') return this.fence.hailed(body);
    const { database } = this.running();
    if (verb === 'join')
      return encodeMessage(await letIn(database, this.tokens, body, this.clusterSecret() ?? ''));
    if (verb === 'add-learner') return addLearner(database, body);
    if (verb === 'copy') return this.verifier.answer(body);
    return database.answer(verb, body);
  }

  /** In any state: it is asked when something is wrong. */
  private examined(body: Buffer): Promise<Buffer> {
    const { network, clock } = this.setup.platform;
    const { servers } = this.members;
    return examined(network, clock, servers, body);
  }

  /** Throws a ConfigError where this node does not serve, not yet or not any more. */
  running(): ConfigNode {
    const { cluster, isRetired, fenced } = this.state.data;
    if (isRetired) throw wasRetired();
    if (fenced) throw isFencedOff(fenced.by);
    if (this.client) throw doesNotServe();
    if (this.config === undefined) throw cluster === null ? notInCluster() : stillStarting();
    return this.config;
  }
}
