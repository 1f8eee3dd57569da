import type { Command } from '../../src/config/command.js';
import type { ConfigDatabase } from '../../src/config/database.js';
import { ConfigError } from '../../src/config/error.js';
import { foundingLog, headerEntry } from '../../src/config/log/new-log.js';
import type { Server } from '../../src/config/members.js';
import { decodeMessage, encodeMessage } from '../../src/config/message.js';
import {
  PeerError,
  type PeerService,
  type PeerStatus,
  type PeerVerb,
} from '../../src/config/peers.js';
import type { Outcome } from '../../src/config/store.js';
import { makeBrickDirectory, setBrickAside } from '../../src/daemon/brick-directory.js';
import { notInCluster, unreachable, wasRetired } from '../../src/daemon/cluster-errors.js';
import type { ConfigNode } from '../../src/daemon/config-node.js';
import { tokenHash } from '../../src/daemon/credentials.js';
import { foundLog } from '../../src/daemon/found-log.js';
import type { Log } from '../../src/daemon/log.js';
import {
  addLearner,
  type JoinAnswer,
  letIn,
  retire,
  TokenAges,
} from '../../src/daemon/membership.js';
import type { BrickState } from '../../src/daemon/node-state.js';
import type { Platform } from '../../src/platform/platform.js';
import { WatchedNode } from './config-bugs.js';
import type { ConfigService } from './config-client.js';
import { BRICK_PATH, BRICK_PORT, type ConfigServer, HTTP_PORT } from './config-server.js';
import type { SimDisk } from './disk.js';
import { SimPeers } from './peers.js';
import type { SimProcess } from './process.js';

/** Between a commit that retires this node and its stepping down, as in the daemon. */
const FAREWELL_MS = 1000;
const PEER_MS = 4000;
const TOKEN_SECONDS = 60;

/**
 * One incarnation of a hekafsd: production's ConfigNode and membership verbs, in the order in which the daemon's node has them; what
 * is left out is HTTP, files beside the state, and the supervision of the brick, which the world's faults do.
 */
export class SimHekafsd implements PeerService {
  config: ConfigNode | undefined;
  private readonly tokens: TokenAges;
  private readonly peers: SimPeers;
  private readonly platform: Platform;
  private readonly disk: SimDisk;
  private isLeaving = false;
  private isJoining = false;
  private repeats = 0;

  constructor(
    private readonly server: ConfigServer,
    private readonly process: SimProcess,
  ) {
    this.tokens = new TokenAges(process.clock);
    this.peers = new SimPeers(server.setup.registry, process);
    this.disk = server.diskOf(process);
    this.platform = process.platform(this.disk);
    const offer = { service: this, status: () => this.status() };
    server.setup.registry.offer(process, HTTP_PORT, offer);
  }

  async begin(): Promise<void> {
    if (this.server.state.brick !== null && !this.server.state.isRetired) await this.takeUp();
  }

  /** What clients use; with a bug planted, a repeated request is another one. */
  get service(): ConfigService | undefined {
    const database = this.config?.database;
    if (database === undefined || this.server.setup.bug !== 'no-dedupe') return database;
    return {
      store: database.store,
      catchUp: (timeoutMs) => database.catchUp(timeoutMs),
      propose: (command: Command, requestId: string, timeoutMs: number): Promise<Outcome> =>
        database.propose(command, `${requestId}~${this.process.label}${this.repeats++}`, timeoutMs),
    };
  }

  async answer(verb: PeerVerb, body: Buffer): Promise<Buffer> {
    const { database } = this.running();
    const { secret } = this.server.state;
    if (verb === 'join')
      return encodeMessage(await letIn(database, this.tokens, body, secret ?? ''));
    if (verb === 'add-learner') return addLearner(database, body);
    return database.answer(verb, body);
  }

  async createToken(token: string, timeoutMs: number): Promise<void> {
    const json = JSON.stringify({ hash: tokenHash(token), ttlSeconds: TOKEN_SECONDS });
    const changes = [{ type: 'token', json }] as const;
    await this.running().database.propose({ op: 'system', changes }, '', timeoutMs);
  }

  async retire(name: string, timeoutMs: number): Promise<void> {
    const { database } = this.running();
    const { node } = this.server.state;
    const options = { force: false, dryRun: false };
    await retire(database, this.peers, node, name, options, timeoutMs);
  }

  /** Becomes a learner of the cluster at `address`; done again it goes on where it was interrupted. */
  async serve(address: string, token: string): Promise<void> {
    if (this.server.state.brick === null) await this.join(address, token);
    const { brick } = this.server.state;
    if (brick === null || this.isListed()) return;
    const { role: _role, brick: _number, ...server } = this.self(brick);
    await this.ask(address, 'add-learner', encodeMessage({ server }));
  }

  private async ask(address: string, verb: PeerVerb, body: Buffer): Promise<Buffer> {
    try {
      return await this.peers.call(address, verb, body, PEER_MS);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      if (error.problem === undefined) throw unreachable(address, error.message);
      const { code, what, why, next } = error.problem;
      throw new ConfigError(code, what, why, next);
    }
  }

  private async join(address: string, token: string): Promise<void> {
    if (this.isJoining)
      throw new ConfigError('HFS-3009', 'it is joining already', 'one at a time', 'wait');
    this.isJoining = true;
    try {
      await this.joinOnce(address, token);
    } finally {
      this.isJoining = false;
    }
  }

