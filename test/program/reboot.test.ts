import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { until } from './until.js';

/** The steps of the start-up sequence since the last start, as they were logged. */
function steps(node: ClusterNode): readonly string[] {
  const lines = node.log().split('\n');
  const start = lines.findLastIndex((line) => line.includes('"msg":"hekafsd starts"'));
  return lines.slice(start).flatMap((line) => /"msg":"start-up (\d)\/5: /.exec(line)?.[1] ?? []);
}

/** Each step stands there, the first time after the one before it. */
async function startedInOrder(node: ClusterNode): Promise<void> {
  await until(`${node.name} has logged all steps`, () => new Set(steps(node)).size === 5);
  assert.deepEqual([...new Set(steps(node))], ['1', '2', '3', '4', '5']);
}

describe('after a reboot', function () {
  this.timeout(60_000);
  const cluster = useCluster(async () => {
    const made = await Cluster.ofServers(3);
    const member = await made.add();
    const token = (await made.node('n1').cli(['token', 'create'])).stdout.trim();
    const said = await member.cli(['join', made.node('n1').address, '--token', token]);
    assert.equal(said.code, 0, said.stderr);
    return made;
  });
  const servers = () => cluster().nodes.filter(({ name }) => name !== 'n4' && name !== 'n5');

  it('of one: it is what it was, and says each step of its start', async () => {
    const node = cluster().node('n2');
    await node.killNode();
    await cluster().node('n1').put('while', 'it was down');
    await node.start();
    await cluster().ready();
    await startedInOrder(node);
    await cluster().sameValues(servers());
  });

  it('of all at once: those that are back go on, the late one follows', async () => {
    await cluster().node('n4').cli(['set', 'before', 'the reboot']);
    await Promise.all(cluster().nodes.map((node) => node.killNode()));
    await Promise.all(['n4', 'n3'].map((name) => cluster().node(name).start()));
    const alone = await cluster().node('n4').cli(['--timeout', '1', 'set', 'alone', 'x']);
    assert.equal(alone.code, 6, alone.stderr);
    await cluster().node('n1').start();
    await until('two of three are enough', async () => {
      return (await cluster().node('n4').cli(['set', 'two', 'are enough'])).code === 0;
    });
    assert.equal((await cluster().node('n4').cli(['get', 'before'])).stdout, 'the reboot');
    await cluster().node('n2').start();
    await cluster().ready();
    for (const node of cluster().nodes) await startedInOrder(node);
    await cluster().sameValues(servers());
  });

  it('in the middle of serve: it goes on by itself, without another token', async () => {
    const node = await cluster().add();
    const token = (await cluster().node('n1').cli(['token', 'create'])).stdout.trim();
    const address = cluster().node('n1').address;
    const asked = node.cli(['--timeout', '20', 'serve', '--join', address, '--token', token]);
    const statePath = join(node.stateDir, 'state.json');
    await until('it has a brick', () => readFileSync(statePath, 'utf8').includes('"brick":{'));
    await node.killNode();
    await node.start();
    await cluster().ready(30_000);
    assert.ok((await node.status()).server);
    assert.equal((await node.cli(['get', 'two'])).stdout, 'are enough');
    await cluster().sameValues([...servers(), node]);
    await asked;
  });
});
