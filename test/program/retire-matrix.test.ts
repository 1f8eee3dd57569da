import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { encodeMessage } from '../../src/config/message.js';
import type { MembershipChange } from '../../src/daemon/verbs.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { until } from './until.js';

async function idOf(node: ClusterNode): Promise<string> {
  return (await node.status()).node;
}

/** What a command answers in JSON. */
async function json<T>(node: ClusterNode, ...words: readonly string[]): Promise<T> {
  const said = await node.cli([...words, '--json']);
  assert.equal(said.code, 0, said.stderr);
  return JSON.parse(said.stdout) as T;
}

/** The marker of that server has gone, and its tombstone is there, on the bricks of all that run. */
async function markersFollow(nodes: readonly ClusterNode[], id: string): Promise<void> {
  for (const node of nodes)
    await until(`${node.name} has no marker of ${id.slice(0, 8)}`, () => {
      const hasMarker = existsSync(node.valuePath(`.hekafs/servers/${id}`));
      return !hasMarker && existsSync(node.valuePath(`.hekafs/retired/${id}`));
    });
}

async function steppedDown(node: ClusterNode): Promise<void> {
  await until(`${node.name} steps down`, async () => (await node.status()).state === 'retired');
  await until('its brick ends', () => node.brickPid === undefined);
  assert.ok(!existsSync(join(node.stateDir, 'brick')));
  assert.ok(readdirSync(node.stateDir).some((name) => name.startsWith('brick.retired-')));
}

