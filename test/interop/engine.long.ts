import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from '../program/cluster.js';
import type { ClusterNode } from '../program/cluster-node.js';
import { stockReader } from '../program/config-readers.js';
import { until } from '../program/until.js';

const needs = (context: Mocha.Context): void =>
  skipWithout(context, missingForRoot('glusterfsd', 'setfattr'));

describe('a hekafsd whose glusterfsd ends', function () {
  this.timeout(60_000);
  const cluster = useCluster(async () => {
    const made = await Cluster.ofNew(1);
    for (const node of made.nodes) await made.bootstrap(node, ['--engine', 'glusterfs']);
    await made.ready();
    await made.node('n1').put('site/name', 'Utrecht');
    return made;
  }, needs);
  const node = (): ClusterNode => cluster().node('n1');

  it('has the brick again that outlived it', async () => {
    const { pid } = (await node().status()).brick;
    await node().killDaemon();
    await node().start();
    await cluster().ready();
    assert.equal((await node().status()).brick.pid, pid);
  });

  it('starts it again when it is killed', async () => {
    const first = node().killBrick();
    await until('another one runs', async () => {
      const { pid } = (await node().status()).brick;
      return pid !== null && pid !== first;
    });
    await cluster().ready();
    assert.equal((await node().get('site/name')).body.toString(), 'Utrecht');
  });

  it('says what glusterfsd complains of when it does not start', async () => {
    const values = join(node().stateDir, 'brick/values');
    const name = 'trusted.glusterfs.volume-id';
    const set = (value: string): void =>
      void execFileSync('setfattr', ['-n', name, '-v', value, values]);
    const right = (await node().status()).cluster ?? '';
    set('0x00000000000000000000000000000001');
    node().killBrick();
    await until('its complaint is in our log', () =>
      /glusterfsd ended[^\n]*mismatching volume-id/i.test(node().log()),
    );
    set(`0x${right.replaceAll('-', '')}`);
    await cluster().ready();
  });
});

/** Which servers run glusterfsd. */
const MIXES: readonly (readonly [string, readonly boolean[]])[] = [
  ['three servers on glusterfsd', [true, true, true]],
  ['three servers, one of them on glusterfsd', [false, true, false]],
];

for (const [what, isStock] of MIXES)
  describe(`the config filesystem of ${what}`, function () {
    this.timeout(120_000);
    const cluster = useCluster(async () => {
      const made = await Cluster.ofNew(isStock.length);
      for (const [at, node] of made.nodes.entries()) {
        const engine = ['--engine', isStock[at] ? 'glusterfs' : 'embedded'];
        if (at === 0) await made.bootstrap(node, engine);
        else await made.join(node, undefined, engine);
      }
      await made.ready();
      return made;
    }, needs);
    const nodes = (): readonly ClusterNode[] => cluster().nodes;

    it('runs what it was told to', async () => {
      for (const [at, node] of nodes().entries())
        assert.equal((await node.status()).brick.engine, isStock[at] ? 'glusterfs' : 'embedded');
    });

    it('writes over each server what all of them then have, byte for byte', async () => {
      for (const node of nodes()) {
        assert.equal((await node.put(`by/${node.name}`, node.name)).status, 200);
        assert.equal((await node.put('last', node.name)).status, 200);
      }
      assert.equal((await nodes()[0]?.put('large', Buffer.alloc(3_000_000, 'L')))?.status, 200);
      const keys = await cluster().sameValues();
      for (const node of nodes()) assert.ok(keys.includes(`by/${node.name}`));
      for (const node of nodes()) assert.equal((await node.get('last')).body.toString(), 'n3');
    });

    it('goes on without any one brick, and without its leader', async () => {
      for (const node of nodes()) {
        node.killBrick();
        await until(`a write without the brick of ${node.name}`, async () => {
          const { status } = await node.put(`without/${node.name}`, 'brick');
          return status === 200;
        });
        await cluster().ready();
      }
      const leader = await cluster().leader();
      await leader.killNode();
      const [other] = cluster().running;
      assert.ok(other);
      assert.equal((await other.put('without/leader', 'yes')).status, 200);
      await leader.start();
      await cluster().ready();
      await cluster().sameValues();
    });

    it('verifies as well, and finds and undoes what a hand has done', async () => {
      const [node] = nodes();
      assert.ok(node);
      for (const each of nodes()) writeFileSync(each.valuePath('last'), 'by hand');
      const found = await node.cli(['verify']);
      assert.equal(found.code, 8, found.stdout + found.stderr);
      const repaired = await node.cli(['verify', '--repair']);
      assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr);
      await cluster().sameValues();
    });

    it('is read by a stock client over the volfile, which changes nothing', async () => {
      const [node] = nodes();
      assert.ok(node);
      const { stdout } = await node.cli(['volfile']);
      const guarded = isStock.filter((stock) => !stock).length;
      assert.equal(stdout.match(/type protocol\/client/g)?.length, guarded || 1);
      const reader = await stockReader(stdout);
      assert.ok(reader);
      try {
        assert.equal((await reader.read('last'))?.toString(), 'n3');
        assert.equal(await reader.read('nothing'), undefined);
      } finally {
        await reader.close();
      }
      await cluster().sameValues();
    });
  });
