import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { ConfigError } from '../../../src/config/error.js';
import { MAX_VALUE_BYTES } from '../../../src/config/key.js';
import { pause, until } from '../../program/until.js';
import { codeOf, HttpFixture, TOKEN } from './http-fixture.js';

const BEARER = { Authorization: `Bearer ${TOKEN}` };

describe('HTTP API', () => {
  let http: HttpFixture;

  beforeEach(async () => {
    http = new HttpFixture();
    await http.start();
  });

  afterEach(() => http.stop());

  it('stores and answers any bytes, with revisions in the headers', async () => {
    const value = Buffer.from([0, 255, 10, 13, 128]);
    const put = await http.root('/v1/config/site/a%20b', { method: 'PUT', body: value });
    assert.deepEqual(JSON.parse(put.body.toString()), { revision: 1 });
    await http.root('/v1/config/site/other', { method: 'PUT', body: 'x' });
    const got = await http.ask('/v1/config/site/a%20b');
    assert.deepEqual(got.body, value);
    assert.equal(got.headers.etag, '"1"');
    assert.equal(got.headers['hfs-revision'], '2');
    assert.equal(got.headers['hfs-modified'], '1970-01-01T00:00:00.000Z');
    assert.equal(got.headers['hfs-age'], undefined);
    assert.equal((await http.ask('/v1/config/site/a%20b?stale=1')).headers['hfs-age'], '1.500');
  });

  it('answers a directory with its listing, with and without the slash', async () => {
    await http.root('/v1/config/a/b', { method: 'PUT', body: '12' });
    await http.root('/v1/config/a/c/d', { method: 'PUT', body: '' });
    const names = async (path: string) => {
      const listing = JSON.parse((await http.ask(path)).body.toString()) as {
        entries: { key: string }[];
      };
      return listing.entries.map(({ key }) => key);
    };
    assert.deepEqual(await names('/v1/config/a'), ['a/b', 'a/c/']);
    assert.deepEqual(await names('/v1/config/a/?recursive=1'), ['a/b', 'a/c/d']);
    assert.deepEqual(await names('/v1/config/'), ['a/']);
    assert.deepEqual(await names('/v1/config'), ['a/']);
    assert.equal((await http.ask('/v1/config/a/b/')).status, 404);
  });

  it('answers a listing with its values, as text or base64, in one answer', async () => {
    await http.root('/v1/config/a/b', { method: 'PUT', body: 'text' });
    await http.root('/v1/config/a/c/d', { method: 'PUT', body: Buffer.from([255]) });
    const entries = async (query: string) =>
      (
        JSON.parse((await http.ask(`/v1/config/a?${query}`)).body.toString()) as {
          entries: unknown;
        }
      ).entries;
    const b = { key: 'a/b', kind: 'value', revision: 1, size: 4 };
    const c = { key: 'a/c/', kind: 'directory', revision: null, size: null };
    const d = { key: 'a/c/d', kind: 'value', revision: 2, size: 1 };
    assert.deepEqual(await entries(''), [b, c]);
    assert.deepEqual(await entries('values=1'), [{ ...b, value: 'text' }, c]);
    const all = [
      { ...b, value: 'text' },
      { ...d, base64: '/w==' },
    ];
    assert.deepEqual(await entries('values=1&recursive=1'), all);
  });

  it('writes under conditions', async () => {
    const put = async (headers: Record<string, string>) =>
      (await http.root('/v1/config/k', { method: 'PUT', headers, body: 'v' })).status;
    assert.equal(await put({ 'If-Match': '"1"' }), 412);
    assert.equal(await put({ 'If-None-Match': '*' }), 200);
    assert.equal(await put({ 'If-None-Match': '*' }), 412);
    assert.equal(await put({ 'If-Match': '"1"' }), 200);
    for (const bad of ['*', '1', '"x"', '"-1"', 'W/"1"', '"99999999999999999"'])
      assert.equal(await put({ 'If-Match': bad }), 400, bad);
    assert.equal(await put({ 'If-None-Match': '"1"' }), 400);
    assert.equal(await put({ 'If-None-Match': '*', 'If-Match': '"2"' }), 400);
    const seen = await http.ask('/v1/config/k', { headers: { 'If-None-Match': '"2"' } });
    assert.deepEqual([seen.status, seen.body.length], [304, 0]);
  });

  it('deletes values, and directories only when told', async () => {
    await http.root('/v1/config/a/b', { method: 'PUT', body: '1' });
    const remove = (path: string) => http.root(path, { method: 'DELETE' });
    assert.equal(codeOf(await remove('/v1/config/a')), 'HFS-1008');
    assert.equal((await remove('/v1/config/a?recursive=1')).status, 200);
    assert.equal(codeOf(await remove('/v1/config/a')), 'HFS-1004');
  });

  const REFUSED_KEYS: readonly (readonly [string, number])[] = [
    ['a//b', 400],
    ['..', 400],
    ['a/../b', 400],
    ['a/.', 400],
    ['.hekafs/servers/x', 400],
    ['.glusterfs', 400],
    ['a%00b', 400],
    ['x'.repeat(256), 414],
    [`${'y/'.repeat(520)}z`, 414],
    ['%', 400],
    ['%ff', 400],
  ];
  for (const [key, status] of REFUSED_KEYS)
    it(`refuses the key ${key.slice(0, 20)} and writes nothing`, async () => {
      const put = await http.root(`/v1/config/${key}`, { method: 'PUT', body: 'v' });
      assert.deepEqual([put.status, codeOf(put)], [status, 'HFS-1002']);
      assert.equal(http.verbs.values.size, 0);
    });

  it('refuses a value beyond the limit before it is read', async () => {
    const body = Buffer.alloc(MAX_VALUE_BYTES + 1);
    const told = await http.root('/v1/config/k', { method: 'PUT', body });
    assert.deepEqual([told.status, codeOf(told)], [413, 'HFS-1003']);
    const chunked = { 'Transfer-Encoding': 'chunked' };
    const counted = await http.root('/v1/config/k', { method: 'PUT', headers: chunked, body });
    assert.equal(counted.status, 413);
    const exact = body.subarray(1);
    assert.equal((await http.root('/v1/config/k', { method: 'PUT', body: exact })).status, 200);
  });

  it('answers 100-continue only to a body that it wants', async () => {
    const head = (length: number) =>
      `PUT /v1/config/k HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n` +
      `Connection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    assert.match(await http.raw(head(MAX_VALUE_BYTES + 1)), /^HTTP\/1.1 413 /);
    assert.match(await http.raw(`${head(1)}v`), /^HTTP\/1.1 100 Continue.*HTTP\/1.1 200 OK/s);
  });

  it('has one shape for every error', async () => {
    const reply = await http.ask('/v1/nothing', { headers: { 'HFS-Request-Id': 'abc' } });
    assert.equal(reply.status, 404);
    assert.equal(reply.headers['hfs-request-id'], 'abc');
    const body = JSON.parse(reply.body.toString()) as Record<string, unknown>;
    assert.deepEqual(Object.keys(body), ['code', 'what', 'why', 'next', 'requestId']);
    assert.deepEqual([body['code'], body['requestId']], ['HFS-1009', 'abc']);
  });

  const WRONG: readonly (readonly [string, string, number, string])[] = [
    ['POST', '/v1/status', 405, 'HFS-1001'],
    ['PATCH', '/v1/config/k', 405, 'HFS-1001'],
    ['PUT', '/v1/config', 405, 'HFS-1001'],
    ['GET', '/', 404, 'HFS-1009'],
    ['GET', '/v1/statusx', 404, 'HFS-1009'],
    ['GET', '/v1/status?x=1', 400, 'HFS-1001'],
    ['GET', '/v1/config/k?revision=3', 400, 'HFS-1001'],
    ['GET', '/v1/config/k?stale=maybe', 400, 'HFS-1001'],
    ['GET', '/v1/config/k?stale=1&stale=0', 400, 'HFS-1001'],
    ['GET', '/v1/config/k', 404, 'HFS-1004'],
  ];
  for (const [method, path, status, code] of WRONG)
    it(`answers ${method} ${path} with ${status}`, async () => {
      const reply = await http.root(path, { method });
      assert.deepEqual([reply.status, codeOf(reply)], [status, code]);
      if (status === 405) assert.match(reply.headers.allow ?? '', /GET, HEAD/);
    });

  it('answers HEAD with the headers of GET', async () => {
    await http.root('/v1/config/k', { method: 'PUT', body: 'four' });
    const head = await http.ask('/v1/config/k', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-length'], '4');
    assert.equal(head.headers.etag, '"1"');
    assert.equal(head.body.length, 0);
  });

  it('hands on who asks, with deadline and request id', async () => {
    const headers = { ...BEARER, 'HFS-Timeout': '2.5', 'HFS-Request-Id': 'r-1' };
    await http.ask('/v1/config', { headers });
    await http.ask('/v1/config');
    const [root, local] = http.verbs.askers;
    assert.deepEqual(root, { isRoot: true, timeoutMs: 2500, requestId: 'r-1' });
    assert.equal(local?.isRoot, false);
    assert.equal(local?.timeoutMs, 10_000);
    assert.match(local?.requestId ?? '', /^[0-9a-f-]{36}$/);
    for (const bad of ['0', '-1', 'x', '1e9', 'NaN'])
      assert.equal((await http.ask('/v1/config', { headers: { 'HFS-Timeout': bad } })).status, 400);
    const long = { 'HFS-Request-Id': 'x'.repeat(65) };
    assert.equal((await http.ask('/v1/config', { headers: long })).status, 400);
  });

  it('does not wait longer than the deadline for a verb that hangs', async () => {
    http.verbs.gate = new Promise(() => {});
    const reply = await http.ask('/v1/config', { headers: { 'HFS-Timeout': '0.1' } });
    assert.deepEqual([reply.status, codeOf(reply)], [503, 'HFS-2005']);
    assert.equal(reply.headers['retry-after'], '1');
    assert.equal((await http.ask('/v1/status')).status, 200, 'the status does not hang with it');
  });

  it('keeps the text of a bug for the log', async () => {
    http.verbs.failure = new TypeError('secret detail');
    const reply = await http.ask('/v1/config');
    assert.deepEqual([reply.status, codeOf(reply)], [500, 'HFS-9001']);
    assert.doesNotMatch(reply.body.toString(), /secret detail/);
    assert.equal(http.bugs[0], http.verbs.failure);
  });

  it('hands errors of verbs on as they are', async () => {
    http.verbs.failure = new ConfigError('HFS-2001', 'no quorum', 'waited for birch', 'start it');
    const reply = await http.ask('/v1/config');
    assert.equal(reply.status, 503);
    assert.match(reply.body.toString(), /waited for birch/);
  });

  it('says so while the node is being put together', async () => {
    http.isStarted = false;
    assert.equal(codeOf(await http.ask('/v1/status')), 'HFS-2006');
    assert.equal(codeOf(await http.root('/v1/config/k', { method: 'PUT' })), 'HFS-2006');
  });

  it('tells health in lines', async () => {
    assert.equal((await http.ask('/v1/health/live')).body.toString(), 'ok\n');
    http.standstill = 'a take-over does not end';
    const hangs = await http.ask('/v1/health/live');
    assert.deepEqual([hangs.status, hangs.body.toString()], [503, 'a take-over does not end\n']);
    const notReady = await http.ask('/v1/health/ready');
    assert.equal(notReady.status, 503);
    assert.match(notReady.body.toString(), /^\[-\] state: new, /);
    http.verbs.state = 'ready';
    assert.equal((await http.ask('/v1/health/ready')).body.toString(), 'ok\n');
    const all = await http.ask('/v1/health/ready?verbose');
    assert.match(all.body.toString(), /\[\+\] state.*\[\+\] mount.*\[\+\] applied.*ok\n$/s);
  });

  it('changes members and puts in initial values', async () => {
    const post = (path: string, body: unknown) =>
      http.root(path, { method: 'POST', body: JSON.stringify(body) });
    assert.equal((await post('/v1/serve', { bootstrap: true })).status, 200);
    assert.equal(codeOf(await post('/v1/serve', { bootstrap: true })), 'HFS-3003');
    assert.equal(codeOf(await post('/v1/retire', {})), 'HFS-3006');
    assert.match((await post('/v1/token', { ttl: 60 })).body.toString(), /token-60/);
    assert.match((await post('/v1/token', {})).body.toString(), /token-3600/);
    const values = { a: { b: 'text' }, c: { base64: '/w==' } };
    assert.match((await post('/v1/init', values)).body.toString(), /"keys":2/);
    assert.deepEqual(http.verbs.values.get('c')?.value, Buffer.from([255]));
    assert.equal(codeOf(await post('/v1/init', values)), 'HFS-1006');
    assert.match((await http.root('/v1/volfile')).body.toString(), /^volume values/);
  });

  const BAD_BODIES: readonly (readonly [string, string])[] = [
    ['/v1/serve', '{"bootstrap":1}'],
    ['/v1/serve', '{}'],
    ['/v1/serve', '{"bootstrap":true,"join":"a:1"}'],
    ['/v1/serve', '{"bootstrap":true,"x":1}'],
    ['/v1/serve', '[]'],
    ['/v1/serve', 'nonsense'],
    ['/v1/retire', '{"node":["a"]}'],
    ['/v1/token', '{"ttl":0}'],
    ['/v1/token', '{"ttl":"60"}'],
    ['/v1/init', '{"a":1}'],
    ['/v1/init', '{"a":null}'],
    ['/v1/init', '[]'],
    ['/v1/init', '{"a":{"base64":"?"}}'],
    ['/v1/init', '{"a/b":"slash"}'],
    ['/v1/init', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ];
  for (const [path, body] of BAD_BODIES)
    it(`refuses ${path} with ${body.slice(0, 30)}`, async () => {
      const reply = await http.root(path, { method: 'POST', body });
      assert.match(codeOf(reply), /^HFS-100[12]$/);
      assert.deepEqual(http.bugs, []);
      assert.equal(http.verbs.state, 'new');
    });
});

describe('HTTP server against bad clients', () => {
  let http: HttpFixture;

  beforeEach(async () => {
    http = new HttpFixture();
    await http.start({
      headersTimeoutMs: 150,
      requestTimeoutMs: 300,
      keepAliveMs: 1000,
      maxConnections: 8,
    });
  });

  afterEach(() => http.stop());

  const alive = async () => assert.equal((await http.ask('/v1/status')).status, 200);

  it('answers what is no HTTP, and lives on', async () => {
    assert.match(await http.raw('\x16\x03\x01 garbage\r\n\r\n'), /^HTTP\/1.1 400 .*HFS-1001/s);
    await alive();
  });

  it('answers a request first, and then the garbage behind it', async () => {
    const whole =
      `PUT /v1/config/k HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n` +
      'Content-Length: 5\r\n\r\nvalue';
    const said = await http.raw(`${whole}${whole.replace('/k ', '/l ')}and more\r\n\r\n`);
    assert.match(
      said,
      /^HTTP\/1.1 200 .*"revision":1.*200 .*"revision":2.*HTTP\/1.1 400 .*HFS-1001/s,
    );
    await alive();
  });

  it('answers endless headers with 431', async () => {
    const header = `X: ${'a'.repeat(20_000)}\r\n`;
    assert.match(await http.raw(`GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`), /^HTTP\/1.1 431 /);
    await alive();
  });

  it('answers a key without end with 414, and words', async () => {
    const long = await http.raw(`GET /v1/config/${'k'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(long, /^HTTP\/1.1 414 .*"HFS-1002".*1024 bytes/s);
    await alive();
  });

  it('ends connections whose clients do not read their answers', async () => {
    http.verbs.values.set('large', { value: Buffer.alloc(64 * 1024 * 1024), revision: 1 });
    const greedy = Array.from({ length: 8 }, () => {
      const socket = connect(http.port, '127.0.0.1', () =>
        socket.write('GET /v1/config/large HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      );
      socket.on('error', () => {});
      return socket.pause();
    });
    while (http.verbs.askers.length < 8) await pause(10);
    await assert.rejects(http.ask('/v1/status'), 'all connections are taken');
    await until('they have been ended', async () => alive().then(() => true));
    for (const socket of greedy) socket.destroy();
  });

  it('gives up on headers and bodies that trickle', async () => {
    assert.match(await http.raw('GET /v1/status HTTP/1.1\r\nHost: x\r\n'), /^HTTP\/1.1 408 /);
    const body = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 9\r\n\r\nxx`;
    assert.match(await http.raw(`PUT /v1/config/k HTTP/1.1\r\n${body}`), /^(HTTP\/1.1 408 |$)/);
    assert.equal(http.verbs.values.size, 0);
    await alive();
  });

  it('writes nothing of a request that is cut anywhere', async () => {
    const whole =
      `PUT /v1/config/k HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n` +
      'Content-Length: 5\r\n\r\nvalue';
    for (let length = 1; length < whole.length; length += 7) {
      await new Promise<void>((resolve) => {
        const socket = connect(http.port, '127.0.0.1', () => socket.end(whole.slice(0, length)));
        socket.resume();
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
    assert.equal(http.verbs.values.size, 0);
    assert.deepEqual(http.bugs, []);
    await alive();
  });

  it('reads a request that comes byte by byte', async () => {
    const whole = 'GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const answer = await new Promise<string>((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(http.port, '127.0.0.1', () => {
        for (const byte of whole) socket.write(byte);
      });
      socket.setNoDelay(true);
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    });
    assert.match(answer, /^HTTP\/1.1 200 OK/);
  });

  it('survives random bytes', async () => {
    for (let round = 0; round < 20; round++) {
      const bytes = Buffer.alloc(200, `${round}:`);
      for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 7919 + round * 104_729) % 251;
      await http.raw(Buffer.concat([bytes, Buffer.from('\r\n\r\n')]));
    }
    await alive();
  });
});
