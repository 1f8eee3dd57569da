import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterNode, type NodePlace, type NodePorts, nodePorts } from './cluster-node.js';
import { until } from './until.js';
import { sameValues } from './values-copy.js';

/** Makes a place for each node of a cluster, and removes them. */
export interface NodePlaces {
  /** The ports of every node, where each has an address of its own. */
  readonly ports?: NodePorts;
  make(name: string): NodePlace;
  end(): void;
}

/** hekafsd processes on loopback with their own state directories, all of which go at the end. */
export class Cluster {
  readonly nodes: ClusterNode[] = [];
  private readonly directory = mkdtempSync(join(tmpdir(), 'hekafs-cluster-'));
  /** Runs when all processes have ended, before their directories go. */
  private readonly endings: (() => void)[] = [];

  /** On loopback, or each node where `places` says. */
  constructor(private readonly places?: NodePlaces) {}

  /** Nodes that run and belong to no cluster yet. */
  static async ofNew(count: number, places?: NodePlaces): Promise<Cluster> {
    const cluster = new Cluster(places);
    try {
      for (let made = 0; made < count; made++) await cluster.make();
      await Promise.all(cluster.nodes.map((node) => node.start()));
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  /** Servers of one cluster, ready. */
  static async ofServers(count: number, places?: NodePlaces): Promise<Cluster> {
    const cluster = await Cluster.ofNew(count, places);
    try {
      const [first, ...others] = cluster.nodes;
      if (first) await cluster.bootstrap(first);
      for (const node of others) await cluster.join(node);
      await cluster.ready();
      return cluster;
    } catch (error) {
      cluster.printLogs();
      await cluster.end();
      throw error;
    }
  }

  /** Servers of one cluster that something is done to before they are used; ended where that fails. */
  static async ofPrepared(
    count: number,
    prepare: (cluster: Cluster) => Promise<void>,
  ): Promise<Cluster> {
    const cluster = await Cluster.ofServers(count);
    try {
      await prepare(cluster);
      return cluster;
    } catch (error) {
      cluster.printLogs();
      await cluster.end();
      throw error;
    }
  }

  /** One more node, started. */
  async add(): Promise<ClusterNode> {
    const node = await this.make();
    await node.start();
    return node;
  }

  private async make(): Promise<ClusterNode> {
    const name = `n${this.nodes.length + 1}`;
    const ports = this.places?.ports ?? (await nodePorts());
    const place = this.places?.make(name);
    const node = new ClusterNode(name, join(this.directory, name), ports, {}, place);
    this.nodes.push(node);
    return node;
  }

  async bootstrap(node: ClusterNode, more: readonly string[] = []): Promise<void> {
    const { code, stderr } = await node.cli(['serve', '--bootstrap', ...more]);
    assert.equal(code, 0, stderr);
  }

  /** Lets a node in over a running server, with a new token. */
  async join(
    node: ClusterNode,
    over = this.running[0],
    more: readonly string[] = [],
  ): Promise<void> {
    assert.ok(over && over !== node);
    const token = (await over.cli(['token', 'create'])).stdout.trim();
    const words = ['serve', '--join', over.address, '--token', token, ...more];
    const { code, stderr } = await node.cli(words);
    assert.equal(code, 0, stderr);
  }

  node(name: string): ClusterNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }

  get running(): readonly ClusterNode[] {
    return this.nodes.filter((node) => node.isRunning);
  }

  /** All nodes that run say that all is well. */
  async ready(timeoutMs = 15_000): Promise<void> {
    for (const node of this.running) {
      let last = '';
      await until(
        `${node.name} is ready`,
        async () => {
          const { state, summary, heal } = await node.status();
          last = `${state}: ${summary}`;
          if (state === 'ready' && heal.caughtUp) return true;
          throw new Error(last);
        },
        timeoutMs,
      );
    }
  }

  /** The node that leads, as the running servers agree. */
  leader(): Promise<ClusterNode> {
    return until('one node leads', async () => {
      const all = await Promise.all(this.running.map(async (node) => node.status()));
      const hints = all.filter(({ server }) => server);
      const leaders = new Set(hints.map(({ leader }) => leader));
      const self = hints.find(({ node }) => leaders.size === 1 && leaders.has(node));
      return self && this.node(self.name);
    });
  }

  async follower(): Promise<ClusterNode> {
    const leader = await this.leader();
    for (const node of this.running)
      if (node !== leader && (await node.status()).server) return node;
    throw new Error('no server follows');
  }

  /**
   * The trees of all servers become the same, byte for byte, with the same gfids, and hold all that is committed by now;
   * answers their keys.
   */
  async sameValues(
    nodes: readonly ClusterNode[] = this.nodes,
    timeoutMs = 15_000,
  ): Promise<readonly string[]> {
    const statuses = await Promise.all(this.running.map((node) => node.status()));
    const revision = Math.max(0, ...statuses.map((status) => status.revision));
    return sameValues(nodes, revision, timeoutMs);
  }

  atEnd(run: () => void): void {
    this.endings.push(run);
  }

  printLogs(): void {
    for (const node of this.nodes) process.stderr.write(`${node.logTail()}\n`);
  }

  /** Ends every process and removes every directory. */
  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.endAll()));
    for (const run of this.endings) run();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    this.places?.end();
  }
}

/**
 * Has `describe` use a cluster made before its first test and ended after its last one. The logs' ends are printed
 * for each test that fails. `needs` may skip it all.
 */
export function useCluster(
  make: () => Promise<Cluster>,
  needs: (context: Mocha.Context) => void = () => undefined,
): () => Cluster {
  let cluster: Cluster | undefined;
  before(async function () {
    this.timeout(60_000);
    needs(this);
    cluster = await make();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') cluster?.printLogs();
  });
  after(async () => cluster?.end());
  return () => {
    if (cluster === undefined) throw new Error('no cluster yet');
    return cluster;
  };
}
