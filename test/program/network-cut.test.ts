import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { duringCut, onlyWrite } from './cut-network.js';
import { Namespaces, needNamespaces, type Traffic } from './namespaces.js';
import type { Registers } from './registers.js';
import { pause, until } from './until.js';

const isSoak = process.env['HEKAFS_SOAK'] === '1';

describe('cables are cut', function () {
  this.timeout(90_000);
  before(function () {
    needNamespaces(this);
    network = new Namespaces();
  });
  let network: Namespaces;
  const cluster = useCluster(() => Cluster.ofServers(3, network));

  /** A leader and its two followers. */
  async function roles(): Promise<{ leader: ClusterNode; one: ClusterNode; other: ClusterNode }> {
    const leader = await cluster().leader();
    const [one, other] = cluster().nodes.filter((node) => node !== leader);
    assert.ok(one && other);
    return { leader, one, other };
  }

  /** Whether all agree that this one leads. */
  async function leads(node: ClusterNode): Promise<boolean> {
    return (await cluster().leader()).name === node.name;
  }

  const during = (
    name: string,
    cut: () => void,
    hold: (registers: Registers, sinceMs: number) => Promise<void>,
  ): Promise<void> => duringCut(cluster(), network, name, cut, hold);

  /** A node without a majority says so, shows nothing as new, and of what is old how old it is. */
  async function isAlone(node: ClusterNode): Promise<void> {
    assert.equal((await node.status()).state, 'read-only');
    const path = '/v1/config/cut?recursive=1';
    assert.equal((await node.http({ path, timeoutMs: 300 })).status, 503);
    const stale = await node.http({ path: `${path}&stale=1` });
    assert.equal(stale.status, 200);
    const age = Number(stale.headers['hfs-age']);
    assert.ok(age > 2 && age < 60, `age ${age}`);
    const set = await node.cli(['set', 'cut/x', 'y', '--timeout', '0.5']);
    assert.equal(set.code, 6, set.stderr);
  }

  it('around the leader: the others go on without it, and it knows nothing new', async () => {
    const { leader, one, other } = await roles();
    await during(
      'leader',
      () => network.isolate(leader.name),
      async (registers, sinceMs) => {
        await onlyWrite(registers, sinceMs, one, other);
        await isAlone(leader);
      },
    );
  });

  if (isSoak)
    it('around a follower: the leader goes on, and leads still when it is back', async () => {
      const { leader, one, other } = await roles();
      await during(
        'follower',
        () => network.isolate(one.name),
        async (registers, sinceMs) => {
          await onlyWrite(registers, sinceMs, leader, other);
          await isAlone(one);
        },
      );
      assert.ok(await leads(leader));
    });

  it('between leader and follower: who reaches both takes over, once, and all write', async () => {
    const { leader, one, other } = await roles();
    await during(
      'pair',
      () => network.cut(leader.name, one.name),
      async (registers) => {
        await until('all follow the other', () => leads(other), 15_000);
        const sinceMs = performance.now();
        await until('all write', () => registers.writable(sinceMs).length === 3);
        await pause(isSoak ? 10_000 : 1000);
        assert.ok(await leads(other), 'it stays');
      },
    );
    assert.ok(await leads(other));
  });

  it('between the leader and all other bricks, not its hekafsd: somebody else leads, and all write', async () => {
    const { leader } = await roles();
    const traffic: Traffic = 'bricks';
    await during(
      'others-bricks',
      () => network.isolate(leader.name, traffic),
      async (registers, sinceMs) => {
        const isAll = () => registers.writable(sinceMs).length === 3;
        await until('all write, with another leader', isAll, 15_000);
        assert.ok(!(await leads(leader)));
      },
    );
  });

  if (isSoak)
    it('one way: a follower hears nobody, and nobody needs it', async () => {
      const { leader, one, other } = await roles();
      await during(
        'deaf-follower',
        () => {
          network.cutOneWay(leader.name, one.name);
          network.cutOneWay(other.name, one.name);
        },
        (registers, sinceMs) => onlyWrite(registers, sinceMs, leader, other),
      );
    });
});
