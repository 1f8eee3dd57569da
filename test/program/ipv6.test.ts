import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needInterop, stockMount } from '../interop/stock-client.js';
import { Cluster, useCluster } from './cluster.js';
import { bin, run } from './run.js';
import { until } from './until.js';

const PLACES = {
  make: () => ({ host: '[::1]', command: [], isDialled: false }),
  end: () => undefined,
};

function hasIpv6(): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, '::1', () => server.close(() => resolve(true)));
  });
}

describe('three servers on IPv6', function () {
  this.timeout(60_000);
  let isThere = false;
  before(async () => {
    isThere = await hasIpv6();
  });
  const cluster = useCluster(
    () => Cluster.ofServers(3, PLACES),
    (context) => {
      if (isThere) return;
      process.stderr.write('    skipped: this machine has no ::1\n');
      context.skip();
    },
  );

  it('show their addresses in brackets and agree', async () => {
    const node = cluster().node('n1');
    await until('the lists agree', async () => (await node.status()).mount.verified);
    const { servers } = await node.status();
    for (const { name, address, brick } of servers) {
      const { http, bricks } = cluster().node(name).ports;
      assert.equal(address, `[::1]:${http}`);
      assert.ok(brick.startsWith(`[::1]:${bricks[0]}:/`), brick);
    }
  });

  it('write and read, also over TCP by address', async () => {
    const [first, second] = cluster().nodes;
    assert.ok(first && second);
    assert.equal((await first.cli(['set', 'site/name', 'six'])).code, 0);
    const over = await run(bin('hfs_config'), ['--server', second.address, 'get', 'site/name']);
    assert.deepEqual([over.stdout.toString(), over.code], ['six', 0], over.stderr);
    await cluster().sameValues();
  });

  it('a node that is told of one with list: finds the others', async () => {
    const node = cluster().node('n2');
    await node.stop();
    node.environment = { HEKAFS_MEMBERS: `list:${cluster().node('n1').address}` };
    await node.start();
    await cluster().ready();
  });

  it('volfiles say which family their addresses are of', async () => {
    const node = cluster().node('n1');
    const { stdout } = await node.cli(['volfile']);
    assert.equal(stdout.match(/option remote-host ::1$/gm)?.length, 3);
    assert.equal(stdout.match(/option transport\.address-family inet6$/gm)?.length, 3);
    const brick = readFileSync(join(node.stateDir, 'run/brick.vol'), 'utf8');
    assert.match(brick, /bind-address ::1$/m);
    assert.match(brick, /address-family inet6$/m);
  });

  it('the stock client mounts them', async function () {
    needInterop(this);
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-ipv6-'));
    const { stdout } = await cluster().node('n1').cli(['volfile']);
    const mount = await stockMount(directory, 'client', stdout);
    try {
      assert.equal(readFileSync(join(mount.path, 'site/name'), 'utf8'), 'six');
    } finally {
      await mount.unmount();
      rmSync(directory, { recursive: true });
    }
  });
});
