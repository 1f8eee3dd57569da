import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import { ClusterNode, nodePorts } from './cluster-node.js';
import { holdPort } from './free-port.js';
import { bin, run } from './run.js';
import { until } from './until.js';

describe('the life of a hekafsd', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1));
  const only = () => cluster().node('n1');

  it('kill -9: the brick lives on, and the next hekafsd adopts it', async () => {
    const node = only();
    const brick = node.brickPid;
    assert.ok(brick);
    await node.put('kept', 'x');
    await node.killDaemon();
    assert.equal(node.brickPid, brick);
    await node.start();
    await cluster().ready();
    assert.equal((await node.status()).brick.pid, brick);
    assert.equal(node.brickPid, brick);
    assert.equal((await node.cli(['get', 'kept'])).stdout, 'x');
    node.killBrick();
    await until('an adopted brick is watched too', () => {
      const pid = node.brickPid;
      return pid !== undefined && pid !== brick;
    });
    await cluster().ready();
    assert.equal((await node.cli(['set', 'kept', 'y'])).code, 0);
  });

  it('a second one on its state directory is refused and disturbs nothing', async () => {
    const node = only();
    const { daemonPid, brickPid } = node;
    const said = await run(bin('hekafsd'), node.arguments);
    assert.equal(said.code, 1);
    assert.match(said.stderr, new RegExp(`HFS-5002 .*process id ${daemonPid} .*\nnext: `));
    assert.equal(node.brickPid, brickPid);
    assert.equal((await node.cli(['get', 'kept'])).code, 0);
  });

  it('SIGTERM: exits with 0 and takes the brick along; values are there on the next start', async () => {
    const node = only();
    assert.equal(await node.stop(), 0);
    assert.equal(node.brickPid, undefined);
    for (const words of [['get', 'kept'], ['serve', '--bootstrap'], ['join', 'a:1'], ['retire']]) {
      const none = await node.cli([...words, '--timeout', '1']);
      assert.equal(none.code, 6);
      assert.match(none.stderr, /^HFS-2003 .*\nnext: start it: hekafsd --state-dir \S+, or say/);
    }
    await node.start();
    await cluster().ready();
    assert.equal((await node.cli(['get', 'kept'])).stdout, 'y');
  });
});

describe('a port that is taken', function () {
  this.timeout(60_000);
  let directory: string;
  let node: ClusterNode;
  const held: Server[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-ports-'));
    node = new ClusterNode('n1', join(directory, 'n1'), await nodePorts());
  });

  afterEach(async () => {
    for (const server of held.splice(0)) await new Promise((done) => server.close(done));
    await node.endAll();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const which of ['http', 'mgmt'] as const)
    it(`${which}: hekafsd says which, and ends`, async () => {
      held.push(await holdPort(node.ports[which]));
      const said = await run(bin('hekafsd'), node.arguments);
      assert.equal(said.code, 1);
      const place = which === 'http' ? `127.0.0.1:${node.ports.http}` : String(node.ports.mgmt);
      assert.match(
        said.stderr,
        new RegExp(`^HFS-5001 [^\n]*${place}[^\n]*\nnext: [^\n]*--${which}`),
      );
      assert.match(said.stderr, new RegExp(`: \\S.* \\(process ${process.pid}\\) listens there\n`));
    });

  it('that of the brick, while it was down: it keeps its port, says who has it, and comes back', async () => {
    await node.start();
    assert.equal((await node.cli(['serve', '--bootstrap'])).code, 0);
    const { port } = (await node.status()).brick;
    assert.equal(port, node.ports.bricks[0]);
    await node.stop();
    held.push(await holdPort(node.ports.bricks[0]));
    await node.start();
    const taken = new RegExp(
      `127.0.0.1:${port} is taken: .*process ${process.pid}\\) listens there`,
    );
    await until('the log says who has it', () => taken.test(node.log()));
    await until('so does the status', async () => taken.test((await node.status()).summary));
    await new Promise((done) => held.pop()?.close(done));
    await until('it is ready', async () => (await node.status()).state === 'ready', 20_000);
    assert.equal((await node.status()).brick.port, port);
  });

  it('all of the brick ports: serve says so, and works once one is free', async () => {
    for (const port of node.ports.bricks) held.push(await holdPort(port));
    await node.start();
    const said = await node.cli(['serve', '--bootstrap']);
    assert.equal(said.code, 1);
    assert.match(
      said.stderr,
      /^HFS-5001 no port for the brick: all of \d+-\d+ .*\nnext: .*--brick-ports/,
    );
    assert.equal((await node.status()).state, 'new');
    await new Promise((done) => held.pop()?.close(done));
    const again = await node.cli(['serve', '--bootstrap']);
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await node.status()).brick.port, node.ports.bricks[1], 'the next free one');
  });
});
