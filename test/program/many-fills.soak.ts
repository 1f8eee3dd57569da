import { join } from 'node:path';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import { checkLedger } from './ledger.js';
import { SmallDisk } from './small-disk.js';
import { Writers } from './writers.js';

const ROUNDS = 20;
const DISK_BYTES = 64 * 1024 * 1024;

describe('disks that fill up again and again under writers', function () {
  this.timeout(600_000);
  const journals: SmallDisk[] = [];
  const cluster = useCluster(
    () =>
      Cluster.ofPrepared(3, async (made) => {
        await Promise.all(made.nodes.map((node) => node.stop()));
        for (const node of made.nodes) {
          const small = SmallDisk.under(join(node.stateDir, 'brick/journal'), DISK_BYTES);
          journals.push(small);
          made.atEnd(() => small.unmount());
        }
        await Promise.all(made.nodes.map((node) => node.start()));
        await made.ready();
      }),
    (context) => skipWithout(context, missingForRoot('mount', 'umount')),
  );

  it(`${ROUNDS} times, one disk or all of them, killed or not: nothing acknowledged is lost`, async () => {
    // A write that meets full disks may be asked again until there is room.
    const writers = new Writers(cluster().nodes, 'fills', { retries: 1000 });
    for (let round = 0; round < ROUNDS; round++) {
      const full = round % 4 === 3 ? journals : [journals[round % 3]];
      for (const disk of full) disk?.fill(round * 512);
      if (full.length === 1) await writers.more(20, 30_000);
      if (round % 2 === 1) await (await cluster().follower()).killNode();
      for (const disk of full) disk?.free();
      for (const node of cluster().nodes) if (!node.isRunning) await node.start();
      await cluster().ready(60_000);
      await writers.more(20, 30_000);
    }
    await writers.stop();
    await checkLedger(writers, await cluster().follower());
    await cluster().sameValues();
  });
});
