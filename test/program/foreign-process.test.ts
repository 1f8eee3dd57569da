import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import type { ServersReport } from '../../src/daemon/servers-report.js';
import { problemOf } from './api.js';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { residentBytes } from './resident.js';
import { until } from './until.js';

const isSoak = process.env['HEKAFS_SOAK'] === '1';
const MAX_GROWTH_BYTES = 192 * 1024 * 1024;
const LONG = Buffer.alloc(64 * 1024, 'x');
const http = (head: string): string => `HTTP/1.1 ${head}\r\n\r\n`;

/** Writes without end, as fast as the other side takes it. */
function pour(socket: Socket): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(LONG));
  };
  socket.on('drain', more);
  more();
}

/** Who may sit on the address of a hekafsd, what it does with a connection, and what is said of it. */
const STRANGERS: readonly (readonly [string, (socket: Socket) => void, RegExp])[] = [
  ['nobody who ever answers', () => undefined, /no status within 1000 ms/],
  ['one that hangs up', (socket) => socket.destroy(), /hang up|ECONNRESET|closed/],
  [
    'an SSH server',
    (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    /Parse Error|socket hang up/,
  ],
  [
    'a TLS server, which sends an alert',
    (socket) => void socket.end(Buffer.from('15030300020232', 'hex')),
    /Parse Error|socket hang up/,
  ],
  [
    'a web server',
    (socket) =>
      void socket.end(`${http('200 OK\r\nContent-Type: text/html\r\nContent-Length: 6')}<html>`),
    /no hekafsd: HTTP status 200, text\/html/,
  ],
  [
    'one that sends elsewhere',
    (socket) => void socket.end(http('302 Found\r\nLocation: http://192.0.2.1/')),
    /redirect/,
  ],
  [
    'one with headers without end',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      pour(socket);
    },
    /Header overflow|Headers Overflow|too large/i,
  ],
  [
    'one with a body without end',
    (socket) => {
      socket.write(http('200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: identity'));
      pour(socket);
    },
    /over limit|no status within/,
  ],
];

/** Who may sit on the port of a brick. */
const BRICK_STRANGERS: readonly (readonly [string, (socket: Socket) => void, RegExp])[] = [
  ['nobody who ever answers', () => undefined, /shows nothing: no answer/],
  [
    'an SSH server',
    (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    /shows nothing: a record of \d+ bytes/,
  ],
  [
    'a web server',
    (socket) => void socket.end(`${http('400 Bad Request')}<html>`),
    /shows nothing: a record of \d+ bytes/,
  ],
  ['one that pours out zeros', (socket) => pour(socket), /shows nothing: /],
];

describe('a foreign process sits where a server was', function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  let gone: ClusterNode;
  let asked: ClusterNode;
  const strangers: Stranger[] = [];

  before(async () => {
    gone = await cluster().follower();
    asked = await cluster().leader();
    await gone.killNode();
  });
  afterEach(async () => {
    for (const stranger of strangers.splice(0)) await stranger.end();
  });

  async function sitsAt(port: number, behave: (socket: Socket) => void): Promise<void> {
    // A process that was killed may hold its port for another moment.
    strangers.push(await until('the port is free', () => Stranger.at(port, behave)));
  }

  /** What `hfs_config servers` says of the one that is gone. */
  async function said(): Promise<{ answered: string; why: string }> {
    const report = await asked.http({ path: '/v1/servers', timeoutMs: 8000 });
    const { rows } = JSON.parse(report.body.toString()) as ServersReport;
    const row = rows.find(({ name }) => name === gone.name);
    assert.ok(row);
    return { answered: row.answered, why: JSON.stringify(row) };
  }

  /** The others do what they always do, and quickly. */
  async function othersGoOn(): Promise<void> {
    const startMs = performance.now();
    assert.equal((await asked.status()).server, true);
    assert.ok(performance.now() - startMs < 3000, 'a status does not wait for a stranger');
    assert.equal((await asked.put('stranger', 'x', 2000)).status, 200);
  }

  /** In the soak each of them; else one in four, as each takes as long as a brick is waited for. */
  const tried = STRANGERS.filter((_, index) => isSoak || index % 4 === 2);
  for (const [index, [who, behave, words]] of tried.entries()) {
    const [brickWho, brickBehave, brickWords] = at(BRICK_STRANGERS, index);
    it(`at the address of its hekafsd ${who}, at the port of its brick ${brickWho}: unknown, never no`, async () => {
      await sitsAt(gone.ports.http, behave);
      await sitsAt(gone.ports.bricks[0], brickBehave);
      const before = residentBytes(asked.daemonPid);
      const { answered, why } = await said();
      assert.equal(answered, 'unknown', why);
      assert.match(why, words);
      assert.match(why, brickWords);
      assert.ok(why.includes(gone.address), why);
      assert.ok(why.includes(`127.0.0.1:${gone.ports.bricks[0]}`), why);
      await othersGoOn();
      const grown = residentBytes(asked.daemonPid) - before;
      assert.ok(grown < MAX_GROWTH_BYTES, `${grown} bytes more`);
    });
  }

  it('a node that is told to join over one says what it found there', async () => {
    const [, behave, words] = at(STRANGERS, 4);
    await sitsAt(gone.ports.http, behave);
    const node = await cluster().add();
    const { code, stderr } = await node.cli(['serve', '--join', gone.address, '--token', 'x']);
    assert.equal(code, 6, stderr);
    assert.match(stderr, /^HFS-2003 no hekafsd answers at /);
    assert.match(stderr, words);
    assert.equal((await node.status()).state, 'new');
    await node.stop();
  });

  it('two hundred connections with a wrong secret: each is refused, and nothing else is slower for it', async () => {
    const headers = { Authorization: 'Bearer wrong' };
    const path = '/v1/peer/push';
    const body = Buffer.alloc(100_000);
    const all = Promise.all(
      Array.from({ length: 200 }, () => asked.http({ method: 'POST', path, headers, body })),
    );
    await othersGoOn();
    for (const answer of await all) {
      assert.equal(answer.status, 401);
      assert.equal(problemOf(answer).code, 'HFS-4001');
    }
    await until('nothing is left of it', async () => (await asked.status()).state === 'degraded');
  });

  it('a peer of another release asks what this one does not know', async () => {
    const answer = await asked.http({ method: 'POST', path: '/v1/peer/teleport', body: 'x' });
    assert.equal(answer.status, 400);
    const { code, what, next } = problemOf(answer);
    assert.deepEqual([code, what], ['HFS-1001', 'unknown verb "teleport"']);
    assert.match(next, /same release/);
  });

  it('when it goes, the server comes back as if nothing had been', async () => {
    await gone.start();
    await cluster().ready();
    await cluster().sameValues(cluster().nodes.slice(0, 3));
  });
});

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] ?? assert.fail('an empty list');
}

/** Listens where somebody else should. */
class Stranger {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async at(port: number, behave: (socket: Socket) => void): Promise<Stranger> {
    const server = createServer();
    const stranger = new Stranger(server);
    server.on('connection', (socket) => {
      stranger.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.resume();
      behave(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
    return stranger;
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
