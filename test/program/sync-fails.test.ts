import assert from 'node:assert/strict';
import { join } from 'node:path';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { handlePath, Injected } from './injected.js';
import { until } from './until.js';

/*
 * A disk that answers EIO. After a failed sync the kernel shows what it could not write as if it were there, so that log has
 * no vote any more: not when the disk is well again, not after a restart of its brick or hekafsd. What merely cannot be read
 * comes back by itself.
 */

function needs(context: Mocha.Context): void {
  skipWithout(context, missingForRoot('strace'));
}

/** Calls on a server's log fail from now on. */
function failing(node: ClusterNode, calls: readonly string[]): Promise<Injected> {
  const pid = node.brickPid;
  assert.ok(pid);
  return Injected.into(
    pid,
    calls,
    'EIO',
    handlePath(join(node.stateDir, 'brick/journal'), 'log.1'),
  );
}

async function says(node: ClusterNode, see: string, summary: RegExp): Promise<void> {
  await until(`${node.name} says ${see}`, async () => {
    const said = await node.status();
    if (said.see === see && summary.test(said.summary)) return true;
    throw new Error(`${said.state} ${said.see}: ${said.summary}`);
  });
}

describe('a disk that answers EIO', function () {
  this.timeout(90_000);
  const cluster = useCluster(() => Cluster.ofServers(3), needs);

  it('when it is read: the others go on, and it is back by itself', async () => {
    const node = await cluster().follower();
    const injected = await failing(node, ['pread64', 'read']);
    // Whoever has just started has to read all logs.
    await Promise.all(cluster().nodes.map((each) => each.killDaemon()));
    await Promise.all(cluster().nodes.map((each) => each.start()));
    const leader = await cluster().leader();
    assert.equal((await leader.put('while/read', 'fails')).status, 200);
    await says(leader, 'HFS-5007', new RegExp(`the log of ${node.name} .*EIO`));
    await injected.end();
    await cluster().ready();
    await cluster().sameValues();
  });

  it('when it is synced: that voter is out for good, and says what to do', async () => {
    const node = await cluster().follower();
    const injected = await failing(node, ['fdatasync', 'fsync']);
    const others = cluster().nodes.filter((each) => each !== node);
    for (let count = 0; count < 5; count++)
      assert.equal((await node.put(`while/sync/${count}`, 'fails')).status, 200);
    await isOut(node);
    await injected.end();
    // The disk seems well again. Neither a new brick nor a new hekafsd may take its word.
    const brick = node.killBrick();
    await until('another brick', () => node.brickPid !== undefined && node.brickPid !== brick);
    assert.equal((await node.put('after/brick', 'x')).status, 200);
    await isOut(node);
    await node.killNode();
    await node.start();
    await isOut(node);
    for (const each of others) assert.equal((await each.put('after/node', 'x')).status, 200);
    // Nor a leader who has never seen the failure.
    const leader = await cluster().leader();
    await leader.killDaemon();
    await leader.start();
    await isOut(node);

    async function isOut(out: ClusterNode): Promise<void> {
      for (const each of cluster().nodes)
        await says(each, 'HFS-5010', new RegExp(`the log of ${out.name} takes no entries: .*sync`));
    }
  });

  it('replaced by a new brick it votes again', async () => {
    const { servers } = await (await cluster().leader()).status();
    const node = cluster().node(servers.find(({ trouble }) => trouble !== null)?.name ?? '');
    const other = cluster().nodes.find((each) => each !== node);
    assert.ok(other);
    const retired = await other.cli(['retire', node.name]);
    assert.equal(retired.code, 0, retired.stderr);
    await until('it steps down', async () => (await node.status()).state === 'retired');
    const token = (await other.cli(['token', 'create'])).stdout.trim();
    const words = ['serve', '--join', other.address, '--token', token];
    const joined = await node.cli([...words, '--brick', join(node.stateDir, 'sound')]);
    assert.equal(joined.code, 0, joined.stderr);
    await cluster().ready();
    for (const key of ['while/sync/4', 'after/node'])
      assert.equal((await node.get(key)).status, 200, key);
  });
});

describe('the only server, when a sync fails', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1), needs);

  it('says so, answers stale reads, and touches nothing', async () => {
    const node = cluster().node('n1');
    assert.equal((await node.put('kept', 'x')).status, 200);
    const injected = await failing(node, ['fdatasync', 'fsync']);
    const refused = await node.cli(['set', 'kept', 'y', '--timeout', '2']);
    assert.equal(refused.code, 6, refused.stderr);
    assert.match(refused.stderr, /^HFS-2002 outcome unknown: .*n1 \(.*sync/);
    await says(node, 'HFS-5010', /no majority of the 1 servers: waiting for n1 \(.*sync/);
    assert.equal((await node.cli(['get', 'kept', '--stale'])).stdout, 'x');
    await injected.end();
    await node.killNode();
    await node.start();
    await says(node, 'HFS-5010', /waiting for n1 \(.*sync/);
    assert.equal((await node.put('kept', 'z', 1500)).status, 503);
  });
});
