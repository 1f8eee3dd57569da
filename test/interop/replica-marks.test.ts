import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { O_WRONLY } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT, SETATTR_MODE } from '../../src/fop/iatt.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { dict, TestVolume } from '../contract/volume.js';
import { freePorts } from '../program/free-port.js';
import { makeBrick } from './brick-process.js';
import { needInterop, stockMount } from './stock-client.js';

const VOLUME_ID = '22dc9034-7373-4c06-8fd1-f5447caeb6f8';
const NUMBERS = [0, 1, 2] as const;
/** Files that both clients find. */
const BEFORE = [
  ...['written', 'truncated', 'chmoded', 'with-xattr', 'removed', 'moved', 'linked'],
] as const;
/** What there is after both have changed the same, of which these are owed nothing themselves. */
const UNMARKED = ['moved-on', 'linked'];
const AFTER = [
  ...['made', 'directory', 'written', 'truncated', 'chmoded', 'with-xattr'],
  ...UNMARKED,
];

const brickVolfile = (directory: string, port: number): string => `
volume brick-posix
    type storage/posix
    option directory ${directory}
    option volume-id ${VOLUME_ID}
end-volume
volume brick-locks
    type features/locks
    subvolumes brick-posix
end-volume
volume brick-index
    type features/index
    option index-base ${directory}/.glusterfs/indices
    option xattrop-pending-watchlist trusted.afr.v-
    option xattrop-dirty-watchlist trusted.afr.dirty
    subvolumes brick-locks
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.address-family inet
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port ${port}
    option auth.addr.brick-index.allow *
    subvolumes brick-index
end-volume
`;

const client = (number: number, port: number): string => `
volume v-client-${number}
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume brick-index
    option ping-timeout 5
end-volume
`;

const clientVolfile = (ports: readonly number[]): string => `
${NUMBERS.map((number) => client(number, ports[number] ?? 0)).join('')}
volume v-replicate-0
    type cluster/replicate
    option afr-pending-xattr v-client-0,v-client-1,v-client-2
    option volume-id ${VOLUME_ID}
    option granular-entry-heal on
    option use-anonymous-inode yes
    option quorum-type auto
    subvolumes v-client-0 v-client-1 v-client-2
end-volume
`;

