import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import {
  type ConfigServer,
  configApplierVolfile,
  configBrickVolfile,
  configJournalVolfile,
  configValuesVolfile,
} from '../../src/graph/volgen.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { APPLIER, CLUSTER_ID, LEADER, READER } from '../unit/graph/config-cluster.js';
import { makeBrick } from './brick-process.js';
import { needInterop } from './stock-client.js';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('our client on a stock glusterfsd', function () {
  this.timeout(60_000);
  let directory = '';
  let brick: ChildProcess | undefined;
  let graph: Graph | undefined;
  let server: ConfigServer = { number: 1, host: '127.0.0.1', port: 0 };
  const users = { leader: LEADER, applier: APPLIER, reader: READER };

  before(async function () {
    needInterop(this, 'glusterfsd');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    for (const name of ['journal', 'values']) makeBrick(join(directory, name), CLUSTER_ID);
    server = { ...server, port: await freePort() };
    const address = { bindAddress: server.host, port: server.port };
    const engine = 'glusterfs';
    const text = configBrickVolfile({
      ...{ clusterId: CLUSTER_ID, directory, engine },
      ...{ ...address, ...users },
    });
    const [volfile, log] = [join(directory, 'brick.vol'), join(directory, 'brick.log')];
    writeFileSync(volfile, text);
    brick = spawn('glusterfsd', ['-N', '-f', volfile, '-l', log], { stdio: 'ignore' });
    graph = await connected(configJournalVolfile(server, LEADER));
  });

  after(async () => {
    await graph?.stop();
    if (brick && brick.exitCode === null) {
      const ended = once(brick, 'exit');
      brick.kill('SIGKILL');
      await ended;
    }
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  it('uses the volfile that volgen made: the writer keeps files in the journal', async () => {
    assert.ok(graph);
    const volume = new Volume(graph.top, { newGfid: randomUUID });
    const data = randomBytes(3 * 1024 * 1024 + 5);
    await volume.mkdir('d');
    await volume.writeFile('d/file', Buffer.from('first'));
    await volume.writeFile('d/file', data);
    assert.ok(data.equals(readFileSync(join(directory, 'journal/d/file'))), 'on the brick');
    assert.ok(data.equals(await volume.readFile('d/file')), 'read back');
    await volume.setxattr('d/file', 'user.colour', Buffer.from('blue'));
    assert.equal((await volume.getxattr('d/file', 'user.colour')).toString(), 'blue');
    await volume.rename('d/file', 'd/other');
    assert.deepEqual(
      (await volume.list('d')).map(({ name, stat }) => [name, stat.size]),
      [['other', data.length]],
    );
    await volume.unlink('d/other');
    await volume.rmdir('d');
    assert.deepEqual(await volume.list('/'), []);
    await assert.rejects(volume.stat('d'), { errno: 'ENOENT' });
    const complaints = readFileSync(join(directory, 'brick.log'), 'utf8');
    const refused = complaints.match(/not available for procedure 55/g) ?? [];
    assert.equal(refused.length, 1, 'it is asked for put once, and not again');
  });

  it('lets the applier change the values, and the reader only read them', async () => {
    const applier = await connected(configApplierVolfile(server, APPLIER, 'glusterfs'));
    const reader = await connected(configValuesVolfile(server, READER));
    try {
      const [mine, theirs] = [applier, reader].map(
        ({ top }) => new Volume(top, { newGfid: randomUUID }),
      );
      assert.ok(mine && theirs);
      await mine.writeFile('key', Buffer.from('value'));
      assert.equal((await theirs.readFile('key')).toString(), 'value');
      await assert.rejects(theirs.writeFile('other', Buffer.from('x')), { errno: 'EROFS' });
      await assert.rejects(theirs.unlink('key'), { errno: 'EROFS' });
      await assert.rejects(theirs.setxattr('key', 'user.x', Buffer.from('y')), { errno: 'EROFS' });
      await mine.unlink('key');
      assert.deepEqual(await theirs.list('/'), []);
    } finally {
      await applier.stop();
      await reader.stop();
    }
    await assert.rejects(connected(configApplierVolfile(server, READER, 'glusterfs')), /refused/);
  });

  it('and the reader is refused there', async () => {
    await assert.rejects(connected(configJournalVolfile(server, READER)), /refused/);
  });
});

/** A graph of one client, once it is up. */
async function connected(volfile: string): Promise<Graph> {
  const graph = buildGraph(volfile, TRANSLATORS, nodePlatform(nodeNetwork()));
  const isUp = new Promise<boolean>((resolve) => {
    graph.top.listen(({ event }) => {
      if (event === 'child-up' || event === 'auth-failed') resolve(event === 'child-up');
    });
  });
  await graph.start();
  if (await isUp) return graph;
  await graph.stop();
  throw new Error('refused');
}