  private async joinOnce(address: string, token: string): Promise<void> {
    const { node } = this.server.state;
    const body = encodeMessage({ token, node, name: this.server.name });
    const answer = await this.ask(address, 'join', body);
    const { cluster, secret, members } = decodeMessage<JoinAnswer>(answer).json;
    if (cluster === undefined || secret === undefined || members === undefined)
      throw new TypeError('an answer to join without its fields');
    setBrickAside(this.disk, BRICK_PATH, 'failed', this.process.clock.wallMs());
    makeBrickDirectory(this.disk, BRICK_PATH, cluster);
    const voter = this.process.random.uuid();
    const brick = { path: BRICK_PATH, port: BRICK_PORT, voter, number: null, isFounded: false };
    await this.server.remember(this.disk, (state) => ({
      ...state,
      cluster,
      secret,
      members,
      brick,
    }));
    this.server.restart('brick');
    await this.takeUp();
  }

  private isListed(): boolean {
    const servers = this.config?.database.members.servers ?? [];
    return servers.some(({ node }) => node === this.server.state.node);
  }

  private async takeUp(): Promise<void> {
    const { server } = this;
    const { cluster, secret, brick } = server.state;
    if (cluster === null || secret === null || brick === null) throw notInCluster();
    server.setup.watch.restarted(server.name);
    const config = this.newNode(cluster, secret);
    this.config = config;
    await this.foundLog(config, cluster, brick);
    const number = brick.number ?? 0;
    const { host } = server.setup.machine;
    await config.start({ host, port: brick.port, number, engine: 'embedded' });
  }

  private newNode(cluster: string, secret: string): ConfigNode {
    const { server } = this;
    const { watch, bug } = server.setup;
    const setup = {
      platform: this.platform,
      peers: this.peers,
      instance: this.process.random.uuid(),
      log: this.log(),
      listed: () => [],
      state: { ...server.state, cluster, secret },
      membersChanged: () => this.membersChanged(),
      brickSilent: () => undefined,
      retired: () => this.wasRetired(),
      rememberLengths: (lengths) => server.keepLengths(lengths),
      ownLogLost: ({ message }) => watch.found(`${server.name} has lost its vote: ${message}`),
      applied: (sealed) => {
        for (const change of sealed.record.changes) this.tokens.note(change);
        watch.applied(server.name, sealed);
      },
      keep: async (key, _value, why) => this.kept(key, why),
      valuesFailed: () => undefined,
    } satisfies ConstructorParameters<typeof WatchedNode>[0];
    return new WatchedNode(setup, bug, () => watch.strikes(server.name));
  }

  /** Nobody changes files by hand here; but what a power cut has torn looks as if somebody had. */
  private kept(key: string, why: string): void {
    const { name, hasLostPower, setup } = this.server;
    if (!hasLostPower) setup.watch.found(`${name} kept ${key}: ${why}`);
  }

  private async foundLog(config: ConfigNode, cluster: string, brick: BrickState): Promise<void> {
    if (brick.isFounded) return;
    const { first } = this.server.setup;
    const header = { cluster, voter: brick.voter, brick: brick.number ?? 0 };
    const epoch = { counter: 1, owner: first.record.author };
    // The founders are two: a majority of the first list, as after a bootstrap and joins.
    const isFounder = brick.number !== null && brick.number < 2;
    await foundLog({
      acceptor: config.acceptor(this.self(brick)),
      clock: this.process.clock,
      header,
      first: isFounder ? foundingLog(header, epoch, first) : headerEntry(header),
      checkBrick: () => undefined,
    });
    await this.server.remember(this.disk, (state) => ({
      ...state,
      brick: state.brick && { ...state.brick, isFounded: true },
    }));
  }

  private self(brick: BrickState): Server {
    const { name, address, state, setup } = this.server;
    const { port, path, voter } = brick;
    const place = { address, host: setup.machine.host, port, path };
    return { node: state.node, name, ...place, voter, brick: brick.number ?? 0, role: 'learner' };
  }

  private running(): { readonly database: ConfigDatabase } {
    if (this.server.state.isRetired) throw wasRetired();
    if (this.config === undefined)
      throw new ConfigError('HFS-2006', 'hekafsd is still starting', 'no brick', 'try again');
    return this.config;
  }

  private status(): PeerStatus {
    const { name, state } = this.server;
    const { database } = this.config ?? {};
    return {
      node: state.node,
      name,
      cluster: state.cluster,
      server: database !== undefined,
      state: 'running',
      revision: database?.store.revision ?? 0,
      epoch: database?.members.epoch ?? 0,
    };
  }

  private membersChanged(): void {
    const members = this.config?.database.members;
    if (members === undefined) return;
    const { state } = this.server;
    const self = members.servers.find(({ node }) => node === state.node);
    const brick = state.brick && self ? { ...state.brick, number: self.brick } : state.brick;
    this.server.state = { ...state, members, brick };
  }

  private wasRetired(): void {
    if (this.isLeaving || this.server.state.isRetired) return;
    this.isLeaving = true;
    this.process.clock.after(FAREWELL_MS, () => {
      this.stepDown().catch((error: unknown) => this.process.kernel.fail(error));
    });
  }

  private async stepDown(): Promise<void> {
    const path = this.server.state.brick?.path;
    await this.config?.stop();
    this.config = undefined;
    this.server.process('brick')?.kill();
    if (path !== undefined) setBrickAside(this.disk, path, 'retired', this.process.clock.wallMs());
    await this.server.remember(this.disk, (state) => ({ ...state, isRetired: true, brick: null }));
  }

  private log(): Log {
    const { kernel, label } = this.process;
    const note = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      kernel.note(`${label}: ${message} ${JSON.stringify(fields ?? {})}`);
    const error = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      this.server.setup.watch.found(`${label}: ${message} ${JSON.stringify(fields ?? {})}`);
    return { debug: note, info: note, warn: note, error };
  }
}
