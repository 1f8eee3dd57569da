import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../../src/config/error.js';
import { PeerError } from '../../../src/config/peers.js';
import { HttpPeers, peerStatus } from '../../../src/daemon/http-peers.js';
import { nodeClock } from '../../../src/platform/node/clock.js';
import { HttpFixture, SECRET } from './http-fixture.js';

const TIMEOUT_MS = 300;

/** How a call ended: its answer, or the kind and code of its failure. */
async function outcome(call: Promise<Buffer>): Promise<string> {
  try {
    return `answer ${(await call).toString()}`;
  } catch (error) {
    assert.ok(error instanceof PeerError, String(error));
    return `${error.kind}${error.problem ? ` ${error.problem.code}` : ''}`;
  }
}

describe('peers over HTTP', () => {
  let http: HttpFixture;
  let secret: string | undefined = SECRET;
  const peers = new HttpPeers(() => secret, nodeClock);

  beforeEach(async () => {
    secret = SECRET;
    http = new HttpFixture();
    await http.start();
  });

  afterEach(async () => {
    peers.close();
    await http.stop();
  });

  const address = () => `127.0.0.1:${http.port}`;
  const call = (body = 'x', timeoutMs = TIMEOUT_MS) =>
    outcome(peers.call(address(), 'propose', Buffer.from(body), timeoutMs));

  it('hand over a status and raw bytes', async () => {
    http.verbs.state = 'ready';
    const status = await peers.status(address(), TIMEOUT_MS);
    assert.deepEqual([status.name, status.state], ['alder', 'ready']);
    assert.equal(await call('bytes'), 'answer bytes');
    const large = Buffer.alloc(5 * 1024 * 1024, 7);
    http.answerPeer = async (_verb, body) => Buffer.from(`${body.length} bytes`);
    const answer = await peers.call(address(), 'push', large, 5000);
    assert.equal(answer.toString(), '5242880 bytes');
  });

  it('tell a refusal with its problem', async () => {
    const problem = new ConfigError('HFS-3009', 'join', 'another change', 'wait');
    http.answerPeer = async () => Promise.reject(problem);
    assert.equal(await call(), 'refused HFS-3009');
    secret = 'wrong';
    assert.equal(await call(), 'refused HFS-4001');
    secret = undefined;
    assert.equal(await call(), 'refused HFS-4001');
  });

  it('tell a bug or a late answer of the other side as an open outcome', async () => {
    http.answerPeer = async () => Promise.reject(new TypeError('bug'));
    assert.equal(await call(), 'unknown HFS-9001');
    http.answerPeer = () => new Promise(() => {});
    assert.equal(await call('x', 100), 'unknown');
  });

  it('tell what was surely not sent', async () => {
    const gone = address();
    await http.stop();
    const to = (at: string) => outcome(peers.call(at, 'inquire', Buffer.alloc(0), TIMEOUT_MS));
    assert.equal(await to(gone), 'unreachable');
    assert.equal(await to('127.0.0.1:0'), 'unreachable');
    await assert.rejects(peers.status(gone, TIMEOUT_MS), { kind: 'unknown' });
    http = new HttpFixture();
    await http.start();
  });

  it('take a waiting line for its connections as nothing sent', async () => {
    http.answerPeer = () => new Promise(() => {});
    const calls = Array.from({ length: 6 }, () => call('x', 200));
    const kinds = await Promise.all(calls);
    assert.deepEqual(kinds.sort(), [
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'unreachable',
      'unreachable',
    ]);
  });
});

describe('peers that are none', () => {
  const peers = new HttpPeers(() => SECRET, nodeClock);
  let server: Server;
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer((_request, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(() => {
    peers.close();
    server.close();
    server.closeAllConnections();
  });

  const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = () => outcome(peers.call(address(), 'propose', Buffer.alloc(1), TIMEOUT_MS));

  const ANSWERS: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['cut the connection', (response) => void response.destroy()],
    [
      'cut the answer',
      (response) =>
        void response.writeHead(200, { 'Content-Length': 9 }).write('x', () => response.destroy()),
    ],
    ['answer something else', (response) => void response.writeHead(404).end('<html>')],
    [
      'answer a problem of no known code',
      (response) => void response.writeHead(500).end('{"code":"X","what":"","why":"","next":""}'),
    ],
    ['never answer', () => {}],
    ['never end', (response) => void response.writeHead(200).write('x')],
    [
      'answer well, but with a page',
      (response) =>
        void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>hello</html>'),
    ],
    ['send elsewhere', (response) => void response.writeHead(302, { Location: '/' }).end()],
    [
      'have headers without end',
      (response) => void response.writeHead(200, { 'X-Large': 'x'.repeat(100_000) }).end(),
    ],
  ];
  for (const [name, behave] of ANSWERS)
    it(`${name}: unknown`, async () => {
      answer = behave;
      assert.equal(await call(), 'unknown');
      await assert.rejects(peers.status(address(), 100), { kind: 'unknown' });
    });

  it('pour out bytes without end: no more than a megabyte is taken', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024);
    answer = (response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', pour);
      pour();
    };
    const call = peers.call(address(), 'propose', Buffer.alloc(1), 10_000);
    await assert.rejects(call, { kind: 'unknown', message: /no end: it is no hekafsd/ });
    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were sent`);
  });

  it('are named with what they answered', async () => {
    answer = (response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('x');
    const said = /^127\.0\.0\.1:\d+: what answers is no hekafsd: HTTP status 200, text\/html$/;
    const body = Buffer.alloc(1);
    await assert.rejects(peers.call(address(), 'propose', body, TIMEOUT_MS), { message: said });
    await assert.rejects(peers.status(address(), TIMEOUT_MS), { message: said });
  });

  it('cannot make up a status', () => {
    const good = {
      node: 'n',
      name: 'a',
      cluster: null,
      server: true,
      state: 's',
      revision: 1,
      epoch: 0,
    };
    assert.deepEqual(peerStatus({ ...good, more: 1 }), good);
    const wrong: readonly (readonly [string, unknown])[] = [
      ['node', 1],
      ['name', 'x'.repeat(257)],
      ['cluster', undefined],
      ['server', 'yes'],
      ['revision', -1],
      ['revision', 1.5],
      ['epoch', '1'],
    ];
    for (const [field, value] of wrong)
      assert.throws(() => peerStatus({ ...good, [field]: value }));
    for (const other of [null, 1, 'x', []]) assert.throws(() => peerStatus(other));
  });
});
