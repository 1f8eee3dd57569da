import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { checkLedger } from './ledger.js';
import { until } from './until.js';
import { Writers } from './writers.js';

/** The brick of a node that stepped down: not at its place, not gone. */
function bricksAside(node: ClusterNode): readonly string[] {
  return readdirSync(node.stateDir).filter((name) => name.startsWith('brick.retired-'));
}

async function steppedDown(node: ClusterNode, before = 0): Promise<void> {
  await until(`${node.name} steps down`, async () => (await node.status()).state === 'retired');
  await until('its brick ends', () => node.brickPid === undefined);
  assert.ok(!existsSync(join(node.stateDir, 'brick')), 'the brick is not in its place');
  const { length } = bricksAside(node);
  assert.equal(length, before + 1, 'it is kept aside');
}

describe('retire', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  it('refuses a name that nobody has, and says which there are', async () => {
    const said = await cluster().node('n1').cli(['retire', 'n9']);
    assert.equal(said.code, 3);
    assert.match(said.stderr, /^HFS-3004 n9 is no server: .*n1, n2, n3\nnext: /);
  });

  it('shows what it would do and does nothing with --dry-run', async () => {
    const said = await cluster().node('n1').cli(['retire', 'n2', '--dry-run']);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, /would retire n2 .*before: n1 n2 n3, survives 1 .*after: {2}n1 n3/s);
    const { servers } = await cluster().node('n1').status();
    assert.equal(servers.length, 3);
  });

  it('the leader itself, while others write: no error, and another one leads', async () => {
    const leader = await cluster().leader();
    await leader.put('kept', 'over the change');
    const others = cluster().nodes.filter((node) => node !== leader);
    const writers = new Writers(others, 'retire');
    await writers.more(10);
    const said = await leader.cli(['retire']);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, new RegExp(`^retired ${leader.name} `));
    await steppedDown(leader);
    await writers.more(10);
    await writers.stop();
    const [other] = others;
    assert.ok(other);
    await checkLedger(writers, other);
    assert.equal((await other.cli(['get', 'kept'])).stdout, 'over the change');
    const old = await leader.cli(['get', 'kept']);
    assert.equal(old.code, 7);
    assert.match(old.stderr, /^HFS-3008 .*\nnext: /);
  });

  it('a retired node joins again as a new server', async () => {
    const retired = cluster().nodes.find((node) => node.brickPid === undefined);
    assert.ok(retired);
    const before = (await retired.status()).node;
    const member = cluster().nodes.find((node) => node !== retired);
    await cluster().join(retired, member);
    await cluster().ready();
    const status = await retired.status();
    assert.notEqual(status.node, before, 'its tombstone stays with its old id');
    await cluster().sameValues();
    assert.equal(readFileSync(retired.valuePath('kept'), 'utf8'), 'over the change');
    assert.ok(existsSync(retired.valuePath(`.hekafs/retired/${before}`)));
    assert.ok(existsSync(retired.valuePath(`.hekafs/servers/${status.node}`)));
  });

  it('another one, which lives and hears of it', async () => {
    const leader = await cluster().leader();
    const follower = await cluster().follower();
    const before = bricksAside(follower).length;
    const said = await leader.cli(['retire', follower.name]);
    assert.equal(said.code, 0, said.stderr);
    await steppedDown(follower, before);
    await cluster().join(follower, leader);
    await cluster().ready();
  });

  it('a dead one, which is told so when it comes back', async () => {
    const follower = await cluster().follower();
    const before = bricksAside(follower).length;
    await follower.killNode();
    const said = await (await cluster().leader()).cli(['retire', follower.name]);
    assert.equal(said.code, 0, said.stderr);
    await follower.start();
    await steppedDown(follower, before);
    assert.match(follower.log(), /this server was retired/);
    await follower.stop();
    await follower.start();
    assert.equal((await follower.status()).state, 'retired', 'and after a restart');
  });

  it('down to one, and the last one is refused', async () => {
    const leader = await cluster().leader();
    const two = (await leader.status()).servers.filter(({ isSelf }) => !isSelf);
    const said = await leader.cli(['retire', two[0]?.name ?? '']);
    assert.equal(said.code, 0, said.stderr);
    await until('one server is ready', async () => (await leader.status()).servers.length === 1);
    const last = await leader.cli(['retire']);
    assert.equal(last.code, 7);
    assert.match(last.stderr, /^HFS-3006 .* is the last server: .*\nnext: /);
    assert.equal((await leader.cli(['set', 'alone', 'x'])).code, 0);
  });
});
