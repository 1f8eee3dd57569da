import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import {
  type Access,
  accessOf,
  checkAccess,
  checkPeer,
  type Need,
} from '../../../src/daemon/http-access.js';
import { isSameSecret } from '../../../src/daemon/secret.js';
import { codeOf, HttpFixture, SECRET, TOKEN } from './http-fixture.js';

function asked(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  const all = { host: '127.0.0.1:24006', ...headers };
  return { headers: all, socket: { remoteAddress } } as unknown as IncomingMessage;
}

describe('who asks', () => {
  const CALLERS: readonly (readonly [string, IncomingMessage, boolean, string])[] = [
    ['the socket', asked(''), true, 'root'],
    ['loopback', asked('127.0.0.1'), false, 'local'],
    ['IPv6 loopback', asked('::1', { host: '[::1]:24006' }), false, 'local'],
    ['mapped loopback', asked('::ffff:127.0.0.1', { host: 'localhost:1' }), false, 'local'],
    ['another machine', asked('192.0.2.1'), false, 'remote'],
    ['a name that begins like loopback', asked('127.evil'), false, 'remote'],
    ['the token', asked('192.0.2.1', { authorization: `Bearer ${TOKEN}` }), false, 'root'],
    ['the token, small b', asked('::1', { authorization: `bearer ${TOKEN}` }), false, 'root'],
    ['a wrong token', asked('127.0.0.1', { authorization: 'Bearer x' }), false, 'local'],
    ['a page in a browser', asked('127.0.0.1', { origin: 'http://evil' }), false, 'remote'],
    ['a rebound name', asked('127.0.0.1', { host: 'evil.example:24006' }), false, 'remote'],
  ];
  for (const [name, request, isSocket, caller] of CALLERS)
    it(`${name} is ${caller}`, () =>
      assert.equal(accessOf(request, isSocket, TOKEN).caller, caller));

  const ALLOWED: Readonly<Record<Need, readonly boolean[]>> = {
    public: [true, true, true, true],
    local: [true, true, false, false],
    root: [true, false, false, false],
    peer: [true, true, true, true],
  };
  const ASKERS: readonly Access[] = [
    { caller: 'root', bearer: undefined },
    { caller: 'local', bearer: undefined },
    { caller: 'local', bearer: 'wrong' },
    { caller: 'remote', bearer: undefined },
  ];
  for (const [need, allowed] of Object.entries(ALLOWED))
    it(`lets in whom ${need} means`, () => {
      for (const [index, access] of ASKERS.entries()) {
        const check = () => checkAccess(access, need as Need);
        if (allowed[index]) check();
        else assert.throws(check, { code: 'HFS-4001' });
      }
    });

  it('knows a peer by the secret, and nobody by none', () => {
    checkPeer({ caller: 'remote', bearer: 's' }, 's');
    const wrong = [
      ['x', 's'],
      [undefined, 's'],
      ['', ''],
      ['s', undefined],
    ] as const;
    for (const [bearer, secret] of wrong)
      assert.throws(() => checkPeer({ caller: 'root', bearer }, secret), { code: 'HFS-4001' });
  });

  it('compares secrets whole', () => {
    assert.ok(isSameSecret('abc', 'abc'));
    for (const other of ['', 'ab', 'abcd', 'abd']) assert.ok(!isSameSecret(other, 'abc'));
    assert.ok(!isSameSecret('', ''));
  });
});

describe('rights over HTTP', () => {
  let http: HttpFixture;

  before(async () => {
    http = new HttpFixture();
    await http.start();
    await http.root('/v1/config/private/x', { method: 'PUT', body: 's' });
    await http.root('/v1/config/open', { method: 'PUT', body: 'o' });
  });

  after(() => http.stop());

  it('shows loopback what is not private', async () => {
    assert.equal((await http.ask('/v1/config/open')).status, 200);
    for (const path of ['private/x', 'private', 'private/', '%70rivate/x'])
      assert.equal((await http.ask(`/v1/config/${path}`)).status, 401, path);
    assert.equal((await http.root('/v1/config/private/x')).body.toString(), 's');
    const listing = (await http.ask('/v1/config?recursive=1')).body.toString();
    assert.match(listing, /"open"/);
    assert.doesNotMatch(listing, /private/);
    assert.match((await http.root('/v1/config')).body.toString(), /private/);
  });

  it('takes writes over TCP only with the token', async () => {
    const put = (headers: Record<string, string>) =>
      http.ask('/v1/config/w', { method: 'PUT', body: 'w', headers });
    assert.equal(codeOf(await put({})), 'HFS-4001');
    assert.equal(codeOf(await put({ Authorization: 'Bearer wrong' })), 'HFS-4001');
    assert.equal(codeOf(await put({ Authorization: `Basic ${TOKEN}` })), 'HFS-4001');
    assert.equal((await put({ Authorization: `Bearer ${TOKEN}` })).status, 200);
    for (const path of ['/v1/serve', '/v1/retire', '/v1/token', '/v1/init'])
      assert.equal((await http.ask(path, { method: 'POST', body: '{}' })).status, 401, path);
    assert.equal((await http.ask('/v1/volfile')).status, 401);
  });

  it('lets peers in by the secret of the cluster, and strangers only to join', async () => {
    const call = (verb: string, secret?: string) =>
      http.ask(`/v1/peer/${verb}`, {
        method: 'POST',
        body: Buffer.from([0, 1]),
        headers: secret === undefined ? {} : { Authorization: `Bearer ${secret}` },
      });
    assert.deepEqual((await call('push', SECRET)).body, Buffer.from([0, 1]));
    assert.equal((await call('push')).status, 401);
    assert.equal((await call('push', TOKEN)).status, 401);
    assert.equal((await call('join')).status, 200);
    assert.equal((await call('toString', SECRET)).status, 400);
    http.secret = undefined;
    assert.equal((await call('push', SECRET)).status, 401);
    http.secret = SECRET;
    assert.deepEqual(
      http.peerCalls.map(({ verb }) => verb),
      ['push', 'join'],
    );
  });
});
