import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { copyOf } from './copied-node.js';
import { until } from './until.js';

describe('a copied state directory, and the server that it was copied from is gone', function () {
  this.timeout(180_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  let copy: ClusterNode | undefined;
  after(async () => {
    await copy?.endAll();
    if (copy) rmSync(copy.stateDir, { recursive: true, force: true });
  });

  it('stays away by itself, and serves with a log of its own once a person says so', async () => {
    const [n1, , n3] = cluster().nodes as [ClusterNode, ClusterNode, ClusterNode];
    await n3.stop();
    const twin = await copyOf(n3);
    copy = twin;
    await n3.start();
    await cluster().ready();
    await n1.put('after', 'the copy was made');
    await twin.start();
    await until('the copy is fenced', async () => (await twin.status()).state === 'fenced');
    const early = await twin.cli(['verify', '--repair']);
    assert.equal(early.code, 7, 'the other one is there');
    assert.match(early.stderr, /^HFS-3201 /);
    await n3.killNode();
    await twin.stop();
    await twin.start();
    assert.equal((await twin.status()).state, 'fenced', 'also after a restart');
    await until(
      'nobody hears the other one any more',
      async () => (await twin.cli(['verify', '--repair'])).code !== 7,
      60_000,
    );
    await until('it serves', async () => (await twin.status()).state === 'ready', 60_000);
    assert.equal((await twin.cli(['get', 'after'])).stdout, 'the copy was made');
    const aside = readdirSync(twin.stateDir).filter((name) => name.startsWith('brick.damaged-'));
    assert.equal(aside.length, 1, 'the old brick is kept');
  });
});
