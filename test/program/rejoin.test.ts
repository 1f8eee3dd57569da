import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { journal, setAside, voterOf } from './lost-log.js';
import { until } from './until.js';

interface Damage {
  readonly what: string;
  readonly why: RegExp;
  damage(path: string): void;
}

const DAMAGES: readonly Damage[] = [
  { what: 'is gone', why: /there is no log/, damage: (path) => rmSync(path) },
  {
    what: 'is shorter than others recorded it',
    why: /had \d+ before|bytes stood before|no header/,
    damage: (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  },
  {
    what: 'has a flipped bit in its middle',
    why: /bytes have changed|bytes stood before|no header/,
    damage: (path) => {
      const bytes = readFileSync(path);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
  },
];

describe('a server whose log is lost while it is down', function () {
  this.timeout(90_000);
  const cluster = useCluster(async () => {
    const made = await Cluster.ofServers(3);
    for (let each = 0; each < 20; each++) await made.node('n1').put(`key/${each}`, `value ${each}`);
    await made.sameValues();
    return made;
  });

  for (const { what, why, damage } of DAMAGES)
    it(`that ${what}: it leaves it and rejoins by itself, as a new voter`, async () => {
      const n3 = cluster().node('n3');
      const before = await voterOf(n3);
      const aside = setAside(n3).length;
      await n3.stop();
      damage(journal(n3));
      await n3.start();
      await until(
        'it votes again',
        async () => {
          const { state, servers } = await cluster().node('n1').status();
          const self = servers.find(({ name }) => name === 'n3');
          return state === 'ready' && self?.role === 'voter' && setAside(n3).length === aside + 1;
        },
        30_000,
      );
      await cluster().ready(30_000);
      await cluster().sameValues();
      assert.notEqual(await voterOf(n3), before);
      assert.match(n3.log(), /"cause":"[^"]*"[^}]*"msg":"corrected: this server leaves its log/);
      const cause = n3
        .log()
        .match(/"cause":"([^"]*)"[^}]*"msg":"corrected: this server has rejoined/g);
      assert.match(cause?.at(-1) ?? '', why);
      const { code } = await n3.cli(['set', 'after', what]);
      assert.equal(code, 0);
    });

  it('without a majority of the others nothing is moved until there is one', async () => {
    const [n1, n2, n3] = cluster().nodes as [ClusterNode, ClusterNode, ClusterNode];
    const aside = setAside(n3).length;
    await n2.killNode();
    await n3.stop();
    rmSync(journal(n3));
    await n3.start();
    await until('it says that it waits', async () => {
      const { state, summary, see } = await n3.status();
      return state === 'joining' && see === 'HFS-3206' && /rejoins/.test(summary);
    });
    assert.equal(setAside(n3).length, aside);
    assert.ok(existsSync(join(n3.stateDir, 'brick/values')), 'the old brick is where it was');
    assert.equal((await n1.cli(['--timeout', '1', 'set', 'x', 'y'])).code, 6);
    await n2.start();
    await cluster().ready(30_000);
    await cluster().sameValues();
    assert.equal(setAside(n3).length, aside + 1);
  });
});

describe('the only server, its log lost', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1));

  it('says so and touches nothing, also when verify --repair is asked', async () => {
    const n1 = cluster().node('n1');
    await n1.stop();
    rmSync(journal(n1));
    await n1.start();
    await until('it says so', () => /"code":"HFS-5006"[^}]*there is no log/.test(n1.log()));
    const said = await n1.cli(['--timeout', '5', 'verify', '--repair']);
    assert.equal(said.code, 7);
    assert.match(said.stderr, /^HFS-3206 .*no majority without it\nnext: /);
    assert.deepEqual(setAside(n1), []);
  });
});
