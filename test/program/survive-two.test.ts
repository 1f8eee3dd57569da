import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { problemOf } from './api.js';
import { Cluster, useCluster } from './cluster.js';
import { pause, until } from './until.js';
import { valuesCopy } from './values-copy.js';

describe('two of three servers are gone', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));

  it('writes fail in time and name whom they wait for; old values can be read; one comes back and writes resume', async () => {
    const leader = await cluster().leader();
    const others = cluster().nodes.filter((node) => node !== leader);
    const [back, gone] = others;
    assert.ok(back && gone);
    assert.equal((await leader.put('site/name', 'before')).status, 200);
    await cluster().sameValues();
    for (const node of others) await node.killNode();

    const start = performance.now();
    const set = await leader.cli(['set', 'site/name', 'lost', '--timeout', '1']);
    assert.ok(performance.now() - start < 8000, 'it has a deadline');
    assert.equal(set.code, 6, set.stderr);
    assert.match(set.stderr, /^HFS-200[12] .*\nnext: /);
    for (const { name } of others) assert.match(set.stderr, new RegExp(`waiting for.*${name}`));
    const http = await leader.put('site/other', 'lost', 300);
    assert.equal(http.status, 503);
    assert.match(problemOf(http).code, /^HFS-200[12]$/);

    const strict = await leader.cli(['get', 'site/name', '--timeout', '0.5']);
    assert.equal(strict.code, 6, 'what may be old is not shown as new');
    const stale = await leader.cli(['get', 'site/name', '--stale']);
    assert.deepEqual([stale.code, stale.stdout], [0, 'before']);
    assert.equal(readFileSync(leader.valuePath('site/name'), 'utf8'), 'before');
    await until('its status says so', async () => (await leader.status()).state === 'read-only');
    const status = await leader.cli(['status']);
    assert.equal(status.code, 8);
    assert.match(status.stdout, new RegExp(`waiting for.*(${back.name}|${gone.name})`));

    const waiting = leader.cli(['set', 'site/name', 'after']);
    await back.start();
    assert.deepEqual((await waiting).stderr, '', 'the waiting write went through by itself');
    const [one] = await Promise.all([back.cli(['get', 'site/name']), leader.get('site/name')]);
    assert.equal(one.stdout, 'after');
    await gone.start();
    await cluster().ready();
    const keys = await cluster().sameValues();
    assert.ok(keys.includes('site/name'));
  });

  it('the one that is left starts again: what was committed stays in its files', async () => {
    const leader = await cluster().leader();
    for (const node of cluster().nodes) await node.put(`last/${node.name}`, 'committed');
    await cluster().sameValues();
    const before = valuesCopy(leader);
    for (const node of cluster().nodes) await node.killNode();
    await leader.start();
    await until('its brick answers', async () => (await leader.status()).state === 'read-only');
    // Longer than its values take to be compared.
    await pause(1000);
    for (const [path, file] of before) assert.equal(valuesCopy(leader).get(path), file, path);
    for (const node of cluster().nodes) if (node !== leader) await node.start();
    await cluster().ready();
    await cluster().sameValues();
  });

  it('a write that was under way when the majority went is done once or never', async () => {
    const leader = await cluster().leader();
    const others = cluster().nodes.filter((node) => node !== leader);
    const put = leader.http({
      method: 'PUT',
      path: '/v1/config/once',
      body: 'x',
      headers: { 'HFS-Request-Id': 'once-1', 'If-None-Match': '*' },
      timeoutMs: 12_000,
    });
    await Promise.all(others.map((node) => node.killNode()));
    await Promise.all(others.map((node) => node.start()));
    const first = await put;
    const again = await leader.http({
      method: 'PUT',
      path: '/v1/config/once',
      body: 'x',
      headers: { 'HFS-Request-Id': 'once-1', 'If-None-Match': '*' },
    });
    assert.deepEqual([first.status, again.status], [200, 200], `${first.body} ${again.body}`);
    assert.deepEqual(JSON.parse(again.body.toString()), JSON.parse(first.body.toString()));
    await cluster().ready();
    await cluster().sameValues();
  });
});
