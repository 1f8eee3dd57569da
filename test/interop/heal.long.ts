import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../../src/graph/graph.js';
import { HealWorker } from '../../src/heal/heal-worker.js';
import { nodeClock } from '../../src/platform/node/clock.js';
import { until } from '../program/until.js';
import { brickPicture } from './brick-picture.js';
import { connectedGraph } from './our-client.js';
import type { Engine } from './served-brick.js';
import { shell } from './shell.js';
import { needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';
import { healVolfile } from './volume-volfiles.js';

/** Bash, run in a mount, while the brick in the middle is away. */
const MESS = `
cd $1
echo "first, and more" > grown
printf other > rewritten
rm removed
mv moved d/moved
mv dir-from dir-to/dir
echo new > tmp.1; mv tmp.1 replaced
ln hard d/hard-2
rm -r tree
mkdir -p new/deep/er; echo x > new/deep/er/file; ln -s ../deep new/link; mkfifo new/fifo
chmod 4711 same; chown 7:8 same; setfattr -n user.k -v v same; setfattr -x user.gone same
dd if=/dev/urandom of=large bs=128k count=1 seek=5 conv=notrunc status=none
truncate -s 10M sparse; echo end >> sparse
for i in $(seq 100); do echo $i > many/$i; done
`;
const BEGIN = `
cd $1
mkdir d dir-from dir-to many tree; mkdir dir-from/in; echo i > dir-from/in/side
echo t > tree/leaf
for name in same grown rewritten removed moved replaced hard; do echo "first $name" > $name; done
setfattr -n user.gone -v v same
dd if=/dev/urandom of=large bs=128k count=20 status=none
sync
`;

const MIXES: readonly (readonly Engine[])[] = [
  ['stock', 'stock', 'stock'],
  ['ours', 'stock', 'ours'],
  ['stock', 'ours'],
];

for (const engines of MIXES)
  describe(`what the stock client has written while a brick was away, healed by us: ${engines.join(' ')}`, function () {
    this.timeout(120_000);
    let volume: StockVolume;
    let graph: Graph;
    let worker: HealWorker;

    before(async function () {
      needInterop(this, 'setfattr');
      volume = await StockVolume.start('replicate', ...engines);
      const mount = await volume.mount();
      await shell(BEGIN, mount.path);
      await untilClean(volume);
      await volume.brick(1).stop();
      await shell(MESS, mount.path);
      await volume.unmount();
    });

    after(async () => {
      await worker?.stop();
      await graph?.stop();
      await volume?.stop();
    });

    it('is the same on all bricks, with no mark, and nothing in a list', async () => {
      await volume.brick(1).start();
      graph = await connectedGraph(healVolfile(volume.plan, 'replicate'));
      worker = new HealWorker(graph.byName.values(), nodeClock, { retryMs: 500 });
      worker.start();
      await until(
        'nothing is left',
        () => {
          const [status] = worker.status();
          return status?.state === 'idle' && status.filesDone > 0 && marked(volume) === 0;
        },
        30_000,
      ).catch((error: unknown) => {
        const left = JSON.stringify(worker.status().map(({ pending }) => pending));
        throw new Error(`${String(error)}: ${left}`);
      });
      // A directory that was not empty is gone when the brick's janitor has come.
      await until(
        'the bricks are the same',
        async () => {
          const pictures = await Promise.all(volume.bricks.map(picture));
          const [first, ...rest] = pictures;
          for (const other of rest) assert.deepEqual(other, first);
          return true;
        },
        30_000,
      );
      const marks = (await picture(volume.brick(1))).filter((line) =>
        line.includes('trusted.afr.'),
      );
      assert.deepEqual(marks, []);
    });

    it('has sent the blocks that had changed, and nothing of what was only renamed', () => {
      const [status] = worker.status();
      assert.ok(status);
      const changed = 128 * 1024 + 4 + 2000;
      assert.ok(status.bytesDone < 2 * changed, `${status.bytesDone} bytes`);
    });

    it('is read as it was written, over the healed brick alone', async () => {
      const healed = join(volume.brick(1).directory);
      assert.equal(await fs.readFile(join(healed, 'd/moved'), 'utf8'), 'first moved\n');
      assert.equal(await fs.readFile(join(healed, 'dir-to/dir/in/side'), 'utf8'), 'i\n');
      assert.equal(await fs.readFile(join(healed, 'replaced'), 'utf8'), 'new\n');
      assert.equal(
        (await fs.stat(join(healed, 'hard'))).ino,
        (await fs.stat(join(healed, 'd/hard-2'))).ino,
      );
      const { blocks, size } = await fs.stat(join(healed, 'sparse'));
      assert.ok(blocks * 512 < size / 10, 'its holes are holes');
    });
  });

/** How many inodes the lists of all bricks name. */
function marked(volume: StockVolume): number {
  return volume.bricks
    .flatMap(({ directory }) =>
      ['xattrop', 'dirty', 'entry-changes'].flatMap((list) => {
        const path = join(directory, '.glusterfs/indices', list);
        return existsSync(path) ? readdirSync(path) : [];
      }),
    )
    .filter((name) => /^[0-9a-f-]{36}$/.test(name)).length;
}

/** A writer's marks go a second after its last write. */
async function untilClean(volume: StockVolume): Promise<void> {
  await until('no write is under way', () => marked(volume) === 0, 30_000);
}

/** What is on a brick, but for bookkeeping. */
async function picture({ directory }: { readonly directory: string }): Promise<readonly string[]> {
  return withoutBookkeeping(await brickPicture(directory));
}

/** Marks that are all zero are as good as none, and a waiting room is made where something waits. */
function withoutBookkeeping(picture: readonly string[]): readonly string[] {
  return picture
    .filter((line) => !line.includes('.glusterfs-anonymous-inode'))
    .map((line) =>
      line
        .replace(/trusted\.afr\.[^=]*=0{24}(, )?/g, '')
        .replace(/mdata \d+ [0-9a-f]*(, )?/g, '')
        .replace(/, \}/, '}'),
    );
}
