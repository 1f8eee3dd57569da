import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import { isDirectory, isRegular } from '../../src/fop/iatt.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import { handlePath } from '../../src/xlators/storage/posix/handle-path.js';
import { TestVolume } from '../contract/volume.js';
import { freePorts } from '../program/free-port.js';
import { Injected } from '../program/injected.js';
import { until } from '../program/until.js';
import { type Ground, makeGround } from '../sim/brick-changes.js';
import { pictureOf } from '../sim/brick-picture.js';
import { complaintsOf, visibleOf } from '../sim/brick-soundness.js';
import { bareBrick, bareClient } from './bare-volfiles.js';
import { type BrickProcess, makeBrick, startBrick } from './brick-process.js';
import { connectedGraph } from './our-client.js';
import { startStockBrick } from './stock-brick.js';
import { needInterop } from './stock-client.js';

/** One call of a fop at which the brick's process dies; `path` is below the brick. */
interface Point {
  readonly what: string;
  readonly call: string;
  /** Names that the fop may change. */
  readonly touched: RegExp;
  readonly path: (ground: Ground, gfid: string) => string;
  readonly run: (ground: Ground, gfid: string) => Promise<unknown>;
}

const create = ({ volume }: Ground, gfid: string) =>
  volume.create(ROOT_GFID, 'new', undefined, gfid);
const unlink = ({ volume }: Ground) => volume.unlink(ROOT_GFID, 'file');
const renameOver = ({ volume, directory }: Ground) =>
  volume.rename(ROOT_GFID, 'file', directory, 'other');
const moveDirectory = ({ volume, directory }: Ground) =>
  volume.rename(ROOT_GFID, 'full', directory, 'new');

/** The simulator walks through every call (test/sim/brick-crash.ts); these are real ones of each kind. */
const POINTS: readonly Point[] = [
  { what: 'create, at its name', call: 'link', path: () => 'new', run: create, touched: /^\/new$/ },
  {
    what: 'create, at its handle',
    call: 'link',
    path: (_, gfid) => handlePath(gfid),
    run: create,
    touched: /^\/new$/,
  },
  {
    what: 'create, when it is tidied up',
    call: 'unlink',
    path: (_, gfid) => `.glusterfs/unlink/${gfid}-new`,
    run: create,
    touched: /^\/new$/,
  },
  {
    what: 'unlink, at its name',
    call: 'unlink',
    path: () => 'file',
    run: unlink,
    touched: /^\/file$/,
  },
  {
    what: 'unlink, at its handle',
    call: 'unlink',
    path: ({ file }) => handlePath(file),
    run: unlink,
    touched: /^\/file$/,
  },
  {
    what: 'rename over a file',
    call: 'rename',
    path: () => 'file',
    run: renameOver,
    touched: /^\/(file|directory\/other)$/,
  },
  {
    what: 'rename over a file, at the handle of the other',
    call: 'unlink',
    path: ({ other }) => handlePath(other),
    run: renameOver,
    touched: /^\/(file|directory\/other)$/,
  },
  {
    what: 'link',
    call: 'link',
    path: () => 'new',
    run: ({ volume, linked }) => volume.link(linked, ROOT_GFID, 'new'),
    touched: /^\/(new|linked|directory\/second|full\/third)$/,
  },
  {
    what: 'mkdir',
    call: 'rename',
    path: (_, gfid) => `.glusterfs/unlink/${gfid}-new`,
    run: ({ volume }, gfid) =>
      volume.wind(
        'mkdir',
        { pargfid: ROOT_GFID, bname: 'new', mode: 0o755, umask: 0 },
        volume.wantGfid(gfid),
      ),
    touched: /^\/new$/,
  },
  {
    what: 'rmdir, at the handle',
    call: 'unlink',
    path: ({ empty }) => handlePath(empty),
    run: ({ volume }) => volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'empty', xflags: 0 }),
    touched: /^\/empty$/,
  },
  {
    what: 'rename of a directory, at its handle',
    call: 'rename',
    path: ({ full }) => `.glusterfs/unlink/${full}-handle`,
    run: moveDirectory,
    touched: /^(\/full|\/directory\/new|\/linked$|\/directory\/second$)/,
  },
];

