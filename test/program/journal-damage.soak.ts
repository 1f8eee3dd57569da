import { Cluster, useCluster } from './cluster.js';
import { DAMAGES, JournalDamage } from './journal-damage.js';

describe('the log of one of three servers, damaged in every way', function () {
  this.timeout(120_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  let one: JournalDamage;

  before(async () => {
    for (let count = 0; count < 20; count++)
      await cluster().node('n1').put(`k/${count}`, 'v'.repeat(500));
    one = new JournalDamage(cluster(), cluster().node('n3'));
  });

  for (const damage of DAMAGES) it(damage.what, () => one.run(damage));
});
