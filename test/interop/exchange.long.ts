import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../program/until.js';
import { brickPicture } from './brick-picture.js';
import type { Engine } from './served-brick.js';
import { needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';
import { changeTree, makeTree, TREE_PROGRAMS, treeAsSeen } from './tree-of-all-kinds.js';

/** What one brick went through: who served it when, what was seen, and what lay on the disk. */
interface Life {
  readonly seen: readonly string[];
  readonly pictures: readonly (readonly string[])[];
}

/** A tree is made under the first engine, looked at and changed under the second. */
async function live(first: Engine, second: Engine): Promise<Life> {
  const volume = await StockVolume.start('none', first);
  const brick = volume.brick(0);
  const seen: string[] = [];
  const pictures: string[][] = [];
  // A mount of its own sees what is on the brick, and not what the last one remembers for a second.
  const look = async () => {
    const { path } = await volume.mount('--acl');
    seen.push(await treeAsSeen(path));
    pictures.push(await brickPicture(brick.directory, 'by name'));
  };
  try {
    const { path } = await volume.mount('--acl');
    await makeTree(path);
    await look();
    await killWithOpenFile(volume, path);
    brick.engine = second;
    await brick.start();
    await look();
    await changeTree((await volume.mount('--acl')).path);
    await look();
  } finally {
    await volume.stop();
  }
  return { seen, pictures };
}

/** The server is killed while a file is open that has no name any more. */
async function killWithOpenFile(volume: StockVolume, path: string): Promise<void> {
  const unlinked = join(volume.brick(0).directory, '.glusterfs/unlink');
  const script = 'exec 3>"$1/doomed"; echo doomed >&3; rm "$1/doomed"; sleep 600';
  const holder = spawn('bash', ['-c', script, 'bash', path], { detached: true, stdio: 'ignore' });
  await until('the open file is set aside', () => readdirSync(unlinked).length === 1);
  await volume.brick(0).kill();
  await endGroup(holder);
  await volume.unmount();
}

async function endGroup(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await ended;
}

/**
 * Stock does not take the gfid2path of a name from an inode that has others, when that name is given to another by a rename. We
 * do: whoever asks for the paths of a gfid would be led to another inode.
 */
function withoutStaleNames(picture: readonly string[] | undefined): string[] | undefined {
  return picture?.map((line) => line.replace(/, once named [^,}]*/g, ''));
}

describe('a brick that changes hands', function () {
  this.timeout(120_000);
  let stock: Life;

  before(async function () {
    needInterop(this, ...TREE_PROGRAMS);
    stock = await live('stock', 'stock');
  });

  const lives: readonly (readonly [Engine, Engine])[] = [
    ['ours', 'ours'],
    ['stock', 'ours'],
    ['ours', 'stock'],
  ];
  for (const [first, second] of lives)
    it(`made under ${first}, changed under ${second}: as if stock had served it all its life`, async () => {
      const { seen, pictures } = await live(first, second);
      for (const [index, what] of ['made', 'handed over', 'changed'].entries()) {
        assert.deepEqual(seen[index]?.split('\n'), stock.seen[index]?.split('\n'), `seen: ${what}`);
        const isOurs = first === 'ours' && second === 'ours';
        const picture = isOurs ? pictures[index] : withoutStaleNames(pictures[index]);
        const expected = withoutStaleNames(stock.pictures[index]);
        assert.deepEqual(picture, expected, `on the disk: ${what}`);
      }
    });
});
