import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { bin, run } from './run.js';
import { until } from './until.js';

/*
 * What a node keeps for itself, spoiled while it is stopped: hekafsd goes on with what is good and says so, or ends with
 * one clear error and has touched nothing.
 */

interface Refusal {
  readonly what: string;
  readonly error: RegExp;
  spoil(node: ClusterNode): void;
}

const file = (node: ClusterNode, name: string): string => join(node.stateDir, name);

function flip(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('"data"') + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'both generations of the state empty',
    error:
      /^HFS-5003 \S+state\.json is damaged: it is empty; .* it is empty\nnext: .*join again as a new node\n$/,
    spoil: (node) => {
      writeFileSync(file(node, 'state.json'), '');
      writeFileSync(file(node, 'state.json.bak'), '');
    },
  },
  {
    what: 'a state of zero bytes, and another program’s beside it',
    error: /^HFS-5003 \S+state\.json is damaged: .*\nnext: /,
    spoil: (node) => {
      writeFileSync(file(node, 'state.json'), Buffer.alloc(500));
      writeFileSync(file(node, 'state.json.bak'), '{"name":"something else"}');
    },
  },
  {
    what: 'a state that a newer release wrote',
    error:
      /^HFS-5003 the state cannot be read: a newer hekafsd wrote it: .*\nnext: start the newer/,
    spoil: (node) => {
      const text = readFileSync(file(node, 'state.json'), 'utf8');
      writeFileSync(file(node, 'state.json'), text.replace('"v":1', '"v":9'));
    },
  },
  {
    what: 'hekafsd.json that is cut',
    error:
      /^HFS-1001 \S+hekafsd\.json cannot be used: .*\nnext: correct the file or move it away\n$/,
    spoil: (node) => writeFileSync(file(node, 'hekafsd.json'), '{"http":'),
  },
  {
    what: 'hekafsd.json that is empty',
    error: /^HFS-1001 \S+hekafsd\.json cannot be used: .*\nnext: /,
    spoil: (node) => writeFileSync(file(node, 'hekafsd.json'), ''),
  },
  {
    what: 'a directory in the place of hekafsd.json',
    error: /^HFS-1001 \S+hekafsd\.json cannot be read: EISDIR .*\nnext: /,
    spoil: (node) => mkdirSync(file(node, 'hekafsd.json')),
  },
  {
    what: 'a directory in the place of the token',
    error: /^HFS-5003 \S+token cannot be used: EISDIR .*\nnext: move it away/,
    spoil: (node) => {
      rmSync(file(node, 'token'));
      mkdirSync(file(node, 'token'));
    },
  },
];

/** Every file's bytes, to be put back, and compared. */
function copyOf(directory: string): ReadonlyMap<string, Buffer | null> {
  const names = readdirSync(directory).filter((name) => !['brick', 'run'].includes(name));
  const content = (path: string) => (statSync(path).isDirectory() ? null : readFileSync(path));
  return new Map(names.sort().map((name) => [name, content(join(directory, name))]));
}

function putBack(directory: string, copy: ReadonlyMap<string, Buffer | null>): void {
  for (const name of copyOf(directory).keys())
    rmSync(join(directory, name), { recursive: true, force: true });
  for (const [name, bytes] of copy)
    if (bytes !== null) writeFileSync(join(directory, name), bytes, { mode: 0o600 });
}

describe('the files of a node, spoiled', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1));
  const only = () => cluster().node('n1');
  let sound: ReadonlyMap<string, Buffer | null>;

  before(async () => {
    await only().put('kept', 'x');
    await only().stop();
    sound = copyOf(only().stateDir);
  });

  afterEach(() => {
    if (!only().isRunning) putBack(only().stateDir, sound);
  });

  for (const { what, error, spoil } of REFUSALS)
    it(`${what}: one clear error, nothing touched`, async () => {
      spoil(only());
      const before = copyOf(only().stateDir);
      const said = await run(bin('hekafsd'), only().arguments);
      assert.match(said.stderr, error);
      assert.ok(said.code === 1 || said.code === 2, String(said.code));
      assert.deepEqual(copyOf(only().stateDir), before);
    });

  it('one bit of the state: the generation before it is used, loudly, and the damaged one kept', async () => {
    flip(file(only(), 'state.json'));
    const damaged = readFileSync(file(only(), 'state.json'));
    writeFileSync(file(only(), 'token'), 'short');
    writeFileSync(file(only(), 'hekafsd.pid'), `${process.pid}\n`);
    writeFileSync(file(only(), 'run/brick.pid'), `${process.pid}\n`);
    await only().start();
    await cluster().ready();
    assert.equal((await only().cli(['get', 'kept'])).stdout, 'x');
    assert.match(only().log(), /"code":"HFS-5003".*the generation before it is used/);
    assert.deepEqual(readFileSync(file(only(), 'state.json.damaged-1')), damaged);
    assert.match(only().log(), /the token of this node was replaced/);
    assert.match(only().token, /^[0-9a-f]{64}$/);
  });

  it('run/ and the socket removed while it runs: both come back, the brick stays watched', async () => {
    rmSync(file(only(), 'run'), { recursive: true });
    rmSync(file(only(), 'hekafsd.sock'));
    const children = readdirSync('/proc').filter((pid) => isBrick(pid, only().stateDir));
    assert.equal(children.length, 1);
    await until('the socket is back', () => existsSync(file(only(), 'hekafsd.sock')));
    assert.equal((await only().cli(['get', 'kept'])).stdout, 'x');
    process.kill(Number(children[0]), 'SIGKILL');
    await until('another brick', () => only().brickPid !== undefined);
    await cluster().ready();
    assert.equal((await only().put('kept', 'y')).status, 200);
  });

  it('run/ removed before the next hekafsd: it finds its brick all the same', async () => {
    const brick = only().brickPid;
    await only().killDaemon();
    rmSync(file(only(), 'run'), { recursive: true });
    chmodSync(file(only(), 'token'), 0o644);
    await only().start();
    await cluster().ready();
    const now = (await only().status()).brick.pid;
    assert.ok(now !== null && only().brickPid === now);
    assert.notEqual(now, brick, 'its volfile was gone: it was ended, and another one started');
    assert.match(only().log(), /its mode was 644/);
    assert.equal((await only().cli(['get', 'kept'])).stdout, 'y');
  });

  it('hekafsd.pid removed: a second daemon is refused nevertheless', async () => {
    rmSync(file(only(), 'hekafsd.pid'));
    const said = await run(bin('hekafsd'), only().arguments);
    assert.equal(said.code, 1);
    assert.match(said.stderr, /^HFS-5002 .*\nnext: /);
  });
});

function isBrick(pid: string, stateDir: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${stateDir}/run/brick.vol`);
  } catch {
    return false;
  }
}
