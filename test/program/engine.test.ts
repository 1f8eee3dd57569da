import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { bin, run } from './run.js';
import { until } from './until.js';

function programOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, 2).join(' ');
}

describe('a real hekafsd whose brick glusterfsd runs', function () {
  this.timeout(60_000);
  const cluster = useCluster(
    () => Cluster.ofNew(1),
    (context) => skipWithout(context, missingForRoot('glusterfsd')),
  );
  const node = (): ClusterNode => cluster().node('n1');
  const runs = async (): Promise<string> => programOf((await node().status()).brick.pid ?? 0);

  it('serves, writes, reads and keeps the values as plain files', async () => {
    await cluster().bootstrap(node(), ['--engine', 'glusterfs']);
    await cluster().ready();
    assert.match(await runs(), /^glusterfsd /);
    assert.equal((await node().put('site/name', 'Utrecht')).status, 200);
    assert.equal((await node().get('site/name')).body.toString(), 'Utrecht');
    await until('the value is a file', () => {
      return readFileSync(node().valuePath('site/name'), 'utf8') === 'Utrecht';
    });
    assert.equal((await node().status()).brick.engine, 'glusterfs');
  });

  it('lets no second brick process at its directory', async () => {
    const volfile = `${node().stateDir}/run/brick.vol`;
    const second = await run(bin('hfs_brickd'), ['-N', '-f', volfile]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /HFS-5011/);
  });

  it('changes to hfs_brickd and back, with all that it holds', async () => {
    for (const [engine, program] of [
      ['embedded', /hfs_brickd/],
      ['glusterfs', /^glusterfsd /],
    ] as const) {
      const { code, stderr } = await node().cli(['serve', '--engine', engine]);
      assert.equal(code, 0, stderr);
      await cluster().ready();
      assert.match(await runs(), program);
      assert.equal((await node().get('site/name')).body.toString(), 'Utrecht');
      assert.equal((await node().put('engine', engine)).status, 200);
    }
    assert.ok(!node().log().includes('changed by hand'), 'each knows what the other has written');
    const again = await node().cli(['serve', '--engine', 'glusterfs']);
    assert.match(again.stderr, /HFS-3003/);
  });
});

describe('a real hekafsd without glusterfsd', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofNew(1));

  it('names what is missing, and stays what it was', async () => {
    const node = cluster().node('n1');
    await node.stop();
    node.environment = { PATH: '/nowhere' };
    await node.start();
    const { code, stderr } = await node.cli(['serve', '--bootstrap', '--engine', 'glusterfs']);
    assert.equal(code, 1);
    assert.match(stderr, process.getuid?.() === 0 ? /HFS-5015.*not installed/ : /HFS-5015.*root/);
    assert.match(stderr, /next: .*--engine embedded/);
    assert.equal((await node.status()).server, false);
    const typo = await node.cli(['serve', '--bootstrap', '--engine', 'gluster']);
    assert.match(typo.stderr, /HFS-1001.*"gluster"/);
  });
});