describe('our replicate on stock bricks, after the stock client has written with one of them away', function () {
  this.timeout(120_000);
  let directory = '';
  let ports: number[] = [];
  const bricks = new Map<number, ChildProcess>();
  let graph: Graph | undefined;
  let volume: Volume;
  let logged: string[];

  before(async function () {
    needInterop(this, 'glusterfsd');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    const first = await freePorts(NUMBERS.length);
    ports = NUMBERS.map((number) => first + number);
    for (const number of NUMBERS) {
      makeBrick(at(number), VOLUME_ID);
      mkdirSync(join(at(number), '.glusterfs'));
      writeFileSync(join(directory, `${number}.vol`), brickVolfile(at(number), ports[number] ?? 0));
      startBrick(number);
    }
    await writeWithOneAway();
    startBrick(1);
    await connect();
  });

  after(async () => {
    await graph?.stop();
    for (const number of [...bricks.keys()]) await killBrick(number);
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  const at = (number: number, name = ''): string => join(directory, `brick-${number}`, name);

  function startBrick(number: number): void {
    const [volfile, log] = ['vol', 'log'].map((end) => join(directory, `${number}.${end}`));
    const words = ['-N', '-f', volfile ?? '', '-l', log ?? ''];
    bricks.set(number, spawn('glusterfsd', words, { stdio: 'ignore' }));
  }

  async function killBrick(number: number): Promise<void> {
    const brick = bricks.get(number);
    bricks.delete(number);
    if (brick === undefined || brick.exitCode !== null) return;
    const ended = once(brick, 'exit');
    brick.kill('SIGKILL');
    await ended;
  }

  /** All of it through the stock client, which is gone afterwards: what it would heal stays as it is. */
  async function writeWithOneAway(): Promise<void> {
    const mount = await stockMount(directory, 'writer', clientVolfile(ports));
    const path = (name: string): string => join(mount.path, name);
    try {
      await until(async () => {
        // Made anew each time: a brick that was not yet connected has missed it.
        await fs.rm(path('warm'), { force: true });
        await fs.writeFile(path('warm'), '');
        for (const number of NUMBERS) await fs.access(at(number, 'warm'));
        return true;
      });
      await fs.mkdir(path('d'));
      for (const name of ['same', 'grown', 'rewritten', 'removed', 'moved', 'd/inner'])
        await fs.writeFile(path(name), `first ${name}`);
      await fs.chmod(path('same'), 0o600);
      for (const side of ['theirs', 'ours']) {
        await fs.mkdir(path(side));
        for (const name of BEFORE) await fs.writeFile(path(`${side}/${name}`), `first ${name}`);
      }
      await until(async () => (await fs.readFile(at(1, 'd/inner'), 'utf8')) === 'first d/inner');
      await sleep(1500);
      await killBrick(1);
      await fs.appendFile(path('grown'), ', and more');
      await fs.writeFile(path('rewritten'), 'other rewritten'.slice(0, 'first rewritten'.length));
      await fs.unlink(path('removed'));
      await fs.rename(path('moved'), path('d/moved'));
      await fs.writeFile(path('made'), 'made meanwhile');
      await fs.chmod(path('same'), 0o640);
      await changeThrough(path('theirs'));
      await connect([0, 2]);
      assert.ok(graph);
      await changeOurselves(new TestVolume(graph.top));
      await graph.stop();
      await sleep(1500);
    } finally {
      await mount.unmount();
    }
  }

  /** What the distribution's client does, by system calls. */
  async function changeThrough(path: string): Promise<void> {
    await fs.writeFile(join(path, 'made'), 'text');
    await fs.mkdir(join(path, 'directory'));
    await fs.symlink('to', join(path, 'symlink'));
    await fs.appendFile(join(path, 'written'), ', and more');
    await fs.truncate(join(path, 'truncated'), 2);
    await fs.chmod(join(path, 'chmoded'), 0o600);
    execFileSync('setfattr', ['-n', 'user.a', '-v', 'x', join(path, 'with-xattr')]);
    await fs.unlink(join(path, 'removed'));
    await fs.rename(join(path, 'moved'), join(path, 'moved-on'));
    await fs.link(join(path, 'linked'), join(path, 'second'));
  }

  /** The same as fops of ours. */
  async function changeOurselves(ours: TestVolume): Promise<void> {
    const parent = (await ours.lookup(ROOT_GFID, 'ours')).stat.gfid;
    const gfidOf = async (name: string) => (await ours.lookup(parent, name)).stat.gfid;
    await ours.file('made', 'text', parent);
    await ours.mkdir(parent, 'directory');
    const symlink = { pargfid: parent, bname: 'symlink', umask: 0, linkname: 'to' };
    await ours.wind('symlink', symlink, ours.wantGfid());
    const fd = await ours.open(await gfidOf('written'), O_WRONLY);
    await ours.write(fd, ', and more', 'first written'.length);
    await ours.release(fd);
    await ours.wind('truncate', { gfid: await gfidOf('truncated'), offset: 2 });
    const stbuf = { ...NO_IATT, mode: 0o600 };
    await ours.wind('setattr', { gfid: await gfidOf('chmoded'), valid: SETATTR_MODE, stbuf });
    const value = dict({ 'user.a': Buffer.from('x') });
    const at = await gfidOf('with-xattr');
    await ours.wind('setxattr', { gfid: at, flags: 0, dict: value });
    await ours.unlink(parent, 'removed');
    await ours.rename(parent, 'moved', parent, 'moved-on');
    await ours.link(await gfidOf('linked'), parent, 'second');
  }

  /** All marks of a file on a brick, in hex. */
  function marksOf(number: number, name: string): string {
    const words = ['--absolute-names', '-h', '-d', '-m', 'trusted.afr', '-e', 'hex'];
    const text = execFileSync('getfattr', [...words, at(number, name)], { encoding: 'utf8' });
    const lines = text.split('\n').filter((line) => line.startsWith('trusted.afr'));
    return lines
      .filter((line) => !/=0x0{24}$/.test(line))
      .sort()
      .join(' ');
  }

  async function connect(expected: readonly number[] = NUMBERS): Promise<void> {
    const platform = nodePlatform(nodeNetwork());
    logged = [];
    const made = buildGraph(clientVolfile(ports), TRANSLATORS, platform);
    graph = made;
    const up = new Set<string>();
    for (const child of made.top.children)
      child.listen(({ event, from }) => event === 'child-up' && up.add(from.name));
    made.top.listen((notice) => {
      if (notice.event === 'log')
        logged.push(`${notice.message} ${String(notice.fields?.['subvolume'])}`);
    });
    await made.start();
    await until(() => up.size === expected.length);
    volume = new Volume(made.top, { newGfid: () => platform.random.uuid() });
  }

  const EXPECTED: readonly (readonly [string, string])[] = [
    ['same', 'first same'],
    ['grown', 'first grown, and more'],
    ['rewritten', 'other rewritten'],
    ['d/inner', 'first d/inner'],
    ['d/moved', 'first moved'],
    ['made', 'made meanwhile'],
  ];
  for (const [name, text] of EXPECTED)
    it(`reads ${name} as it was written last`, async () => {
      for (let time = 0; time < 3; time += 1)
        assert.equal((await volume.readFile(name)).toString(), text);
    });

  it('finds neither what was removed nor what was moved away, though the brick still has it', async () => {
    for (const name of ['removed', 'moved']) {
      await fs.access(at(1, name));
      await assert.rejects(volume.stat(name), { errno: 'ENOENT' });
    }
  });

  it('tells attributes that the brick has missed', async () => {
    assert.equal((await volume.stat('same')).mode & 0o777, 0o640);
    assert.equal((await fs.stat(at(1, 'same'))).mode & 0o777, 0o600);
  });

  for (const name of ['', ...AFTER])
    it(`is blamed for missing ${name || 'the names'} as by the stock client, and nothing else is noted`, () => {
      for (const number of [0, 2]) {
        const theirs = marksOf(number, `theirs/${name}`);
        assert.equal(marksOf(number, `ours/${name}`), theirs);
        if (!UNMARKED.includes(name)) assert.match(theirs, /v-client-1=0x0*[1-9]/);
      }
    });

  it('lists what is there', async () => {
    const names = async (path: string) => (await volume.list(path)).map(({ name }) => name);
    const root = (await names('/')).filter((name) => !name.startsWith('.glusterfs'));
    assert.deepEqual(root, [
      ...['d', 'grown', 'made', 'ours', 'rewritten', 'same', 'theirs', 'warm'],
    ]);
    assert.deepEqual(await names('d'), ['inner', 'moved']);
  });

  it('says which brick lags', () => {
    assert.deepEqual(
      [...new Set(logged)],
      ['a subvolume lags behind; its good files are read, others elsewhere v-client-1'],
    );
  });

  it('marks symlinks, as the stock client does not', () => {
    assert.equal(marksOf(0, 'theirs/symlink'), '');
    assert.equal(marksOf(0, 'ours/symlink'), 'trusted.afr.v-client-1=0x000000000000000100000000');
  });

  it('has healed the names that it has looked up, and no content', async () => {
    const marks = execFileSync('getfattr', [
      ...['--absolute-names', '--only-values', '-n', 'trusted.afr.v-client-1'],
      at(0, 'rewritten'),
    ]);
    assert.equal(marks.length, 12);
    assert.ok(marks.readInt32BE(0) > 0, 'the brick that was away still owes data');
    await assert.rejects(fs.access(at(1, 'removed')));
    assert.equal(await fs.readFile(at(1, 'made'), 'utf8'), '');
  });
});

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  let last: unknown;
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100))
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
  assert.fail(`it does not come about: ${String(last)}`);
}
