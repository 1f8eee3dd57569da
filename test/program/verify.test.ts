import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServersReport } from '../../src/daemon/servers-report.js';
import type { VerifyReport } from '../../src/daemon/verify-report.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { imposter } from './imposter.js';
import { until } from './until.js';

const KEYS = ['site/name', 'site/theme', 'dir/a', 'dir/b', 'gone'];

async function verify(node: ClusterNode, ...options: readonly string[]) {
  const { code, stdout, stderr } = await node.cli(['verify', '--json', ...options]);
  assert.notEqual(stdout, '', stderr);
  return { code, report: JSON.parse(stdout) as VerifyReport };
}

/** Every path of every copy that is not as committed, as `server kind path`. */
function pathsOf({ copies }: VerifyReport): readonly string[] {
  return copies.flatMap(({ name, paths }) =>
    paths.map(({ kind, path }) => `${name} ${kind} ${path}`),
  );
}

describe('hfs_config verify and servers', function () {
  this.timeout(60_000);
  const cluster = useCluster(async () => {
    const made = await Cluster.ofServers(3);
    for (const key of KEYS) await made.node('n1').put(key, `committed ${key}`);
    await made.sameValues();
    return made;
  });
  const nodes = () => cluster().nodes as [ClusterNode, ClusterNode, ClusterNode];

  /** Puts everything right again, so that the next test begins with copies that agree. */
  async function repaired(node: ClusterNode): Promise<VerifyReport> {
    const { code, report } = await verify(node, '--repair');
    assert.equal(code, 0, JSON.stringify(report));
    await cluster().sameValues();
    return report;
  }

  it('finds nothing where nothing is wrong', async () => {
    const { code, report } = await verify(nodes()[1]);
    assert.equal(code, 0, JSON.stringify(report));
    assert.ok(report.agree);
    assert.deepEqual(pathsOf(report), []);
    for (const { state, same } of report.copies) assert.ok(state === 'same' && same > KEYS.length);
  });

  it('names each path of each copy that a hand has changed, and changes nothing itself', async () => {
    const [n1, n2] = nodes();
    writeFileSync(n1.valuePath('site/name'), 'COMMITTED SITE/NAME');
    rmSync(n1.valuePath('gone'));
    rmSync(n2.valuePath('dir'), { recursive: true });
    writeFileSync(n2.valuePath('site/new'), 'added');
    const { code, report } = await verify(n2);
    assert.equal(code, 8);
    assert.deepEqual(pathsOf(report), [
      'n1 missing gone',
      'n1 differs site/name',
      'n2 missing dir',
      'n2 missing dir/a',
      'n2 missing dir/b',
      'n2 extra site/new',
    ]);
    assert.equal(readFileSync(n1.valuePath('site/name'), 'utf8'), 'COMMITTED SITE/NAME');
    const said = await n2.cli(['verify']);
    assert.match(
      said.stdout,
      /\nn1: gone: removed by hand; the copy is shown to nobody .*\(missing\)\n/,
    );
    assert.match(
      said.stdout,
      /\nCOPY {2}STATE .*\nthe copies differ; next: hfs_config verify --repair/s,
    );
  });

  it('--repair: each server applies the committed state again, and keeps what the hand had', async () => {
    const [n1, n2] = nodes();
    const report = await repaired(n2);
    assert.deepEqual(
      report.repaired.map(({ name, corrected, problem }) => [name, corrected, problem]),
      [
        ['n1', 2, null],
        ['n2', 4, null],
      ],
    );
    assert.equal(readFileSync(n1.valuePath('site/name'), 'utf8'), 'committed site/name');
    assert.ok(!existsSync(n2.valuePath('site/new')));
    assert.match(n1.log(), /"cause":"[^"]*1 removed[^"]*"[^}]*"msg":"corrected: /);
    assert.match(n1.log(), /"why":"changed by hand[^}]*"path":"[^"]*conflicts/);
  });

  it("--adopt: a hand's changes become commits, and all copies have them", async () => {
    const [n1, n2, n3] = nodes();
    const { revision } = await n1.status();
    writeFileSync(n1.valuePath('site/name'), 'by hand');
    renameSync(n2.valuePath('site/theme'), n2.valuePath('site/skin'));
    const { code, report } = await verify(n3, '--adopt');
    assert.equal(code, 0, JSON.stringify(report));
    assert.deepEqual(
      report.adopted.map(({ path, change, from, problem }) => [path, change, from, problem]).sort(),
      [
        ['site/name', 'put', ['n1'], null],
        ['site/skin', 'put', ['n2'], null],
        ['site/theme', 'delete', ['n2'], null],
      ],
    );
    assert.equal((await n3.status()).revision, revision + 3);
    await cluster().sameValues();
    assert.equal(readFileSync(n3.valuePath('site/name'), 'utf8'), 'by hand');
    assert.equal((await n2.cli(['get', 'site/skin'])).stdout, 'committed site/theme');
    assert.equal((await n2.cli(['get', 'site/theme'])).code, 3);
    assert.match(n3.log(), /"cause":"put by hand on n1"[^}]*"msg":"corrected: /);
  });

  it('--adopt refuses where two copies were changed differently, and names both', async () => {
    const [n1, n2] = nodes();
    writeFileSync(n1.valuePath('site/name'), 'one');
    writeFileSync(n2.valuePath('site/name'), 'other');
    const said = await n1.cli(['verify', '--adopt']);
    assert.equal(said.code, 5, said.stdout);
    assert.match(said.stderr, /^HFS-3204 .*site\/name.*: n1 holds .*, n2 holds .*\nnext: /);
    assert.equal((await n1.cli(['get', 'site/name'])).stdout, 'by hand', 'nothing was adopted');
    await repaired(n1);
  });

  it('--adopt leaves what can be no value, and says so', async () => {
    const [n1] = nodes();
    writeFileSync(n1.valuePath('.hekafs/servers/by-hand'), 'x');
    writeFileSync(n1.valuePath('site/also'), 'y');
    const { code, report } = await verify(n1, '--adopt');
    assert.equal(code, 8, JSON.stringify(report));
    const problems = report.adopted.map(({ path, problem }) => [path, problem?.code ?? null]);
    assert.deepEqual(problems.sort(), [
      ['.hekafs/servers/by-hand', 'HFS-3205'],
      ['site/also', null],
    ]);
    await repaired(n1);
    assert.ok(!existsSync(n1.valuePath('.hekafs/servers/by-hand')));
  });
  const marker = (copy: ClusterNode, id: string): string =>
    copy.valuePath(join('.hekafs/servers', id));

  /** What is said of whom, once it is said. */
  function saidOf(node: ClusterNode, wanted: readonly string[]): Promise<unknown> {
    return until(`${node.name} says ${wanted.join(', ')}`, async () => {
      const { code, stdout } = await node.cli(['servers', '--json']);
      const { rows } = JSON.parse(stdout) as ServersReport;
      const said = rows.flatMap(({ name, differences }) =>
        differences.map(({ kind }) => `${name} ${kind}`),
      );
      assert.deepEqual(said.sort(), [...wanted].sort());
      assert.equal(code, wanted.length === 0 ? 0 : 8);
      return true;
    });
  }

  const MARKERS: readonly (readonly [string, (id: string) => void, readonly string[]])[] = [
    ['a marker that one copy lacks', (id) => rmSync(marker(nodes()[0], id)), ['n2 markers-differ']],
    [
      'a marker that no copy has',
      (id) => {
        for (const copy of nodes()) rmSync(marker(copy, id));
      },
      ['n2 no-marker'],
    ],
    [
      'a marker without a server',
      (id) => writeFileSync(marker(nodes()[0], id.replace(/^.{8}/, '0badcafe')), '{}'),
      ['? stray-marker'],
    ],
    [
      'a marker with another address',
      (id) => rewrite(marker(nodes()[0], id), { address: '192.0.2.1:1' }),
      ['n2 address-changed'],
    ],
    [
      'a marker with another name',
      (id) => rewrite(marker(nodes()[2], id), { name: 'somebody' }),
      ['n2 name-changed'],
    ],
  ];
  for (const [what, change, said] of MARKERS)
    it(`${what}: ${said.join()}; verify --repair puts it right`, async () => {
      const [n1, n2] = nodes();
      change((await n2.status()).node);
      await saidOf(n1, said);
      const { code } = await n1.cli(['verify', '--repair']);
      assert.equal(code, 0);
      await saidOf(n1, []);
    });

  it('neither yes nor no: a server that is down is unknown, and the others are repaired', async () => {
    const [n1, n2] = nodes();
    await n2.killNode();
    await saidOf(n1, ['n2 no-answer', 'n2 copy-unreadable']);
    assert.equal((await n1.status()).mount.verified, true, 'two of three know of no newer list');
    const { stdout } = await n1.cli(['servers']);
    assert.match(stdout, /\nn2 .* unknown .*\nn2: no answer: .*nobody listens.* \(no-answer\)\n/s);
    for (const line of stdout.split('\n').slice(0, 4)) assert.ok(line.length <= 80, line);
    writeFileSync(n1.valuePath('site/name'), 'one');
    const { code, report } = await verify(n1, '--repair');
    assert.equal(code, 8);
    const states = report.copies.map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(states, ['n1 same', 'n2 unreadable', 'n3 same']);
    assert.equal(report.repaired.find(({ name }) => name === 'n2')?.problem?.code, 'HFS-2003');
    await n1.put('site/meanwhile', 'x');
    await n2.start();
    await cluster().ready();
    assert.match(n2.log(), /"msg":"corrected: this copy was brought up from the log of another/);
    await saidOf(n1, []);
    await repaired(n1);
  });

  it('whoever answers at the address of a server is looked at, and a retired one still', async () => {
    const [n1, n2] = nodes();
    const real = await n2.status();
    await n2.killNode();
    let says: object = {};
    const stranger = await imposter(n2.ports.http, () => says);
    const id = '0badcafe-0000-4000-8000-000000000000';
    const CASES: readonly (readonly [object, string])[] = [
      [{ node: id, name: 'x' }, 'n2 other-node'],
      [{ cluster: id }, 'n2 foreign-cluster'],
      [{ server: false, cluster: null, state: 'new' }, 'n2 says-no'],
      [{ epoch: real.epoch - 1 }, 'n2 old-list'],
      [{ epoch: real.epoch + 1 }, 'n2 newer-list'],
      [{ name: 'another' }, 'n2 name-changed'],
      [{ heal: { caughtUp: false, behind: 7 } }, 'n2 copy-lags'],
    ];
    try {
      for (const [change, kind] of CASES) {
        says = { ...real, ...change };
        const copy = kind === 'n2 copy-lags' ? [] : ['n2 copy-unreadable'];
        await saidOf(n1, [kind, ...copy]);
      }
      assert.equal((await n1.cli(['retire', 'n2'])).code, 0);
      says = real;
      await saidOf(n1, ['n2 retired-serves']);
      writeFileSync(marker(n1, real.node), '{}');
      await saidOf(n1, ['n2 retired-marker', 'n2 retired-serves']);
    } finally {
      await stranger.end();
    }
  });
});

function rewrite(path: string, change: object): void {
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}
