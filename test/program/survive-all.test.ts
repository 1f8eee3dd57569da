import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import { checkLedger } from './ledger.js';
import { pause } from './until.js';
import { Writers } from './writers.js';

/** Who comes back first, second, third; `together` does not wait for one to answer before the next one starts. */
const ORDERS: readonly { readonly names: readonly string[]; readonly together: boolean }[] = [
  { names: ['n1', 'n2', 'n3'], together: true },
  { names: ['n2', 'n3', 'n1'], together: false },
  { names: ['n3', 'n1', 'n2'], together: false },
];

describe('all servers are killed at once in the middle of writes', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  for (const { names, together } of ORDERS)
    it(`every acknowledged value is there: ${names.join(together ? ' and ' : ', then ')}`, async () => {
      const writers = new Writers(cluster().nodes, `all-${names.join('')}`);
      await writers.more(50);
      await Promise.all([...cluster().nodes.map((node) => node.killNode()), writers.stop()]);
      assert.ok(writers.acknowledged.length >= 50);
      const starts: Promise<void>[] = [];
      for (const name of names) {
        starts.push(cluster().node(name).start());
        if (!together) await starts.at(-1);
        await pause(together ? 0 : 100);
      }
      await Promise.all(starts);
      await cluster().ready();
      await checkLedger(writers, cluster().node(names[2] ?? ''));
      await cluster().sameValues();
    });
});
