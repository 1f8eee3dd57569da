import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { type ConfigReader, ourReader, stockReader } from './config-readers.js';
import { pause, until } from './until.js';

/** Several, so that each server's copy is the one that is read of some of them. */
const MARKS = Array.from({ length: 8 }, (_, number) => `mark/${number}`);

/** A reader can tell copies of different sizes apart; these it cannot. */
const sameLength = (text: string): Buffer => Buffer.from(text.padEnd(40));

describe('who reads the config filesystem by its volfile', function () {
  this.timeout(90_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  const values = new Map<string, Buffer>([
    ['site/name', Buffer.from('Utrecht')],
    ['empty', Buffer.alloc(0)],
    ['größe/ä b', Buffer.from('ü')],
    ['binary', randomBytes(5000)],
    ['large', randomBytes(1024 * 1024 + 3)],
  ]);
  let readers: ConfigReader[] = [];

  before(async () => {
    const [node] = cluster().nodes;
    assert.ok(node);
    for (const key of MARKS) values.set(key, sameLength('first'));
    for (const [key, value] of values) await put(node, key, value);
    await cluster().sameValues();
    await cluster().ready();
    const { stdout } = await node.cli(['volfile']);
    readers = [await ourReader(stdout)];
    const stock = await stockReader(stdout);
    if (stock) readers.push(stock);
  });

  after(async () => {
    for (const reader of readers) await reader.close();
  });

  async function put(node: ClusterNode, key: string, value: Buffer): Promise<void> {
    await until(`${key} is committed`, async () => {
      const { status } = await node.put(encodeURI(key), value);
      if (status !== 200) throw new Error(`${status}`);
      return true;
    });
    values.set(key, value);
  }

  /** Commits a text under all marks, on nodes that can. */
  async function mark(node: ClusterNode, text: string): Promise<void> {
    for (const key of MARKS) await put(node, key, sameLength(text));
  }

  /** Every reader reads every value as it was committed; soon, and then again and again. */
  async function readsAll(): Promise<void> {
    for (const reader of readers) {
      await until(`${reader.name} reads all`, () => readsRight(reader), 30_000);
      for (let time = 0; time < 3; time += 1)
        assert.ok(await readsRight(reader), `${reader.name} does not go back`);
    }
  }

  async function readsRight(reader: ConfigReader): Promise<true> {
    for (const [key, value] of values) {
      const found = await reader.read(key);
      if (found?.equals(value) !== true)
        throw new Error(`${key}: ${found?.toString().slice(0, 40) ?? 'absent'}`);
    }
    return true;
  }

  it('reads every value byte for byte', () => readsAll());

  it('does not read from a server that was left behind, its hekafsd stopped and its brick not', async () => {
    const node = await cluster().follower();
    const [key = ''] = MARKS;
    const old = values.get(key);
    process.kill(node.daemonPid, 'SIGSTOP');
    try {
      const other = cluster().running.find((one) => one !== node);
      assert.ok(other);
      await mark(other, 'while one stands still');
      const left = readFileSync(node.valuePath(key));
      assert.deepEqual(left, old, 'its copy is old');
      await readsAll();
      await pause(1000);
      await readsAll();
    } finally {
      process.kill(node.daemonPid, 'SIGCONT');
    }
    await readsAll();
    await cluster().ready();
    await cluster().sameValues();
  });

  it('sees no wrong byte while the leader goes, reads on while it is down, and what is committed meanwhile', async () => {
    const leader = await cluster().leader();
    const before = new Map(values);
    const wrong: string[] = [];
    let isOver = false;
    const watching = readers.map(async (reader) => {
      while (!isOver)
        for (const [key, value] of before) {
          if (MARKS.includes(key)) continue;
          const found = await reader.read(key).catch(() => value);
          if (found?.equals(value) !== true) wrong.push(`${reader.name}: ${key}`);
        }
    });
    await leader.killNode();
    const [other] = cluster().running;
    assert.ok(other);
    await mark(other, 'by the next leader');
    await readsAll();
    isOver = true;
    await Promise.all(watching);
    assert.deepEqual(wrong, []);
    await leader.start();
    await cluster().ready();
    await readsAll();
  });

  it('is not misled by a hand on one brick: other bytes, a name too few, one too many', async () => {
    const [node] = cluster().nodes;
    const [ours] = readers;
    assert.ok(node && ours);
    const [changed = '', missing = ''] = MARKS;
    await cluster().sameValues();
    writeFileSync(
      node.valuePath(changed),
      sameLength('longer than what was committed, by this').toString().repeat(2),
    );
    rmSync(node.valuePath(missing));
    writeFileSync(node.valuePath('stranger'), 'by hand');
    // Of two copies no majority tells which one is right, and on a busy machine the third may be away for a moment.
    await until('the majority of three copies counts', async () => {
      for (let time = 0; time < 3; time += 1) await readsRight(ours);
      assert.equal(await ours.read('stranger'), undefined);
      return ours.log().some((line) => line.includes('lags behind'));
    });
  });

  it('reads from that brick no more once verify has seen it, and again when it is put right', async () => {
    const [node] = cluster().nodes;
    assert.ok(node);
    const seen = await node.cli(['verify']);
    assert.equal(seen.code, 8, seen.stderr);
    assert.match(node.log(), /"msg":"values cannot be read: [^"]*"/);
    await readsAll();
    for (const reader of readers) assert.equal(await reader.read('stranger'), undefined);
    const repaired = await node.cli(['verify', '--repair', '--yes']);
    assert.ok([0, 8].includes(repaired.code ?? -1), repaired.stderr);
    await cluster().sameValues();
    assert.equal((await node.cli(['verify'])).code, 0);
    await readsAll();
  });
});