/** What a crash left without a name goes to the landfill; it is not to be waited for. */
const JANITOR = '    option janitor-sleep-duration 1\n';
const ADDRESS = { 'auth.addr.brick.allow': '127.0.0.1' };

describe('a brick whose process is killed within a fop', function () {
  this.timeout(120_000);
  const disk = nodeDisk();
  let directory = '';
  let port = 0;
  let running: BrickProcess | undefined;

  before(async function () {
    needInterop(this, 'strace', 'glusterfsd');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-crash-'));
    port = await freePorts(1);
  });
  afterEach(() => running?.kill());
  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  for (const [index, point] of POINTS.entries())
    it(`is whole after the next start, and stock serves it before and after: ${point.what}`, async () => {
      const path = join(directory, `brick${index}`);
      makeBrick(path);
      const volfile = bareBrick(path, port, ADDRESS).replace('    option', `${JANITOR}    option`);
      const before = await killedWithin(point, path, volfile);
      await stockServesCopy(path);
      const again = await startBrick(directory, 'again', volfile);
      running = again;
      await until('the brick is sound', () => isSound(path), 30_000);
      await again.stop();
      const seen = visibleOf(pictureOf(disk, path));
      const others = (lines: ReadonlyMap<string, string>) =>
        [...lines].filter(([name]) => !point.touched.test(name));
      assert.deepEqual(others(seen), others(before));
      await stockServes(volfile);
    });

  /** Stock glusterfsd may also be the first to start on what a crash has left. */
  async function stockServesCopy(path: string): Promise<void> {
    execFileSync('cp', ['-a', path, `${path}.copy`]);
    await stockServes(bareBrick(`${path}.copy`, port, ADDRESS));
  }

  async function stockServes(volfile: string): Promise<void> {
    const stock = await startStockBrick(directory, 'stock', volfile);
    try {
      await connected((volume) => useAll(volume, ROOT_GFID));
    } finally {
      await stock.stop();
    }
  }

  /** What clients saw before the fop in which the brick dies. */
  async function killedWithin(point: Point, path: string, volfile: string) {
    const brick = await startBrick(directory, 'first', volfile);
    running = brick;
    return connected(async (volume) => {
      const gfid = randomUUID();
      const ground = await makeGround(volume);
      const before = visibleOf(pictureOf(disk, path));
      const victim = join(path, point.path(ground, gfid));
      const injected = await Injected.killing(brick.pid, [point.call], victim);
      await assert.rejects(point.run(ground, gfid));
      await brick.ended;
      await injected.end();
      return before;
    });
  }

  async function connected<T>(work: (volume: TestVolume) => Promise<T>): Promise<T> {
    const graph = await connectedGraph(bareClient(port, {}));
    try {
      return await work(new TestVolume(graph.top));
    } finally {
      await graph.stop();
    }
  }

  /** Throws what is wrong. */
  function isSound(path: string): true {
    assert.deepEqual(complaintsOf(pictureOf(disk, path)), []);
    return true;
  }
});

/** Looks everything up, and reads and removes all that is there: each of these needs the handle. */
async function useAll(volume: TestVolume, pargfid: Gfid): Promise<void> {
  for (const name of await volume.names(pargfid)) {
    if (pargfid === ROOT_GFID && name === '.glusterfs') continue;
    const { stat } = await volume.lookup(pargfid, name);
    if (isRegular(stat)) await read(volume, stat.gfid);
    if (isDirectory(stat)) {
      await useAll(volume, stat.gfid);
      await volume.wind('rmdir', { pargfid, bname: name, xflags: 0 });
    } else await volume.unlink(pargfid, name);
  }
}

async function read(volume: TestVolume, gfid: Gfid): Promise<void> {
  const fd = await volume.open(gfid, 0);
  await volume.read(fd);
  await volume.release(fd);
}
