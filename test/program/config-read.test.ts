import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fd } from '../../src/fop/fd.js';
import { ROOT_FRAME } from '../../src/fop/frame.js';
import { byteString } from '../../src/fop/name.js';
import type { Notice, Translator } from '../../src/fop/translator.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import {
  type ConfigServer,
  configBrickVolfile,
  configClientVolfile,
} from '../../src/graph/volgen.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { Applier } from '../interop/applier.js';
import { type BrickProcess, startBrick } from '../interop/brick-process.js';
import { APPLIER, CLUSTER_ID, LEADER, READER } from '../unit/graph/config-cluster.js';

const VALUES = new Map([
  ['site/name', Buffer.from('Utrecht')],
  ['large', Buffer.alloc(3 * 1024 * 1024, 'L')],
]);

describe('our reader of the config values, over three bricks', function () {
  this.timeout(60_000);
  const platform = nodePlatform(nodeNetwork());
  let directory = '';
  let bricks: BrickProcess[] = [];
  let appliers: Applier[] = [];
  let graph: Graph | undefined;
  let heard: Notice['event'][] = [];

  beforeEach(async () => {
    [bricks, appliers, heard] = [[], [], []];
    directory = mkdtempSync(join(tmpdir(), 'hekafs-read-'));
    const servers: ConfigServer[] = [];
    for (const number of [1, 2, 3]) servers.push(await startServer(number));
    for (const server of servers) appliers.push(await Applier.connect(server, APPLIER));
    for (const applier of appliers) await applier.apply(VALUES);
    for (const applier of appliers) await applier.setApplied(true);
    const text = configClientVolfile(CLUSTER_ID, servers, READER);
    graph = buildGraph(text, TRANSLATORS, platform);
    graph.top.listen(({ event }) => heard.push(event));
    await graph.start();
    await until(() => heard.includes('child-up'));
  });

  afterEach(async () => {
    await graph?.stop();
    for (const applier of appliers) await applier.stop();
    for (const brick of bricks) await brick.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function startServer(number: number): Promise<ConfigServer> {
    const home = join(directory, `${number}`);
    for (const name of ['journal', 'values']) {
      mkdirSync(join(home, name), { recursive: true });
      prepareBrick(platform.disk, byteString(join(home, name)), CLUSTER_ID);
    }
    const at = { clusterId: CLUSTER_ID, directory: home, bindAddress: '127.0.0.1', port: 0 };
    const volfile = configBrickVolfile({ ...at, leader: LEADER, applier: APPLIER, reader: READER });
    const brick = await startBrick(directory, `brick-${number}`, volfile);
    bricks.push(brick);
    return { number, host: '127.0.0.1', port: brick.port };
  }

  function top(): Translator {
    assert.ok(graph);
    return graph.top;
  }

  const volume = (): Volume => new Volume(top(), { newGfid: platform.random.uuid });

  it('reads every value, and lists them', async () => {
    for (const [key, value] of VALUES) assert.ok(value.equals(await volume().readFile(key)), key);
    assert.deepEqual(
      (await volume().list('/')).map(({ name }) => name),
      ['large', 'site'],
    );
  });

  it('reads on, in an open file too, while bricks are killed one by one', async () => {
    const { gfid } = await volume().stat('large');
    const fd = new Fd(gfid, 0);
    await top().wind('open', { gfid, flags: 0, fd, xdata: null }, ROOT_FRAME);
    for (const brick of bricks.slice(0, 2)) {
      brick.kill();
      const range = { offset: 1024 * 1024, size: 4096, flags: 0, xdata: null };
      const { data } = await top().wind('readv', { fd, ...range }, ROOT_FRAME);
      assert.deepEqual(data.toString(), 'L'.repeat(4096));
      assert.equal((await volume().readFile('site/name')).toString(), 'Utrecht');
    }
    assert.ok(!heard.includes('child-down'));
    bricks[2]?.kill();
    await assert.rejects(volume().readFile('site/name'), { errno: 'ENOTCONN' });
    await until(() => heard.includes('child-down'));
  });

  it('changes nothing', async () => {
    await assert.rejects(volume().writeFile('site/name', Buffer.from('x')), { errno: 'EROFS' });
    await assert.rejects(volume().mkdir('d'), { errno: 'EROFS' });
    const [replicate] = top().children[0]?.children ?? [];
    assert.equal(replicate?.type, 'cluster/replicate');
    const below = new Volume(replicate, { newGfid: platform.random.uuid });
    await assert.rejects(below.mkdir('d'), { errno: 'EROFS' });
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) if (holds()) return;
  assert.fail('it does not come about');
}
