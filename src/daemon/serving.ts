import { ConfigError } from '../config/error.js';
import { firstRecord, foundingLog, headerEntry } from '../config/log/new-log.js';
import { type Members, NO_MEMBERS, type Server } from '../config/members.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import { PeerError } from '../config/peers.js';
import { NetworkError } from '../platform/network.js';
import { sleep } from '../platform/platform.js';
import { makeBrickDirectory, setBrickAside } from './brick-directory.js';
import { brickFailed } from './brick-process.js';
import { alreadyServer, loopbackOnly, otherCluster, unreachable } from './cluster-errors.js';
import type { ConfigNode } from './config-node.js';
import { foundLog } from './found-log.js';
import { isLoopback } from './http-access.js';
import { describe, type JoinAnswer, type NewServer } from './membership.js';
import type { Node } from './node.js';
import { type BrickState, type NodeState, newNodeState } from './node-state.js';
import type { MembershipChange, ServeRequest } from './verbs.js';

const STATUS_MS = 2000;
const BRICK_MS = 15_000;
const STEP_MS = 50;

/** How a node becomes a server, and how it stops being one. One at a time. */
export class Serving {
  private isBusy = false;

  constructor(private readonly node: Node) {}

  private get platform() {
    return this.node.setup.platform;
  }

  async serve(request: ServeRequest, timeoutMs: number): Promise<MembershipChange> {
    if (this.isBusy)
      throw new ConfigError(
        'HFS-3009',
        'this node is becoming a server already',
        'an earlier serve is under way',
        'hfs_config status shows how far it is',
      );
    this.isBusy = true;
    const deadline = this.platform.clock.monotonicMs() + timeoutMs;
    try {
      return request.join === undefined
        ? await this.bootstrap(request, deadline)
        : await this.join(request.join, request, deadline);
    } finally {
      this.isBusy = false;
    }
  }

  private async bootstrap(request: ServeRequest, deadline: number): Promise<MembershipChange> {
    const before = this.node.state.data;
    if (before.cluster !== null && !before.isRetired) throw alreadyServer(before.cluster);
    const { random } = this.platform;
    const identity = {
      ...this.identity(before),
      cluster: random.uuid(),
      secret: random.bytes(32).toString('hex'),
    };
    const brick = await this.newBrick(request, identity.cluster);
    const self = this.server(identity.node, brick, 'voter');
    const members: Members = { epoch: 1, nextBrick: 1, servers: [self], retired: [] };
    return this.become({ ...identity, members, brick }, before, async (config) => {
      await this.waitFor(
        deadline,
        () => config.database.isLeading && config.database.store.revision > 0,
      );
      return describe(
        config.database,
        self,
        NO_MEMBERS,
        config.database.members,
        config.database.store.revision,
      );
    });
  }

  private async join(
    address: string,
    request: ServeRequest,
    deadline: number,
  ): Promise<MembershipChange> {
    const before = this.node.state.data;
    this.checkReachable(address);
    const cluster = await this.clusterAt(address);
    if (before.cluster !== null && before.cluster !== cluster && !before.isRetired)
      throw otherCluster(before.cluster, cluster, address);
    const isMember = this.node.config?.database.members.servers.some(
      ({ node }) => node === before.node,
    );
    if (before.cluster === cluster && !before.isRetired && isMember) throw alreadyServer(cluster);
    const identity = this.identity(before);
    const admitted = await this.askToJoin(address, identity.node, request.token ?? '', deadline);
    const brick = await this.newBrick(request, admitted.cluster);
    const { cluster: id, secret, members } = admitted;
    return this.become(
      { ...identity, cluster: id, secret, members, brick },
      before,
      async (config) => {
        const {
          brick: _number,
          role: _role,
          ...server
        } = this.server(identity.node, brick, 'learner');
        await this.addToList(address, server, deadline);
        const isVoter = () => this.selfIn(config)?.role === 'voter';
        await this.waitFor(deadline, isVoter);
        const self = this.selfIn(config) ?? server;
        return describe(
          config.database,
          self,
          members,
          config.database.members,
          config.database.store.revision,
        );
      },
    );
  }

  private selfIn(config: ConfigNode): Server | undefined {
    return config.database.members.servers.find(({ node }) => node === this.node.state.data.node);
  }

  /** A retired node comes back as somebody else: its tombstone stays. */
  private identity(before: NodeState): NodeState {
    return before.isRetired
      ? newNodeState(this.platform.random.uuid())
      : { ...before, members: NO_MEMBERS };
  }

  /** Takes the new state, starts everything, and goes back to the old one where that fails before the list knows. */
  private async become(
    next: NodeState & { readonly brick: BrickState },
    before: NodeState,
    finish: (config: ConfigNode) => Promise<MembershipChange>,
  ): Promise<MembershipChange> {
    const { node } = this;
    await node.state.update(() => next);
    node.phase = 'joining';
    try {
      return await finish(await node.takeUp());
    } catch (error) {
      if (!this.isOnList()) await this.undo(before, next.brick.path);
      throw error;
    } finally {
      node.phase = 'running';
    }
  }

  private isOnList(): boolean {
    const { config } = this.node;
    return (
      config !== undefined &&
      this.selfIn(config) !== undefined &&
      config.database.store.revision > 0
    );
  }

