import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { pause, until } from './until.js';
import { valuesCopy } from './values-copy.js';

/** What `serve --join` with this token answers, which is a refusal. */
async function refusedToken(node: ClusterNode, member: ClusterNode, token: string): Promise<void> {
  const said = await node.cli(['serve', '--join', member.address, '--token', token]);
  assert.equal(said.code, 1);
  assert.match(said.stderr, /^HFS-3001 [^\n]*\nnext: [^\n]*token create[^\n]*\n$/);
  assert.equal((await node.status()).state, 'new');
  assert.ok(!existsSync(join(node.stateDir, 'brick')), 'no brick was made');
  assert.equal((await member.status()).servers.length, 1);
}

describe('becoming a server', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofNew(3));
  const nodes = () => {
    const [first, second, third] = cluster().nodes;
    assert.ok(first && second && third);
    return { first, second, third };
  };

  it('nothing can be read or written before', async () => {
    const { first } = nodes();
    for (const words of [['get', 'x'], ['set', 'x', 'y'], ['token', 'create'], ['servers']]) {
      const said = await first.cli(words);
      assert.equal(said.code, 6, words.join(' '));
      assert.match(said.stderr, /^HFS-2004 .*serve --bootstrap/s);
    }
  });

  it('two nodes bootstrapped apart never merge: both ids are shown, nothing changes', async () => {
    const { first, second } = nodes();
    await cluster().bootstrap(first);
    await cluster().bootstrap(second);
    await second.put('mine', 'of the second');
    for (const node of [first, second])
      await until(`${node.name} has applied all`, async () => {
        const { heal } = await node.status();
        return heal.caughtUp && heal.behind === 0;
      });
    const before = [valuesCopy(first), valuesCopy(second)];
    const token = (await first.cli(['token', 'create'])).stdout.trim();
    const said = await second.cli(['serve', '--join', first.address, '--token', token]);
    assert.equal(said.code, 7);
    const [mine, theirs] = [(await second.status()).cluster, (await first.status()).cluster];
    assert.match(said.stderr, new RegExp(`^HFS-3002 .*${mine}.*${theirs}.*\nnext: `));
    for (const [index, node] of [first, second].entries()) {
      assert.equal((await node.status()).servers.length, 1);
      const now = new Map(valuesCopy(node));
      const old = new Map(before[index]);
      for (const copy of [now, old]) copy.delete('.hekafs/version');
      assert.deepEqual(now, old);
    }
    assert.equal((await second.cli(['get', 'mine'])).stdout, 'of the second');
  });

  it('a second --bootstrap is refused', async () => {
    const said = await nodes().first.cli(['serve', '--bootstrap']);
    assert.equal(said.code, 4);
    assert.match(said.stderr, /^HFS-3003 .*\nnext: /);
  });

  it('a wrong, an expired and a used token: one clear error each', async () => {
    const { first, third } = nodes();
    await refusedToken(third, first, 'f'.repeat(48));
    const expired = (await first.cli(['token', 'create', '--ttl', '1'])).stdout.trim();
    await pause(1200);
    await refusedToken(third, first, expired);
    const used = (await first.cli(['token', 'create'])).stdout.trim();
    const words = ['serve', '--join', first.address, '--token', used];
    assert.equal((await third.cli(words)).code, 0);
    const fourth = await cluster().add();
    const again = await fourth.cli(['serve', '--join', third.address, '--token', used]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^HFS-3001 /);
    assert.equal((await first.status()).servers.length, 2);
  });

  it('an address where nobody answers', async () => {
    const fourth = cluster().node('n4');
    const said = await fourth.cli(['serve', '--join', '127.0.0.1:1', '--token', 'x']);
    assert.equal(said.code, 6);
    assert.match(said.stderr, /^HFS-2003 no hekafsd answers at 127.0.0.1:1: .*\nnext: /);
    assert.equal((await fourth.status()).state, 'new');
  });

  it('a node that only this machine can reach does not join another machine, and nobody is asked', async () => {
    const fourth = cluster().node('n4');
    for (const remote of ['192.0.2.1:24006', '127.example:24006', 'localhost.example:24006']) {
      const said = await fourth.cli(['serve', '--join', remote, '--token', 'x']);
      assert.equal(said.code, 2, said.stderr);
      assert.match(said.stderr, /^HFS-3010 .*\nnext: start hekafsd with --http /);
    }
    assert.equal((await fourth.status()).state, 'new');
  });

  it('init twice at once: one winner', async () => {
    const { first, third } = nodes();
    const both = await Promise.all([first.cli(['init']), third.cli(['init'])]);
    assert.deepEqual(both.map(({ code }) => code).sort(), [0, 4]);
    const loser = both.find(({ code }) => code === 4);
    assert.match(loser?.stderr ?? '', /^HFS-1006 .*\nnext: /);
  });
});
