import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { askHttp } from './api.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { raw, rawRequest, silent } from './raw-request.js';

const CLIENTS = 200;
const WRITES = 3;
const ENTRIES = 10_000;
const MIB = 1024 * 1024;

describe('a real hekafsd against many and against bad clients', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1));
  const node = (): ClusterNode => cluster().node('n1');

  /** It answers at once, reads and writes. */
  async function checkWell(): Promise<void> {
    assert.equal((await node().put('well', 'yes')).status, 200);
    assert.equal((await node().get('well')).body.toString(), 'yes');
  }

  it('lists a directory of 10,000 entries, and reads all their values at one revision', async () => {
    const names = Array.from(
      { length: ENTRIES },
      (_, index) => `e${String(index).padStart(5, '0')}`,
    );
    const values = { wide: Object.fromEntries(names.map((name) => [name, `value of ${name}`])) };
    const body = JSON.stringify(values);
    const made = await node().http({ method: 'POST', path: '/v1/init', body, timeoutMs: 30_000 });
    assert.equal(made.status, 200, made.body.toString());
    const listed = await node().cli(['list', 'wide']);
    assert.deepEqual(
      listed.stdout.trimEnd().split('\n'),
      names.map((name) => `wide/${name}`),
    );
    const got = await node().cli(['get', 'wide']);
    assert.deepEqual(
      got.stdout.trimEnd().split('\n'),
      names.map((name) => `value of ${name}`),
    );
  });

  it('answers 200 clients at once, each of which writes and reads what it wrote', async () => {
    const one = async (client: number): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        for (let write = 0; write < WRITES; write++) {
          const path = `/v1/config/many/c${client}`;
          const asked = { method: 'PUT', path, body: `${write}`, timeoutMs: 30_000 } as const;
          const { status } = await askHttp(node().ports.http, node().token, asked, agent);
          assert.equal(status, 200);
          const read = { path, timeoutMs: 30_000 };
          const { body } = await askHttp(node().ports.http, node().token, read, agent);
          assert.equal(body.toString(), `${write}`);
        }
      } finally {
        agent.destroy();
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)));
    const { stdout } = await node().cli(['list', 'many']);
    assert.equal(stdout.trimEnd().split('\n').length, CLIENTS);
  });

  it('holds no copies for clients that never read their answers, and serves the others', async () => {
    assert.equal((await node().put('large', Buffer.alloc(4 * MIB, 'L'))).status, 200);
    const before = memoryOf(node().daemonPid);
    const ask = `GET /v1/config/large HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const greedy: Socket[] = [];
    try {
      for (let client = 0; client < 100; client++) greedy.push(await silent(node(), ask.repeat(3)));
      for (let round = 0; round < 10; round++) await checkWell();
      const grown = memoryOf(node().daemonPid) - before;
      assert.ok(
        grown < 200 * MIB,
        `1.2 GiB was asked for, ${Math.round(grown / MIB)} MiB are held`,
      );
    } finally {
      for (const socket of greedy) socket.destroy();
    }
    await checkWell();
  });

  it('writes nothing of requests that are cut in the middle, and waits for none that trickle', async () => {
    const { revision } = await node().status();
    const put = (length: number) =>
      `PUT /v1/config/cut HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${node().token}\r\n` +
      `Content-Length: ${length}\r\n\r\n`;
    const slow: Socket[] = [];
    for (let client = 0; client < 50; client++) {
      (await silent(node(), `${put(1000)}${'x'.repeat(client * 10)}`)).destroy();
      slow.push(await silent(node(), put(10).slice(0, 20 + client)));
      slow.push(await silent(node(), `${put(10)}x`));
    }
    assert.equal((await node().status()).revision, revision);
    await checkWell();
    for (const socket of slow) socket.destroy();
    assert.equal((await node().get('cut')).status, 404);
  });

  it('answers garbage behind a request, and 10,000 headers, and goes on', async () => {
    const get = 'GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const behind = await raw(node(), `${get}${get}\x00\x01garbage\r\n\r\n`);
    assert.equal(behind.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    assert.match(behind, /HTTP\/1\.1 400 .*HFS-1001/s);
    const headers = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`h${index}`, 'x']),
    );
    assert.match(
      await rawRequest(node(), 'GET', '/v1/status', headers),
      /^HTTP\/1\.1 431 .*HFS-1001/s,
    );
    assert.match(await raw(node(), '\x16\x03\x01\x02\x00\x01\x00'), /^HTTP\/1\.1 400 /, 'TLS');
    await checkWell();
    assert.ok(!node().log().includes('HFS-9001'), 'none of it met a bug');
  });
});

/** Resident bytes of a process. */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
