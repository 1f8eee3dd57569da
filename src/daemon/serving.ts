import { ConfigError, isCode } from '../config/error.js';
import { type Members, NO_MEMBERS, type Server } from '../config/members.js';
import type { Engine } from '../graph/volgen.js';
import { sleep } from '../platform/platform.js';
import { BrickChange } from './brick-change.js';
import { freeBrickPort } from './brick-port.js';
import {
  alreadyMember,
  alreadyServer,
  becomingServer,
  neitherBootstrapNorJoin,
} from './cluster-errors.js';
import type { ConfigNode } from './config-node.js';
import { checkEngine } from './engine.js';
import { askForList } from './introduction.js';
import { type Admission, admission, type JoinRequest, joinOnly } from './joining.js';
import { describe } from './membership.js';
import type { Node } from './node.js';
import { type BrickState, isClient, isInterrupted, type NodeState, reborn } from './node-state.js';
import type { MembershipChange, ServeRequest } from './verbs.js';

const STEP_MS = 50;
const LIST_MS = 8000;
const AGAIN_MS = 1000;

/** How a node becomes a server, and how it stops being one. One at a time. */
export class Serving {
  private isBusy = false;

  constructor(private readonly node: Node) {}

  private get platform() {
    return this.node.setup.platform;
  }

  get change(): BrickChange {
    const { state, setup } = this.node;
    const { disk, clock } = this.platform;
    return new BrickChange({ disk, clock, log: setup.log, state });
  }

  /** Finishes what a crash has left half done. To be called before anything else. */
  async recover(): Promise<void> {
    await this.change.finish();
  }

  serve(request: ServeRequest, timeoutMs: number): Promise<MembershipChange> {
    return this.alone(timeoutMs, (deadline) => this.serveAlone(request, deadline));
  }

  private async alone<T>(timeoutMs: number, run: (deadline: number) => Promise<T>): Promise<T> {
    if (this.isBusy || this.node.rejoin.underWay) throw becomingServer();
    this.isBusy = true;
    try {
      return await run(this.platform.clock.monotonicMs() + timeoutMs);
    } finally {
      this.isBusy = false;
    }
  }

  /** Makes this node a member that does not serve. */
  joinOnly(request: JoinRequest, timeoutMs: number): Promise<MembershipChange> {
    return this.alone(timeoutMs, (deadline) => joinOnly(this.node, request, deadline));
  }

  private serveAlone(request: ServeRequest, deadline: number): Promise<MembershipChange> {
    const { config, state } = this.node;
    if (config && isInterrupted(state.data) && !request.bootstrap)
      return this.voteOf(config, NO_MEMBERS, deadline);
    if (request.bootstrap) return this.bootstrap(request, deadline);
    if (config && request.engine !== undefined && request.join === undefined)
      return this.changeEngine(config, request.engine, deadline);
    if (request.join === undefined && this.node.client === undefined)
      throw neitherBootstrapNorJoin();
    return this.join(request, deadline);
  }

  /** The brick is stopped under one engine and started under the other; nothing on disk is converted. */
  private async changeEngine(
    { database }: ConfigNode,
    engine: Engine,
    deadline: number,
  ): Promise<MembershipChange> {
    const { node } = this;
    const { brick, cluster } = node.state.data;
    if (brick === null || (brick.engine ?? 'embedded') === engine)
      throw alreadyServer(cluster ?? '');
    await checkEngine(engine, this.platform.disk, brick.path);
    const before = database.members;
    await this.endServer();
    await this.setEngine(engine);
    try {
      return await this.voteOf(await node.takeUp(), before, deadline);
    } catch (error) {
      if (isCode(error, 'HFS-2005')) throw error;
      await this.endServer();
      await this.setEngine(brick.engine ?? 'embedded');
      await node.takeUp();
      throw error;
    }
  }

  private setEngine(engine: Engine): Promise<void> {
    return this.node.state.update((data) => ({
      ...data,
      brick: data.brick && { ...data.brick, engine },
    }));
  }

  private async bootstrap(request: ServeRequest, deadline: number): Promise<MembershipChange> {
    const before = this.node.state.data;
    if (before.cluster !== null && isClient(before)) throw alreadyMember(before.cluster);
    if (before.cluster !== null && !before.isRetired) throw alreadyServer(before.cluster);
    const { random } = this.platform;
    const secret = random.bytes(32).toString('hex');
    const identity = { ...reborn(before, random), cluster: random.uuid(), secret };
    const brick = await this.newBrick(request, identity.cluster);
    const self: Server = { ...this.node.ownServer(brick, identity.node), brick: 0, role: 'voter' };
    const members: Members = { epoch: 1, nextBrick: 1, servers: [self], retired: [] };
    return this.become({ ...identity, members, brick }, before, async ({ database }) => {
      await this.waitFor(deadline, () => database.isLeading && database.store.revision > 0);
      return describe('served', self, database, NO_MEMBERS, database.members);
    });
  }

