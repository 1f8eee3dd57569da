import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MAX_COMPONENT_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../../src/config/key.js';
import { problemOf } from './api.js';
import { Cluster, useCluster } from './cluster.js';

const MIB = 1024 * 1024;

function digest(bytes: Buffer): string {
  return `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
}

describe('values at their limits', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(2));

  for (const size of [0, 1, MIB, MAX_VALUE_BYTES])
    it(`${size} bytes come back as they were, from another node and as a file`, async () => {
      const value = randomBytes(size);
      const [writer, reader] = cluster().nodes;
      assert.ok(writer && reader);
      const set = await writer.cli(['set', `size/${size}`], value);
      assert.equal(set.code, 0, set.stderr);
      const got = await reader.cliBytes(['get', `size/${size}`]);
      assert.equal(digest(got.stdout), digest(value));
      await cluster().sameValues();
      assert.equal(digest(readFileSync(reader.valuePath(`size/${size}`))), digest(value));
    });

  it('one byte more is refused, and nothing is written', async () => {
    const [node] = cluster().nodes;
    const { revision } = (await node?.status()) ?? {};
    const value = Buffer.alloc(MAX_VALUE_BYTES + 1);
    const set = await node?.cli(['set', 'size/beyond'], value);
    assert.equal(set?.code, 1);
    assert.match(set?.stderr ?? '', /^HFS-1003 .*\nnext: /);
    const put = await node?.put('size/beyond', value);
    assert.equal(put?.status, 413);
    assert.equal(put && problemOf(put).code, 'HFS-1003');
    assert.equal((await node?.get('size/beyond'))?.status, 404);
    assert.equal((await node?.status())?.revision, revision);
  });

  const component = 'ä'.repeat(Math.floor(MAX_COMPONENT_BYTES / 2));
  const longest = `${`${'k'.repeat(MAX_COMPONENT_BYTES)}/`.repeat(3)}${'k'.repeat(MAX_COMPONENT_BYTES)}`;
  const KEYS: readonly (readonly [string, string])[] = [
    ['a component of 254 bytes of UTF-8', `keys/${component}`],
    ['four components of 255 bytes', longest],
    ['spaces, quotes, percent and newline', 'keys/a b "c" %2F\n\'$x'],
    ['dots that are not a parent', 'keys/.../..x'],
  ];
  for (const [what, key] of KEYS)
    it(`key: ${what}`, async () => {
      const [writer, reader] = cluster().nodes;
      assert.ok(writer && reader);
      const set = await writer.cli(['set', key, what]);
      assert.equal(set.code, 0, set.stderr);
      assert.equal((await reader.cli(['get', key])).stdout, what);
      await cluster().sameValues();
      assert.equal(readFileSync(reader.valuePath(key), 'utf8'), what);
    });

  const REFUSED: readonly (readonly [string, string])[] = [
    ['longer than all may be', `${longest}/${'k'.repeat(MAX_KEY_BYTES - longest.length)}`],
    ['a component too long', 'k'.repeat(MAX_COMPONENT_BYTES + 1)],
    ['a parent', 'a/../b'],
    ['an empty component', 'a//b'],
    ['reserved', '.hekafs/version'],
    ['GlusterFS keeps it', '.glusterfs/x'],
  ];
  it('keys that cannot be are refused, by both ways in', async () => {
    const [node] = cluster().nodes;
    for (const [what, key] of REFUSED) {
      const set = await node?.cli(['set', key, 'x']);
      assert.equal(set?.code, 2, what);
      assert.match(set?.stderr ?? '', /^HFS-1002 .*\nnext: /s, what);
      const put = await node?.put(encodeURIComponent(key), 'x');
      assert.ok(put?.status === 414 || put?.status === 400, `${what}: ${put?.status}`);
    }
  });
});

describe('a hand changes a file on a brick', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(2));

  it("it is put right when the node starts again, and the hand's copy is kept", async () => {
    const [node] = cluster().nodes;
    assert.ok(node);
    const keys = ['site/name', 'site/kept', 'gone', 'lost/a', 'lost/b', 'moved/a', 'link'];
    for (const key of keys) await node.put(key, `committed ${key}`);
    await cluster().sameValues();
    await node.stop();
    writeFileSync(node.valuePath('site/name'), 'by hand');
    writeFileSync(node.valuePath('site/stranger'), 'nobody committed this');
    mkdirSync(node.valuePath('strange/place'), { recursive: true });
    writeFileSync(node.valuePath('strange/place/file'), 'nor this');
    rmSync(node.valuePath('gone'));
    rmSync(node.valuePath('lost'), { recursive: true });
    renameSync(node.valuePath('moved'), node.valuePath('strange/moved'));
    mkdirSync(node.valuePath('moved'));
    renameSync(node.valuePath('strange/moved/a'), node.valuePath('moved/a'));
    rmSync(node.valuePath('link'));
    symlinkSync('/etc/hostname', node.valuePath('link'));
    writeFileSync(Buffer.concat([Buffer.from(node.valuePath('l')), Buffer.from([0xe4])]), 'latin1');
    await node.start();
    await cluster().ready();
    await cluster().sameValues();
    assert.equal(readFileSync(node.valuePath('site/name'), 'utf8'), 'committed site/name');
    for (const key of ['site/stranger', 'strange']) assert.ok(!existsSync(node.valuePath(key)));
    assert.deepEqual(Object.fromEntries(keptCopies(node.stateDir)), {
      'site/name': 'by hand',
      'site/stranger': 'nobody committed this',
      'strange/place/file': 'nor this',
      link: '/etc/hostname',
      'l\ufffd': 'latin1',
    });
    assert.match(
      node.log(),
      /"key":"[^"]*","why":"changed by hand[^"]*","path":"[^"]*conflicts[^"]*","next":/,
    );
    assert.match(
      reasons(node.stateDir),
      /"key":"link","why":"changed by hand[^"]*a symlink to \/etc/,
    );
    assert.match(node.log(), /"msg":"corrected: [^"]*"/);
  });
});

/** Why copies were kept, as it stands beside them. */
function reasons(stateDir: string): string {
  const root = join(stateDir, 'conflicts');
  const files = readdirSync(root).filter((name) => name.endsWith('.why'));
  return files.map((name) => readFileSync(join(root, name), 'utf8')).join('');
}

/** What stands below `conflicts/`, by key, whatever the date. */
function keptCopies(stateDir: string): ReadonlyMap<string, string> {
  const root = join(stateDir, 'conflicts');
  assert.ok(existsSync(root), `there is ${root}`);
  const found = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.why')) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(root.length + 1).replace(/^[^/]*\//, ''), readFileSync(path, 'utf8'));
  }
  return found;
}
