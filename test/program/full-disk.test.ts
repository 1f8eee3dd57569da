import assert from 'node:assert/strict';
import { join } from 'node:path';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { handlePath, Injected } from './injected.js';
import { checkLedger } from './ledger.js';
import { SmallDisk } from './small-disk.js';
import { until } from './until.js';
import { Writers } from './writers.js';

/*
 * Each server's log and values are on small disks of their own, which are filled up and made read-only while all runs. What
 * follows on the disk is none: a majority that has room goes on, without it writes are refused and say why, reads
 * never stop, and with room all is as before.
 */

const DISK_BYTES = 16 * 1024 * 1024;
/** More than the pages that a log has already can take. */
const BIG = Buffer.alloc(64 * 1024, 'v');

interface Refusal {
  readonly what: string;
  /** Whose disk it is while the other two are well. */
  readonly alone: 'leader' | 'follower';
  readonly code: string;
  readonly why: RegExp;
  /** Answers what ends it. */
  begin(node: ClusterNode, journal: SmallDisk): Promise<() => unknown>;
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'full',
    alone: 'leader',
    code: 'HFS-5008',
    why: /the disk of \S+\/journal is full: \d+ bytes free/,
    begin: async (_node, journal) => {
      // Not at once full: the first append that fails leaves a part of itself behind.
      journal.fill(24 * 1024);
      return () => journal.free();
    },
  },
  {
    what: 'read-only',
    alone: 'follower',
    code: 'HFS-5009',
    why: /the disk of \S+\/journal is read-only/,
    // As the kernel does it after errors. A remount would be refused: the log is open.
    begin: async (node, journal) => {
      const pid = node.brickPid;
      assert.ok(pid);
      const calls = ['write', 'pwrite64', 'pwritev'];
      const injected = await Injected.into(pid, calls, 'EROFS', handlePath(journal.path, 'log.1'));
      return () => injected.end();
    },
  },
];

describe('disks that take no more', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofPrepared(3, onSmallDisks), needs);
  const journals = new Map<ClusterNode, SmallDisk>();
  const values = new Map<ClusterNode, SmallDisk>();

  function needs(context: Mocha.Context): void {
    skipWithout(context, missingForRoot('mount', 'umount', 'strace'));
  }

  async function onSmallDisks(made: Cluster): Promise<void> {
    await Promise.all(made.nodes.map((node) => node.stop()));
    for (const node of made.nodes)
      for (const [name, disks] of [['journal', journals] as const, ['values', values] as const]) {
        const small = SmallDisk.under(join(node.stateDir, 'brick', name), DISK_BYTES);
        disks.set(node, small);
        made.atEnd(() => small.unmount());
      }
    await Promise.all(made.nodes.map((node) => node.start()));
    await made.ready();
  }

  function disk(of: ReadonlyMap<ClusterNode, SmallDisk>, node: ClusterNode): SmallDisk {
    const found = of.get(node);
    assert.ok(found);
    return found;
  }

  /** Some node's status, as soon as it is so. */
  function status(
    node: ClusterNode,
    state: string,
    see: string,
    summary: RegExp,
  ): Promise<unknown> {
    return until(`${node.name} says ${state}, ${see}`, async () => {
      const said = await node.status();
      if (said.state === state && said.see === see && summary.test(said.summary)) return true;
      throw new Error(`${said.state} ${said.see}: ${said.summary}`);
    });
  }

  for (const { what, alone, code, why, begin } of REFUSALS) {
    it(`${what}, the log of the ${alone} alone: writes go on, and status says where and why`, async () => {
      const node = await cluster()[alone]();
      const writers = new Writers(cluster().nodes, `${what}-${alone}`);
      await writers.more(5);
      const end = await begin(node, disk(journals, node));
      for (let count = 0; count < 4; count++)
        assert.equal((await node.put(`big/${count}`, BIG)).status, 200);
      await writers.more(20);
      for (const each of cluster().nodes) await status(each, 'degraded', code, why);
      await end();
      await cluster().ready();
      await writers.stop();
      await checkLedger(writers, node);
      await cluster().sameValues();
    });

    it(`${what}, all three logs: writes are refused at once, reads and status go on, and it resumes`, async () => {
      const leader = await cluster().leader();
      const follower = await cluster().follower();
      assert.equal((await follower.put('kept', 'before')).status, 200);
      const ends = await Promise.all(
        cluster().nodes.map((each) => begin(each, disk(journals, each))),
      );
      const first = leader.put('first', BIG, 20_000);
      for (const each of cluster().nodes) await status(each, 'read-only', code, why);
      const refused = await follower.cli(['set', 'refused', 'x', '--timeout', '3']);
      assert.equal(refused.code, 6, refused.stderr);
      assert.match(refused.stderr, new RegExp(`^${code} not accepted: .*\\nnext: `));
      assert.match(refused.stderr, why);
      for (const each of cluster().nodes) {
        assert.equal((await each.put('refused', 'x')).status, 507);
        assert.equal((await each.get('kept')).body.toString(), 'before');
        assert.equal((await each.get('refused')).status, 404, 'a read that is not stale');
      }
      for (const end of ends) await end();
      // What was under way is done as soon as there is room; nobody has to ask again.
      assert.equal((await first).status, 200);
      await cluster().ready();
      assert.equal((await follower.put('kept', 'after')).status, 200);
      assert.equal((await leader.get('refused')).status, 404);
      await cluster().sameValues();
    });
  }

  it('says it once in the log, and when it is over', async () => {
    for (const each of cluster().nodes) {
      const lines = each.log().split('\n');
      for (const { code } of REFUSALS) {
        const warned = lines.filter((line) => line.includes(`"code":"${code}"`));
        assert.ok(warned.length <= 8, `${each.name}: ${warned.length} lines of ${code}`);
      }
    }
  });

  it('values that find no room: commits go on, the copy is closed and opens again', async () => {
    const node = await cluster().follower();
    disk(values, node).fill();
    for (let count = 0; count < 4; count++)
      assert.equal((await node.put(`values/${count}`, BIG)).status, 200);
    await status(node, 'degraded', 'HFS-5008', /the disk of \S+\/values is full/);
    assert.equal((await node.get('values/3')).body.length, BIG.length);
    disk(values, node).free();
    await cluster().ready();
    await cluster().sameValues();
  });

  it('a log with torn parts inside is read from its start by the next hekafsd', async () => {
    await Promise.all(cluster().nodes.map((node) => node.killDaemon()));
    await Promise.all(cluster().nodes.map((node) => node.start()));
    await cluster().ready();
    assert.equal((await (await cluster().leader()).cli(['get', 'kept'])).stdout, 'after');
    await cluster().sameValues();
  });
});