  private async undo(before: NodeState, path: string): Promise<void> {
    const { node } = this;
    await node.config?.stop();
    node.config = undefined;
    await node.resetBrick();
    setBrickAside(this.platform.disk, path, 'failed', this.platform.clock.wallMs());
    await node.state.update(() => before);
  }

  async stepDown(): Promise<void> {
    const { node } = this;
    const path = node.state.data.brick?.path;
    await node.config?.stop();
    node.config = undefined;
    await node.resetBrick();
    const aside =
      path && setBrickAside(this.platform.disk, path, 'retired', this.platform.clock.wallMs());
    await node.state.update((data) => ({ ...data, isRetired: true, brick: null }));
    node.setup.log.info('stepped down', { brick: aside ?? 'none' });
  }

  private async newBrick(request: ServeRequest, cluster: string): Promise<BrickState> {
    const { options } = this.node.setup;
    const path = request.brick ?? `${options.stateDir}/brick`;
    const port = await this.freePort();
    makeBrickDirectory(this.platform.disk, path, cluster);
    return { path, port, voter: this.platform.random.uuid(), number: null, isFounded: false };
  }

  private async freePort(): Promise<number> {
    const { options, http } = this.node.setup;
    const { low, high } = options.brickPorts;
    for (let port = low; port <= high; port++) {
      try {
        const at = { host: http.host, port };
        const listener = await this.platform.network.listen(at, (stream) => {
          stream.close('only trying the port');
          return { data: () => undefined, drain: () => undefined, closed: () => undefined };
        });
        await listener.close();
        return port;
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
      }
    }
    throw new ConfigError(
      'HFS-5001',
      'no port for the brick',
      `all of ${low}-${high} are taken`,
      'give hekafsd other ones with --brick-ports LOW-HIGH',
    );
  }

  private server(node: string, brick: BrickState, role: Server['role']): Server {
    const { options } = this.node.setup;
    return {
      node,
      name: options.host,
      address: this.node.address,
      brick: brick.number ?? 0,
      host: options.address,
      port: brick.port,
      path: brick.path,
      voter: brick.voter,
      role,
    };
  }

  private async clusterAt(address: string): Promise<string> {
    try {
      const { cluster } = await this.node.setup.peers.status(address, STATUS_MS);
      if (cluster !== null) return cluster;
    } catch (error) {
      if (error instanceof PeerError) throw unreachable(address, error.message);
      throw error;
    }
    throw unreachable(address, 'the node there belongs to no cluster itself');
  }

  private checkReachable(address: string): void {
    const { address: own } = this.node;
    if (staysHere(own) && !staysHere(address)) throw loopbackOnly(own, address);
  }

  private async askToJoin(
    address: string,
    node: string,
    token: string,
    deadline: number,
  ): Promise<JoinAnswer> {
    const body = encodeMessage({ token, node, name: this.node.setup.options.host });
    const { json } = decodeMessage<JoinAnswer>(await this.call(address, 'join', body, deadline));
    const { cluster, secret, members } = json;
    if (typeof cluster !== 'string' || typeof secret !== 'string' || members === undefined)
      throw unreachable(address, 'it answered something unintelligible');
    return { cluster, secret, members };
  }

  private async addToList(address: string, server: NewServer, deadline: number): Promise<void> {
    await this.call(address, 'add-learner', encodeMessage({ server }), deadline);
  }

  private async call(
    address: string,
    verb: 'join' | 'add-learner',
    body: Buffer,
    deadline: number,
  ): Promise<Buffer> {
    const left = Math.max(1, deadline - this.platform.clock.monotonicMs());
    try {
      return await this.node.setup.peers.call(address, verb, body, left);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      if (error.problem === undefined) throw unreachable(address, error.message);
      const { code, what, why, next } = error.problem;
      throw new ConfigError(code, what, why, next);
    }
  }

  private async waitFor(deadline: number, isSo: () => boolean): Promise<void> {
    const { clock } = this.platform;
    while (!isSo()) {
      if (clock.monotonicMs() > deadline)
        throw new ConfigError(
          'HFS-2005',
          'this node does not vote yet',
          'the time given was over; it goes on by itself where it was let in',
          'hfs_config status shows how far it is',
        );
      await sleep(clock, STEP_MS);
    }
  }

  /** Makes this node's log where the state says that it is not made yet. */
  async foundLog(
    config: ConfigNode,
    node: string,
    cluster: string,
    brick: BrickState,
  ): Promise<void> {
    if (brick.isFounded) return;
    const { members } = this.node.state.data;
    const self = this.server(node, brick, 'learner');
    const header = { cluster, voter: brick.voter, brick: brick.number ?? 0 };
    const isFounder = members.servers.some((server) => server.node === node);
    const epoch = { counter: 1, owner: node };
    const { clock } = this.platform;
    const deadline = clock.monotonicMs() + BRICK_MS;
    await foundLog({
      acceptor: config.acceptor(self),
      clock,
      header,
      first: isFounder
        ? foundingLog(header, epoch, firstRecord(cluster, members, clock.wallMs()))
        : headerEntry(header),
      checkBrick: () => {
        const { complaint } = this.node.brick;
        if (complaint !== null || clock.monotonicMs() > deadline) throw brickFailed(complaint);
      },
    });
    await this.node.state.update((data) => ({
      ...data,
      brick: data.brick && { ...data.brick, isFounded: true },
    }));
  }
}

/** True for a HOST:PORT that never leaves the machine. */
function staysHere(address: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || isLoopback(host);
}
