import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Cluster, useCluster } from './cluster.js';
import { type ClusterNode, nodePorts } from './cluster-node.js';
import { until } from './until.js';

const isSoak = process.env['HEKAFS_SOAK'] === '1';

/** It goes, and comes back at other ports. */
async function move(node: ClusterNode): Promise<void> {
  node.ports = await nodePorts();
  await node.start();
}

/** Everybody's list has the node where it is now, and so has the volfile. */
async function isKnown(cluster: Cluster, node: ClusterNode): Promise<void> {
  const { node: id } = await node.status();
  for (const each of cluster.running)
    await until(`${each.name} knows where ${node.name} is`, async () => {
      const row = (await each.status()).servers.find((server) => server.node === id);
      const volfile = (await each.cli(['volfile'])).stdout;
      const hasBrick = volfile.includes(`remote-port ${node.ports.bricks[0]}`);
      return row?.address === node.address && row.up === true && hasBrick;
    });
}

describe('a server that starts elsewhere', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  it('has the list follow it: HTTP, brick and volfile', async () => {
    const follower = await cluster().follower();
    const { length } = (await cluster().node('n1').status()).servers;
    await follower.stop();
    assert.equal((await (await cluster().leader()).put('while', 'away')).status, 200);
    await move(follower);
    await cluster().ready();
    await isKnown(cluster(), follower);
    assert.equal((await follower.status()).servers.length, length, 'it is the same server');
    assert.match(follower.log(), /"cause":"it was .* there","effect":"list \d+ says /);
    await cluster().sameValues();
  });

  it('under another name: list, markers and retire know it by that one', async () => {
    const follower = await cluster().follower();
    await follower.stop();
    follower.called = 'birch';
    await follower.start();
    await cluster().ready();
    const { node: id } = await follower.status();
    for (const each of cluster().nodes)
      await until(`${each.name} knows its name`, async () => {
        const { servers } = await each.status();
        const marker = readFileSync(each.valuePath(`.hekafs/servers/${id}`), 'utf8');
        const row = servers.find(({ node }) => node === id);
        return row?.name === 'birch' && marker.includes('"birch"');
      });
    const said = await follower.cli(['retire', 'birch', '--dry-run']);
    assert.equal(said.code, 0, said.stderr);
    follower.called = undefined;
    await follower.stop();
    await follower.start();
    await until('it has its old name again', async () => {
      const { servers } = await follower.status();
      return servers.some(({ node, name }) => node === id && name === follower.name);
    });
    await cluster().ready();
  });

  it('the leader, too', async () => {
    const leader = await cluster().leader();
    await leader.killNode();
    await move(leader);
    await cluster().ready();
    await isKnown(cluster(), leader);
    assert.equal((await leader.cli(['set', 'after', 'the move'])).code, 0);
    await cluster().sameValues();
  });

  // It waits until the first one says that it is lonely.
  if (isSoak)
    it('all at once: they find each other where the source of one says that another is', async () => {
      const [first, second, third] = cluster().nodes;
      assert.ok(first && second && third);
      for (const node of cluster().nodes) await node.stop();
      await move(first);
      await until('it says what is missing', () => /HFS-3013/.test(first.log()), 20_000);
      assert.equal((await first.status()).state, 'read-only');
      const stale = await first.cli(['get', '--stale', 'while']);
      assert.equal(stale.stdout, 'away', stale.stderr);
      for (const node of [second, third]) {
        node.environment = { HEKAFS_MEMBERS: `list:${first.address}` };
        await move(node);
      }
      await cluster().ready(30_000);
      for (const node of cluster().nodes) await isKnown(cluster(), node);
      assert.equal((await third.cli(['set', 'after', 'all have moved'])).code, 0);
      await cluster().sameValues();
    });
});
