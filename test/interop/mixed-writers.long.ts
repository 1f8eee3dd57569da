import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { DictValue } from '../../src/fop/dict.js';
import { O_CREAT, O_RDWR, O_WRONLY } from '../../src/fop/fd.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import type { Graph } from '../../src/graph/graph.js';
import { INTENT_PREFIX } from '../../src/xlators/cluster/replicate/intents.js';
import { dict, TestVolume } from '../contract/volume.js';
import { pause, until } from '../program/until.js';
import { brickPicture } from './brick-picture.js';
import { connectedGraph } from './our-client.js';
import type { Engine } from './served-brick.js';
import { needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';
import { healVolfile } from './volume-volfiles.js';

const BLOCK = 4096;
const BLOCKS = 16;

/** What two bricks must agree in, and that nothing is owed: names, attributes, contents and marks that are not 0; not what is noted in indexes. */
async function linesOf(directory: string): Promise<readonly string[]> {
  const lines = await brickPicture(directory);
  return lines
    .filter((line) => !line.includes('indices') && !line.includes('anonymous-inode'))
    .map((line) => line.replaceAll(/, trusted\.afr\.[^=]+=0+(?=[,}])/g, ''));
}

const MIXES: readonly (readonly Engine[])[] = [
  ['stock', 'stock', 'stock'],
  ['ours', 'stock', 'ours'],
];

for (const engines of MIXES)
  describe(`a volume that the stock client and ours write: ${engines.join(' ')}`, function () {
    this.timeout(120_000);
    let volume: StockVolume;
    let graph: Graph;
    let ours: TestVolume;

    before(async function () {
      needInterop(this, 'setfattr');
      volume = await StockVolume.start('replicate', ...engines);
      graph = await connectedGraph(healVolfile(volume.plan, 'replicate'));
      ours = new TestVolume(graph.top);
      await untilAllUp(ours);
    });

    after(async () => {
      await graph?.stop();
      await volume?.stop();
    });

    it('holds what both have written at the same time to one file', async () => {
      const mount = await volume.mount();
      const { gfid, fd } = await ours.create(ROOT_GFID, 'shared', O_RDWR | O_CREAT);
      const theirs = await fs.open(join(mount.path, 'shared'), 'r+');
      for (let block = 0; block < BLOCKS; block += 2) {
        await ours.write(fd, 'o'.repeat(BLOCK), block * BLOCK);
        await theirs.write(Buffer.alloc(BLOCK, 't'), 0, BLOCK, (block + 1) * BLOCK);
      }
      await theirs.close();
      await ours.release(fd);
      const expected = Array.from({ length: BLOCKS }, (_, block) => (block % 2 ? 't' : 'o'));
      for (const { directory } of volume.bricks) {
        const bytes = readFileSync(join(directory, 'shared'));
        const blocks = expected.map((_, block) => String.fromCharCode(bytes[block * BLOCK] ?? 0));
        assert.deepEqual(blocks, expected);
        assert.equal(bytes.length, BLOCKS * BLOCK);
      }
      assert.equal((await ours.stat(gfid)).size, BLOCKS * BLOCK);
      await untilEqual(volume);
    });

    it('has what we wrote while a brick was away healed by the stock daemon', async () => {
      const [d, kept] = [await ours.directory('d'), await ours.file('kept', 'first')];
      for (const name of ['removed', 'moved', 'replaced']) await ours.file(name, `first ${name}`);
      await pause(1500);
      await volume.brick(1).stop();
      await change(ours, d, kept);
      await pause(1500);
      await volume.brick(1).start();
      volume.startHealing();
      await untilEqual(volume);
      const at = (name: string) => readFileSync(join(volume.brick(1).directory, name), 'utf8');
      assert.deepEqual(
        [at('d/moved'), at('replaced'), at('made'), at('kept')],
        ['first moved', 'second', 'text', 'first, and more'],
      );
      await volume.stopHealing();
    });

    it('keeps the note of a client that died from the stock daemon, which brings nothing back', async () => {
      await ours.file('torn', 'x');
      await pause(1500);
      const bricks = graph.top.children[0]?.children.map((child) => new TestVolume(child)) ?? [];
      const note = new Map<string, DictValue>([
        ['glusterfs.xattrop-entry-create', { type: 'string', text: `${INTENT_PREFIX}gone` }],
      ]);
      const none = dict({ 'trusted.afr.v-client-0': Buffer.alloc(12) });
      for (const brick of bricks)
        await brick.wind('xattrop', { gfid: ROOT_GFID, flags: 0, dict: none }, note);
      for (const brick of bricks.slice(0, 2)) await brick.unlink(ROOT_GFID, 'torn');
      volume.startHealing();
      await pause(5000);
      await volume.stopHealing();
      const there = volume.bricks.map(({ directory }) => readNames(directory));
      assert.deepEqual(
        (await Promise.all(there)).map((names) => names.includes('torn')),
        [false, false, true],
      );
    });
  });

async function change(ours: TestVolume, d: Gfid, kept: Gfid): Promise<void> {
  await ours.unlink(ROOT_GFID, 'removed');
  await ours.rename(ROOT_GFID, 'moved', d, 'moved');
  await ours.file('tmp', 'second');
  await ours.rename(ROOT_GFID, 'tmp', ROOT_GFID, 'replaced');
  await ours.file('made', 'text');
  const deep = await ours.directory('deep');
  await ours.file('inner', 'inner', deep);
  await ours.link(kept, d, 'second');
  const fd = await ours.open(kept, O_WRONLY);
  await ours.write(fd, ', and more', 'first'.length);
  await ours.release(fd);
  const value = dict({ 'user.k': Buffer.from('v') });
  await ours.wind('setxattr', { gfid: kept, flags: 0, dict: value });
}

/** Every brick takes part once a lookup is answered by all of them: the first answer may come while one is still connecting. */
async function untilAllUp(ours: TestVolume): Promise<void> {
  const bricks = ours.top.children[0]?.children ?? [];
  await until('all bricks are up', async () => {
    for (const brick of bricks) await new TestVolume(brick).stat(ROOT_GFID);
    return true;
  });
}

async function readNames(directory: string): Promise<readonly string[]> {
  return fs.readdir(directory);
}

async function untilEqual(volume: StockVolume): Promise<void> {
  let last: unknown;
  await until('the bricks are equal', async () => {
    const [first, ...others] = await Promise.all(
      volume.bricks.map(({ directory }) => linesOf(directory)),
    );
    try {
      for (const other of others) assert.deepEqual(other, first);
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${String(last)}`);
  });
}
