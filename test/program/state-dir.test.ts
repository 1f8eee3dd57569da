import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterNode, nodePorts } from './cluster-node.js';
import { bin, run } from './run.js';
import { until } from './until.js';

describe('a state directory', function () {
  this.timeout(60_000);
  let directory: string;
  const nodes: ClusterNode[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-state-'));
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.endAll();
    rmSync(directory, { recursive: true, force: true });
  });

  const nodeAt = async (path: string) => {
    const node = new ClusterNode('n1', path, await nodePorts());
    nodes.push(node);
    return node;
  };

  /** Serves, is killed, adopts, answers: everything that goes by a path. */
  const serves = async (path: string) => {
    const node = await nodeAt(path);
    await node.start();
    const { code, stderr } = await node.cli(['serve', '--bootstrap']);
    assert.equal(code, 0, stderr);
    assert.equal((await node.cli(['set', 'k', 'v'])).code, 0);
    await until('it is ready', async () => (await node.status()).state === 'ready');
    const brick = (await node.status()).brick.pid;
    await node.killDaemon();
    await node.start();
    await until('it is ready again', async () => (await node.status()).state === 'ready');
    assert.equal((await node.status()).brick.pid, brick, 'the brick was adopted');
    assert.equal((await node.cli(['get', 'k'])).stdout, 'v');
    assert.equal(await node.stop(), 0);
  };

  it('may be deep: its socket is reached although its path does not fit into one', async () => {
    const path = join(directory, 'd'.repeat(100), 'e'.repeat(100), 'state');
    mkdirSync(join(path, '..'), { recursive: true });
    await serves(path);
    assert.ok(!readdirSync(path).includes('hekafsd.sock'), 'the socket goes with the daemon');
    const [node] = nodes;
    const none = await node?.cli(['status', '--timeout', '1']);
    assert.equal(none?.code, 6);
    assert.match(none?.stderr ?? '', /^HFS-2003 no hekafsd answers at .*e\/state\/hekafsd.sock: /);
  });

  it('may have blanks, quotes and letters of all kinds', () =>
    serves(join(directory, 'a "state" dir, größe 国')));

  it('may be a symlink, and end in a slash', async () => {
    mkdirSync(join(directory, 'real'));
    symlinkSync('real', join(directory, 'link'));
    await serves(join(directory, 'link'));
    const said = await run(bin('hfs_config'), ['--state-dir', `${directory}/real/`, 'status']);
    assert.equal(said.code, 6);
    assert.ok(said.stderr.includes(`${directory}/real/hekafsd.sock`), said.stderr);
  });

  const refused = async (path: string, why: RegExp) => {
    const said = await run(bin('hekafsd'), ['--state-dir', path, '--http', '127.0.0.1:0']);
    assert.equal(said.code, 1);
    assert.match(said.stderr, /^HFS-5102 state directory .* cannot be used: [^\n]*\nnext: /);
    assert.match(said.stderr, why);
    assert.match(said.stderr, /--state-dir/);
  };

  it('that is a file, or below one, or nowhere, is refused', async () => {
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('nothing', join(directory, 'dangling'));
    await refused(join(directory, 'file'), /a file stands where a directory should be/);
    await refused(join(directory, 'file/below'), /a file stands where a directory should be/);
    await refused(join(directory, 'x'.repeat(300)), /too long/);
    await refused(join(directory, 'dangling'), /a symlink leads to nothing/);
  });

  it('that this user may not write is refused', async function () {
    if (process.getuid?.() === 0) return this.skip();
    chmodSync(directory, 0o500);
    await refused(join(directory, 'state'), /may not write there/);
    await refused(directory, /may not write there/);
    chmodSync(directory, 0o700);
  });
});