describe('retire, case by case', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  const node = (name: string) => cluster().node(name);

  it('a server by its name, its id, or the first eight characters of that', async () => {
    const id = await idOf(node('n2'));
    for (const word of ['n2', id, id.slice(0, 8)]) {
      const plan = await json<MembershipChange>(node('n1'), 'retire', word, '--dry-run');
      assert.deepEqual(
        [plan.event, plan.node, plan.before, plan.after, plan.warning],
        ['retired', id, ['n1', 'n2', 'n3'], ['n1', 'n3'], null],
      );
      assert.deepEqual([plan.survivesBefore, plan.survivesAfter], [1, 0]);
    }
    assert.equal((await node('n1').status()).servers.length, 3, 'nothing was done');
  });

  const REFUSED: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['n9'], 3, /^HFS-3004 n9 is no server: the servers are n1, n2, n3\n/],
    [['00000000'], 3, /^HFS-3004 /],
    [['n2', '--force'], 2, /^HFS-1001 --force refused: .*\nnext: hfs_config retire \S{36} --force/],
    [['--force'], 2, /^HFS-1001 --force refused/],
  ];
  for (const [words, code, error] of REFUSED)
    it(`not: retire ${words.join(' ')}`, async () => {
      const said = await node('n1').cli(['retire', ...words]);
      assert.equal(said.code, code, said.stderr);
      assert.match(said.stderr, error);
    });

  it('a learner that never caught up: nobody else is asked for', async () => {
    const ghost = '99999999-9999-4999-8999-999999999999';
    const { data } = JSON.parse(readFileSync(join(node('n1').stateDir, 'state.json'), 'utf8')) as {
      data: { secret: string };
    };
    const at = { address: '127.0.0.1:1', host: '127.0.0.1', port: 1, path: '/nowhere' };
    const server = { ...at, node: ghost, name: 'ghost', voter: ghost };
    const added = await fetch(`http://${node('n1').address}/v1/peer/add-learner`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${data.secret}` },
      body: new Uint8Array(encodeMessage({ server })),
    });
    assert.equal(added.status, 200);
    await until('it is a learner', async () =>
      (await node('n1').status()).servers.some(
        ({ name, role }) => name === 'ghost' && role === 'learner',
      ),
    );
    const change = await json<MembershipChange>(node('n1'), 'retire', 'ghost', '--yes');
    assert.deepEqual([change.before, change.after], [change.after, ['n1', 'n2', 'n3']]);
    await markersFollow(cluster().nodes, ghost);
  });

  it('a server that came back with an empty disk is another one: its old self goes by id', async () => {
    const old = await idOf(node('n3'));
    await node('n3').killNode();
    rmSync(node('n3').stateDir, { recursive: true });
    await node('n3').start();
    assert.equal((await node('n3').status()).state, 'new');
    await cluster().join(node('n3'), node('n1'));
    assert.notEqual(await idOf(node('n3')), old);
    const said = await node('n1').cli(['retire', 'n3']);
    assert.equal(said.code, 2);
    assert.match(
      said.stderr,
      /^HFS-3005 "n3" means 2 servers: .*\nnext: say which one by its node id/,
    );
    assert.ok(said.stderr.includes(old) && said.stderr.includes(await idOf(node('n3'))));
    const done = await node('n1').cli(['retire', old]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stderr,
      /before: n1 n2 n3 n3, survives 1 failure\nafter: {2}n1 n2 n3, survives 1/,
    );
    await cluster().ready();
    await markersFollow(cluster().nodes, old);
  });

  it('twice: it is no server any more', async () => {
    const retired = readdirSync(node('n1').valuePath('.hekafs/retired'));
    for (const id of retired) {
      const said = await node('n2').cli(['retire', id]);
      assert.equal(said.code, 3);
      assert.match(said.stderr, /^HFS-3004 .* is no server: it was retired before/);
    }
  });

  it('not with one more down, but with --force and the id, which says what that costs', async () => {
    const id = await idOf(node('n2'));
    await node('n3').killNode();
    const said = await node('n1').cli(['retire', 'n2']);
    assert.equal(said.code, 7);
    assert.match(said.stderr, /^HFS-3007 n2 cannot be retired now: .* until n3 is back\n/);
    assert.ok(said.stderr.includes(`hfs_config retire ${id} --force`), said.stderr);
    const plan = await node('n1').cli(['retire', id, '--force', '--dry-run']);
    assert.match(plan.stdout, /warning: of the 2 servers left 1 would be up and 2 are needed: /);
    const done = await node('n1').cli(['retire', id, '--force']);
    assert.equal(done.code, 0, done.stderr);
    const write = await node('n1').cli(['--timeout', '2', 'set', 'x', 'y']);
    assert.equal(write.code, 6, 'as it was said');
    await node('n3').start();
    await until('writes go on', async () => (await node('n1').cli(['set', 'x', 'y'])).code === 0);
    await steppedDown(node('n2'));
    await markersFollow([node('n1'), node('n3')], id);
  });

  it('nobody, without a majority', async () => {
    await node('n3').killNode();
    const said = await node('n1').cli(['--timeout', '2', 'retire', 'n3']);
    assert.equal(said.code, 6);
    assert.match(said.stderr, /^HFS-200[125] /);
    await node('n3').start();
    await until('n1 is well', async () => (await node('n1').status()).state === 'ready', 20_000);
  });

  it('a server that is catching up: it steps down although it lags', async () => {
    await cluster().join(node('n2'), node('n1'));
    const id = await idOf(node('n2'));
    await node('n2').killNode();
    for (let index = 0; index < 40; index++)
      assert.equal(
        (await node('n1').put(`late/${index}`, Buffer.alloc(100_000, index))).status,
        200,
      );
    await node('n2').start();
    const said = await node('n1').cli(['retire', 'n2']);
    assert.equal(said.code, 0, said.stderr);
    await steppedDown(node('n2'));
    await markersFollow([node('n1'), node('n3')], id);
  });

  it('and back under another name, it is a new server', async () => {
    const before = await idOf(node('n2'));
    await node('n2').stop();
    node('n2').called = 'birch';
    await node('n2').start();
    assert.equal((await node('n2').status()).state, 'retired');
    await cluster().join(node('n2'), node('n1'));
    assert.notEqual(await idOf(node('n2')), before);
    const { servers } = await node('n1').status();
    assert.deepEqual(servers.map(({ name }) => name).toSorted(), ['birch', 'n1', 'n3']);
    await cluster().ready();
    await cluster().sameValues();
  });
});