  private async join(request: ServeRequest, deadline: number): Promise<MembershipChange> {
    const before = this.node.state.data;
    const identity = reborn(before, this.platform.random);
    const admitted = await admission(this.node, identity.node, request, deadline);
    const { cluster, secret, members } = admitted;
    const brick = await this.newBrick(request, cluster);
    const next = { ...identity, cluster, secret, members, brick };
    return this.become(next, before, async (config) => {
      await this.toList(admitted, deadline);
      return this.voteOf(config, members, deadline);
    });
  }

  /** Waits until this node votes. */
  private async voteOf(
    config: ConfigNode,
    before: Members,
    deadline: number,
  ): Promise<MembershipChange> {
    await this.waitFor(deadline, () => this.selfIn(config)?.role === 'voter');
    const { database } = config;
    const { state, setup } = this.node;
    const self = this.selfIn(config) ?? { node: state.data.node, name: setup.options.host };
    return describe('served', self, database, before, database.members);
  }

  private selfIn(config: ConfigNode): Server | undefined {
    return config.database.members.servers.find(({ node }) => node === this.node.state.data.node);
  }

  /** Takes the new state, starts everything, and goes back to the old one where that fails before the list knows. */
  private async become(
    next: NodeState & { readonly brick: BrickState },
    before: NodeState,
    finish: (config: ConfigNode) => Promise<MembershipChange>,
  ): Promise<MembershipChange> {
    const { node } = this;
    await this.change.take(next);
    node.phase = 'joining';
    try {
      node.endClient();
      return await finish(await node.takeUp());
    } catch (error) {
      if (!this.isOnList()) await this.undo(before);
      throw error;
    } finally {
      node.phase = 'running';
    }
  }

  private isOnList(): boolean {
    const { config } = this.node;
    if (config === undefined || config.database.store.revision === 0) return false;
    return this.selfIn(config) !== undefined;
  }

  private async undo(before: NodeState): Promise<void> {
    await this.endServer();
    await this.change.undo(before);
    this.node.beginClient();
  }

  async stepDown(): Promise<void> {
    await this.endServer();
    const aside = await this.change.retire();
    this.node.setup.log.info('stepped down', { brick: aside ?? 'none' });
  }

  async endServer(): Promise<void> {
    const { node } = this;
    await node.config?.stop();
    node.config = undefined;
    await node.resetBrick();
  }

  /** Has this node put on the list, over the member that was named or any other that is known. */
  private async toList(
    { at, members }: Pick<Admission, 'at' | 'members'>,
    deadline: number,
  ): Promise<void> {
    const { state, setup } = this.node;
    const { brick } = state.data;
    if (brick === null) return;
    const addresses = new Set([...at, ...members.servers.map(({ address }) => address)]);
    const server = this.node.ownServer(brick);
    let last: unknown;
    for (const address of addresses) {
      const left = deadline - this.platform.clock.monotonicMs();
      if (left <= 0) break;
      try {
        return await askForList(setup.peers, address, server, Math.min(LIST_MS, left));
      } catch (error) {
        last = error;
        if (!isCode(error, 'HFS-2001', 'HFS-2002', 'HFS-2003', 'HFS-2004', 'HFS-2006')) throw error;
      }
    }
    throw last ?? new ConfigError('HFS-2005', 'not on the list', 'time is up', 'try again');
  }

  /** A start after a crash between the log and the list: this node was let in, and asks until it is on the list. */
  async goOn(): Promise<void> {
    const { setup, state } = this.node;
    while (this.node.phase !== 'stopping' && isInterrupted(state.data)) {
      const { members } = state.data;
      const { clock } = this.platform;
      try {
        await this.toList({ at: this.node.listed, members }, clock.monotonicMs() + LIST_MS);
        setup.log.info('on the list, as an earlier serve had begun');
        return;
      } catch (error) {
        setup.log.info('not on the list yet', { error: String(error) });
        if (isCode(error, 'HFS-3008')) return this.stepDown();
      }
      await sleep(clock, AGAIN_MS);
    }
  }

  private async newBrick(request: ServeRequest, cluster: string): Promise<BrickState> {
    const { options, http } = this.node.setup;
    const path = request.brick ?? `${options.stateDir}/brick`;
    const port = await freeBrickPort(this.platform.network, http.host, options.brickPorts);
    if (request.engine === 'glusterfs') await checkEngine('glusterfs', this.platform.disk, path);
    await this.change.make(path, cluster);
    const voter = this.platform.random.uuid();
    const engine = request.engine === 'glusterfs' ? ({ engine: 'glusterfs' } as const) : {};
    return { path, port, voter, number: null, isFounded: false, ...engine };
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
}
