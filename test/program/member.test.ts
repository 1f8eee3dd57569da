import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorReport } from '../../src/daemon/doctor/check.js';
import type { ServersReport } from '../../src/daemon/servers-report.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode, Said } from './cluster-node.js';
import { until } from './until.js';

/** Has a node join without serving, over a server, with a new token. */
async function joinOnly(node: ClusterNode, over: ClusterNode): Promise<string> {
  const token = (await over.cli(['token', 'create'])).stdout.trim();
  const said = await node.cli(['join', over.address, '--token', token]);
  assert.equal(said.code, 0, said.stderr);
  return said.stdout;
}

/** What `words` answer where nobody can: the member looks for a server for two seconds and no longer. */
async function refused(node: ClusterNode, ...words: readonly string[]): Promise<Said> {
  const started = performance.now();
  const said = await node.cli(['--timeout', '2', ...words]);
  assert.ok(performance.now() - started < 12_000, 'no call hangs');
  return said;
}

function ask(node: ClusterNode, ...words: readonly string[]): Promise<Said> {
  return node.cli(words);
}

async function isWell(node: ClusterNode): Promise<void> {
  await until(`${node.name} is a member`, async () => {
    const { state, server } = await node.status();
    return state === 'ready' && !server;
  });
}

describe('a member that does not serve', function () {
  this.timeout(60_000);
  const cluster = useCluster(async () => {
    const made = await Cluster.ofServers(3);
    await made.add();
    return made;
  });
  const member = () => cluster().node('n4');
  const servers = () => ['n1', 'n2', 'n3'].map((name) => cluster().node(name));

  it('joins with a token, which is used up; without one it is refused', async () => {
    const wrong = await member().cli(['join', cluster().node('n1').address, '--token', 'x']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /^HFS-3001 /);
    const none = await member().cli(['join', cluster().node('n1').address]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^HFS-1001 join needs a token.*\nnext: hfs_config token create/);
    assert.equal((await member().status()).state, 'new');
    const said = await joinOnly(member(), cluster().node('n1'));
    assert.match(said, /^n4 is a member, and does not serve, of cluster .*\nservers: n1 n2 n3, /);
    assert.equal((await cluster().node('n1').status()).servers.length, 3);
  });

  it('says what it is, and who serves', async () => {
    await isWell(member());
    const status = await member().status();
    assert.match(status.summary, /^this node is a member and does not serve; .*3 servers$/);
    assert.deepEqual(
      status.servers.map(({ name, up, isSelf }) => [name, up, isSelf]),
      ['n1', 'n2', 'n3'].map((name) => [name, true, false]),
    );
    const report = JSON.parse((await ask(member(), 'servers', '--json')).stdout) as ServersReport;
    assert.deepEqual(
      report.rows.map(({ name, answered }) => [name, answered]),
      ['n1', 'n2', 'n3'].map((name) => [name, 'yes']),
    );
  });

  it('has a doctor who finds nothing amiss, and skips what servers have', async () => {
    const { checks } = JSON.parse((await ask(member(), 'doctor', '--json')).stdout) as DoctorReport;
    const verdicts = new Map(checks.map(({ name, verdict }) => [name, verdict]));
    for (const name of ['majority', 'members', 'ports from here', 'releases'])
      assert.equal(verdicts.get(name), 'OK', JSON.stringify(checks));
    for (const name of ['brick', 'values', 'lists', 'ports to here'])
      assert.equal(verdicts.get(name), 'SKIP', name);
    assert.ok(!verdicts.has('log'));
  });

  it('reads and writes as a server does', async () => {
    assert.equal((await ask(member(), 'set', 'site/name', 'over a member')).code, 0);
    assert.equal((await ask(cluster().node('n2'), 'get', 'site/name')).stdout, 'over a member');
    assert.equal((await ask(member(), 'get', 'site/name')).stdout, 'over a member');
    assert.equal((await ask(member(), 'list')).stdout, 'site/\n');
    assert.equal((await ask(member(), 'set', 'private/key', 'secret')).code, 0);
    assert.equal((await ask(member(), 'get', 'private/key')).stdout, 'secret');
    assert.equal((await ask(member(), 'delete', 'private/key')).code, 0);
    assert.match((await ask(member(), 'token', 'create')).stdout, /^[0-9a-f]{48}\n$/);
    const volfile = (await ask(member(), 'volfile')).stdout;
    for (const { ports } of servers()) assert.ok(volfile.includes(String(ports.bricks[0])));
    const bytes = Buffer.alloc(4 * 1024 * 1024, 7);
    assert.equal((await member().put('big', bytes)).status, 200);
    assert.deepEqual((await member().get('big')).body, bytes);
  });

  it('hands on what a server refuses', async () => {
    const rows: readonly (readonly [readonly string[], number, string])[] = [
      [['get', 'nothing'], 3, 'HFS-1004'],
      [['set', 'site/name', 'x', '--if-absent'], 5, 'HFS-1005'],
      [['set', 'site', 'x'], 5, 'HFS-1007'],
      [['init'], 4, 'HFS-1006'],
      [['retire', 'n9'], 3, 'HFS-3004'],
      [['join', cluster().node('n1').address, '--token', 'x'], 4, 'HFS-3003'],
      [['serve', '--bootstrap'], 4, 'HFS-3003 this node is a member'],
    ];
    for (const [words, code, start] of rows) {
      const said = await ask(member(), ...words);
      assert.equal(said.code, code, `${words.join(' ')}: ${said.stderr}`);
      assert.ok(said.stderr.startsWith(start), said.stderr);
    }
    assert.equal((await member().put('big', Buffer.alloc(4 * 1024 * 1024 + 1))).status, 413);
    const plan = await ask(member(), 'retire', 'n2', '--dry-run');
    assert.match(plan.stdout, /^would retire n2 /);
    const own = await cluster().node('n1').cli(['join', member().address, '--token', 'x']);
    assert.equal(own.code, 4, own.stderr);
  });

  it('shows private values to root only, and takes writes from nobody else', async () => {
    await ask(member(), 'set', 'private/key', 'secret');
    const url = `http://${member().address}/v1/config/private/key`;
    for (const init of [{}, { method: 'PUT', body: 'x' }]) {
      const answer = await fetch(url, init);
      assert.equal(answer.status, 401);
      assert.equal(((await answer.json()) as { code: string }).code, 'HFS-4001');
    }
  });

  it('reads old values where it may, with their age', async () => {
    const answer = await member().http({ path: '/v1/config/site/name?stale=1' });
    assert.equal(answer.body.toString(), 'over a member');
    assert.match(String(answer.headers['hfs-age']), /^\d+\.\d+$/);
    assert.match(String(answer.headers['etag']), /^"\d+"$/);
  });

  it('asks another server when one is gone', async () => {
    const gone = await cluster().leader();
    await gone.killNode();
    assert.equal((await ask(member(), 'set', 'site/name', 'two are left')).code, 0);
    assert.equal((await ask(member(), 'get', 'site/name')).stdout, 'two are left');
    await gone.start();
    await cluster().ready();
  });

  it('is a member still after a restart, without a token', async () => {
    await member().stop();
    await member().start();
    await isWell(member());
    assert.equal((await ask(member(), 'get', 'site/name')).stdout, 'two are left');
    assert.match(member().log(), /member that does not serve.*start-up 1\/5: own role/);
  });

  it('without a majority: writes are refused, old values are read', async () => {
    const [one, ...others] = servers();
    for (const node of others) await node.killNode();
    const write = await refused(member(), 'set', 'site/name', 'alone');
    assert.equal(write.code, 6);
    assert.match(write.stderr, /^HFS-200[12] /);
    assert.equal((await ask(member(), 'get', '--stale', 'site/name')).stdout, 'two are left');
    await one?.killNode();
    const read = await refused(member(), 'get', '--stale', 'site/name');
    assert.equal(read.code, 6);
    assert.match(read.stderr, /^HFS-3011 no server of the cluster answers: .*\nnext: /);
    await until('it says so', async () => (await member().status()).see === 'HFS-3011', 20_000);
    await Promise.all(servers().map((node) => node.start()));
    await cluster().ready();
    await isWell(member());
    await until('it reads', async () => (await ask(member(), 'get', 'site/name')).code === 0);
  });

  it('becomes a server without another token, and a member again after it was retired', async () => {
    const said = await member().cli(['serve']);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, /^n4 serves cluster .*after: {2}n1 n2 n3 n4, /s);
    await cluster().ready();
    await cluster().sameValues();
    assert.equal((await member().cli(['retire'])).code, 0);
    await until('it is retired', async () => (await member().status()).state === 'retired');
    await joinOnly(member(), cluster().node('n2'));
    await isWell(member());
  });

  it('finds the servers again after all have changed while it was down', async () => {
    const path = join(member().stateDir, '..', 'members');
    writeFileSync(path, '# nobody yet\n');
    member().environment = { HEKAFS_MEMBERS: `file:${path}` };
    await member().stop();
    const other = await cluster().add();
    await cluster().join(other);
    for (const { name } of servers())
      await until(`${name} is retired`, async () => (await other.cli(['retire', name])).code === 0);
    for (const node of servers()) await node.stop();
    await member().start();
    assert.equal((await refused(member(), 'get', 'site/name')).code, 6);
    // As an editor does it: another file takes the name.
    writeFileSync(`${path}.new`, `${other.address} # the only one left\n`);
    renameSync(`${path}.new`, path);
    await isWell(member());
    assert.equal((await ask(member(), 'get', 'site/name')).stdout, 'two are left');
    assert.deepEqual(
      (await member().status()).servers.map(({ name }) => name),
      [other.name],
    );
  });

  it('leaves: it forgets the cluster', async () => {
    const plan = await member().cli(['retire', '--dry-run']);
    assert.match(plan.stdout, /^would leave cluster /);
    const said = await member().cli(['retire']);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, /^n4 has left cluster /);
    assert.equal((await member().status()).state, 'new');
    assert.match((await ask(member(), 'get', 'site/name')).stderr, /^HFS-2004 /);
  });
});
