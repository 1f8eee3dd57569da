import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { checkLedger } from './ledger.js';
import { until } from './until.js';
import { Writers } from './writers.js';

const WHO = ['leader', 'follower'] as const;
/** How many writes are acknowledged before each kill: at once, and in the middle. */
const MOMENTS = [1, 40];
const AFTER = 40;

interface Kill {
  readonly what: string;
  kill(node: ClusterNode): Promise<unknown>;
  revive(node: ClusterNode): Promise<unknown>;
}

const KILLS: readonly Kill[] = [
  {
    what: 'brick',
    kill: async (node) => {
      const pid = node.killBrick();
      await until('another brick runs', () => node.brickPid !== undefined && node.brickPid !== pid);
    },
    revive: async () => undefined,
  },
  { what: 'hekafsd', kill: (node) => node.killDaemon(), revive: (node) => node.start() },
  { what: 'node', kill: (node) => node.killNode(), revive: (node) => node.start() },
];

describe('one of three servers is killed while clients write', function () {
  this.timeout(15_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  for (const { what, kill, revive } of KILLS)
    for (const who of WHO)
      it(`${what} of the ${who}: nothing lost, nothing twice, and it catches up`, async () => {
        const { nodes } = cluster();
        const writers = new Writers(nodes, `kill-${what}-${who}`);
        for (const moment of MOMENTS) {
          const node = who === 'leader' ? await cluster().leader() : await cluster().follower();
          await writers.more(moment);
          await kill(node);
          await writers.more(AFTER);
          await revive(node);
          await cluster().ready();
        }
        await writers.stop();
        await checkLedger(writers, await cluster().follower());
        await cluster().sameValues();
        assert.ok(writers.acknowledged.length >= 2 * AFTER);
      });
});
