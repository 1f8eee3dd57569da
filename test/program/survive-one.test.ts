import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { checkLedger } from './ledger.js';
import { pause, until } from './until.js';
import { Writers } from './writers.js';

/** In the soak every process of every server, and at more moments. */
const isSoak = process.env['HEKAFS_SOAK'] === '1';

interface Kill {
  readonly what: string;
  /** How many writes are acknowledged before the kill: at the very start, and in the middle. */
  readonly moments: readonly number[];
  kill(node: ClusterNode): Promise<unknown>;
  revive(node: ClusterNode): Promise<unknown>;
}

const KILLS: readonly Kill[] = [
  {
    what: 'brick',
    moments: [25],
    kill: async (node) => {
      const pid = node.killBrick();
      await until('another brick runs', () => node.brickPid !== undefined && node.brickPid !== pid);
    },
    revive: async () => undefined,
  },
  {
    what: 'hekafsd',
    moments: [25],
    kill: (node) => node.killDaemon(),
    revive: (node) => node.start(),
  },
  {
    what: 'node',
    moments: isSoak ? [1, 40] : [25],
    kill: (node) => node.killNode(),
    revive: (node) => node.start(),
  },
];
const WRITES_AFTER = 30;
const IN_FLIGHT = 12;
/** How long after they were sent: while they are read, and while logs are written. */
const IN_FLIGHT_MS = isSoak ? [1, 8] : [8];

describe('one of three servers is killed while clients write', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  for (const { what, moments, kill, revive } of KILLS)
    for (const who of isSoak || what === 'node'
      ? (['leader', 'follower'] as const)
      : (['leader'] as const))
      it(`${what} of the ${who}: nothing lost, nothing twice, and it catches up`, async () => {
        const writers = new Writers(cluster().nodes, `kill-${what}-${who}`);
        for (const moment of moments) {
          const node = await cluster()[who]();
          await writers.more(moment);
          await kill(node);
          await writers.more(WRITES_AFTER);
          await revive(node);
          await cluster().ready();
        }
        await writers.stop();
        await checkLedger(writers, await cluster().follower());
        await cluster().sameValues();
      });

  for (const afterMs of IN_FLIGHT_MS)
    it(`writes in flight ${afterMs} ms before the leader's end are done once, when asked again`, async () => {
      const leader = await cluster().leader();
      const other = await cluster().follower();
      const asked = Array.from({ length: IN_FLIGHT }, (_, index) => ({
        method: 'PUT' as const,
        path: `/v1/config/in-flight/${afterMs}/${index}`,
        body: String(index),
        headers: { 'If-None-Match': '*', 'HFS-Request-Id': `in-flight-${afterMs}-${index}` },
      }));
      const first = Promise.allSettled(asked.map((each) => leader.http(each)));
      await pause(afterMs);
      await leader.killDaemon();
      await first;
      const again = await Promise.all(asked.map((each) => other.http(each)));
      for (const { status, body } of again) assert.equal(status, 200, body.toString());
      const revisions = again.map(({ body }) => body.toString());
      assert.equal(new Set(revisions).size, IN_FLIGHT, 'each has a revision of its own');
      await leader.start();
      await cluster().ready();
      await cluster().sameValues();
      const third = await Promise.all(asked.map((each) => leader.http(each)));
      assert.deepEqual(
        third.map(({ body }) => body.toString()),
        revisions,
      );
    });
});
