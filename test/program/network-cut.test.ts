import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { Namespaces, needNamespaces, type Traffic } from './namespaces.js';
import { Registers } from './registers.js';
import { pause, until } from './until.js';

/** The promise is five seconds; what else runs on this machine may double that. */
const CONVERGED_MS = 10_000;
/** A cut that is longer than a leader is missed, and than its followers believe what they know. */
const CUT_MS = 3500;
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

  /** Cuts, holds, heals, and waits until all is as if nothing had been; then nothing may have been read that was stale. */
  async function during(
    name: string,
    cut: () => void,
    hold: (registers: Registers, sinceMs: number) => Promise<void>,
  ): Promise<void> {
    const registers = new Registers(cluster().nodes, `cut/${name}`);
    try {
      const names = cluster().nodes.map((node) => node.name);
      const all = (sinceMs: number): boolean => {
        if (registers.writable(sinceMs).length === names.length) return true;
        throw new Error(`only ${registers.writable(sinceMs)}; ${registers.refusals()}`);
      };
      await until('all write', () => all(0));
      cut();
      await hold(registers, performance.now());
      network.heal();
      const healedMs = performance.now();
      await until('all write again', () => all(healedMs), CONVERGED_MS);
      await cluster().ready(CONVERGED_MS);
      const tookMs = Math.round(performance.now() - healedMs);
      process.stderr.write(`      ${name}: whole again after ${tookMs} ms\n`);
      await registers.check(await cluster().follower());
      await cluster().sameValues();
    } finally {
      network.heal();
      await registers.stop();
    }
  }

  /** Only these nodes can write. */
  async function onlyWrite(
    registers: Registers,
    sinceMs: number,
    ...nodes: readonly ClusterNode[]
  ): Promise<void> {
    await until('the majority writes', () =>
      nodes.every(({ name }) => registers.writable(sinceMs).includes(name)),
    );
    await pause(Math.max(0, sinceMs + CUT_MS - performance.now()));
    const lateMs = performance.now() - 800;
    const writable = registers.writable(lateMs).sort();
    assert.deepEqual(writable, nodes.map(({ name }) => name).sort());
    for (const { name } of cluster().nodes)
      if (!writable.includes(name))
        assert.match(registers.writes.get(name)?.refusal ?? '', /^HFS-200[12]$/);
  }

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
