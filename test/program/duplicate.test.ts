import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { ServersReport } from '../../src/daemon/servers-report.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { copyOf } from './copied-node.js';
import { until } from './until.js';

describe('a state directory that was copied to a second machine', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  let copy: ClusterNode | undefined;
  after(async () => {
    await copy?.endAll();
    if (copy) rmSync(copy.stateDir, { recursive: true, force: true });
  });

  it('while the server runs: the copy stops before it touches anything, and all say so', async () => {
    const n3 = cluster().node('n3');
    await cluster().node('n1').put('before', 'the copy');
    await cluster().sameValues();
    await n3.stop();
    const twin = await copyOf(n3);
    copy = twin;
    await n3.start();
    await cluster().ready();
    await twin.start();
    await until('the copy is fenced', async () => (await twin.status()).state === 'fenced');
    const status = await twin.status();
    assert.equal(status.see, 'HFS-3201');
    assert.match(status.summary, new RegExp(`the list means the one at ${n3.address}`));
    assert.equal(twin.brickPid, undefined, 'its brick is down');
    const said = await twin.cli(['get', 'before']);
    assert.equal(said.code, 7);
    assert.match(said.stderr, /^HFS-3201 .*\nnext: /);
    assert.match(twin.log(), /"code":"HFS-3201"[^}]*"effect":"the list means that one/);

    await until('the others say so', async () => {
      const { stdout } = await cluster().node('n1').cli(['servers', '--json']);
      const { rows } = JSON.parse(stdout) as ServersReport;
      return rows.some(
        ({ name, difference }) =>
          name === 'n3' &&
          /two nodes with one id/.test(difference) &&
          difference.includes(twin.address),
      );
    });
    await until('and the right one itself', async () => {
      const { state, see } = await n3.status();
      return state === 'degraded' && see === 'HFS-3201';
    });
    const written = await n3.cli(['set', 'after', 'the copy']);
    assert.equal(written.code, 0, 'the right one serves');
  });
});
