import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { missingPrograms, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { Registers } from './registers.js';
import { until } from './until.js';

const LIBRARY = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
].find((path) => existsSync(path));
const isSoak = process.env['HEKAFS_SOAK'] === '1';
const DAY_MS = 86_400_000;

function needLies(context: Mocha.Context): void {
  const library = LIBRARY === undefined ? 'the library of faketime is missing' : undefined;
  skipWithout(context, missingPrograms('faketime') ?? library);
}

/** Sets the clock on the wall of a node and its brick; how fast time passes is left alone. */
function setClock(node: ClusterNode, to: '+0' | '+1d' | '-1d'): void {
  writeFileSync(`${node.stateDir}.clock`, to);
}

function lied(node: ClusterNode): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: LIBRARY ?? '',
    FAKETIME_TIMESTAMP_FILE: `${node.stateDir}.clock`,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}

describe('a clock on the wall is a day off', function () {
  this.timeout(90_000);
  before(function () {
    needLies(this);
  });
  const cluster = useCluster(async () => {
    const made = await Cluster.ofServers(3);
    for (const node of made.nodes) {
      setClock(node, '+0');
      node.environment = lied(node);
      await node.killNode();
    }
    await Promise.all(made.nodes.map((node) => node.start()));
    await made.ready();
    return made;
  });

  /** When a node says that a value was changed, against now, in days. */
  async function daysOff(node: ClusterNode, key: string): Promise<number> {
    const { headers } = await node.get(key);
    return Math.round((Date.parse(String(headers['hfs-modified'])) - Date.now()) / DAY_MS);
  }

  const lies = [
    ['+1d', 1],
    ['-1d', -1],
  ] as const;
  for (const [to, days] of isSoak ? lies : lies.slice(0, 1))
    it(`of the leader while it runs, ${to}: nothing is decided by it`, async () => {
      const leader = await cluster().leader();
      const { epoch } = await leader.status();
      const token = (await leader.cli(['token', 'create', '--ttl', '60'])).stdout.trim();
      const registers = new Registers(cluster().nodes, `clock/${days}`);
      try {
        await until('all write', () => registers.writable(0).length === 3);
        setClock(leader, to);
        const sinceMs = performance.now();
        await until('all write', () => registers.writable(sinceMs).length === 3);
        assert.equal((await leader.put('clock/value', to)).status, 200);
        const other = await cluster().follower();
        assert.equal(await daysOff(other, 'clock/value'), days, 'what is shown is what it said');
        const stale = await leader.http({ path: '/v1/config/clock/value?stale=1' });
        const age = Number(stale.headers['hfs-age']);
        assert.ok(age >= 0 && age < 10, `${age} seconds`);
        assert.equal(await cluster().leader(), leader);
        assert.equal((await leader.status()).epoch, epoch);
      } finally {
        await registers.stop();
      }
      const added = await cluster().add();
      const words = ['serve', '--join', leader.address, '--token', token];
      const { code, stderr } = await added.cli(words);
      assert.equal(code, 0, `the token lives as long as it was to: ${stderr}`);
      assert.equal((await leader.cli(['retire', added.name])).code, 0);
      await added.endAll();
      await registers.check(await cluster().follower());
      await cluster().sameValues(cluster().nodes.slice(0, 3));
    });

  if (isSoak)
    it('at its start: it is a server like the others; doctor says how far it is off', async () => {
      const node = await cluster().follower();
      await node.killNode();
      setClock(node, '+1d');
      await node.start();
      for (const other of cluster().running) if (other !== node) setClock(other, '+0');
      await cluster().ready();
      assert.equal((await node.put('clock/start', 'x')).status, 200);
      const { stdout } = await node.cli(['doctor']);
      assert.match(stdout, /WARN +clock|FAIL +clock|clock[^\n]*(WARN|FAIL)/i, stdout);
      await cluster().sameValues(cluster().nodes.slice(0, 3));
    });
});
