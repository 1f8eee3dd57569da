import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../program/free-port.js';
import { Certificates } from '../unit/rpc/certificates.js';
import { bareBrick, bareClient } from './bare-volfiles.js';
import { makeBrick, startBrick } from './brick-process.js';
import { outcomeAt } from './our-client.js';
import { startStockBrick } from './stock-brick.js';
import { needInterop } from './stock-client.js';

describe('TLS, as a stock brick and ours judge it', function () {
  this.timeout(60_000);
  let directory = '';
  let certificates: Certificates;

  before(function () {
    needInterop(this, 'openssl', 'glusterfsd');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    certificates = new Certificates(directory);
    certificates.authority('authority');
    certificates.authority('between', 'authority');
    for (const name of ['brick', 'ann']) certificates.leaf(name, 'authority');
    certificates.leaf('far', 'between', ['between']);
  });
  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  /** What a stock brick with these options, and one of ours, say to our client. */
  async function both(
    name: string,
    server: Readonly<Record<string, string>>,
    client: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> {
    const outcomes: string[] = [];
    for (const start of [startStockBrick, startBrick]) {
      const brick = join(directory, `b${Math.random()}`);
      makeBrick(brick);
      const options = { ...certificates.options('brick', 'authority'), ...server };
      const port = await freePorts(1);
      const served = await start(directory, `s${port}`, bareBrick(brick, port, options));
      const mine = { ...certificates.options(name, 'authority'), ...client };
      outcomes.push(await outcomeAt(bareClient(port, mine)));
      await served.stop();
    }
    return outcomes;
  }

  const ADDRESS = { 'auth.addr.brick.allow': '127.0.0.1' };
  const LOGIN = { 'auth.login.brick.allow': 'user', 'auth.login.user.password': 'secret' };
  const USER = { username: 'user', password: 'secret' };
  const names = (list: string) => ({ 'auth.login.brick.ssl-allow': list });
  const ROWS: readonly (readonly [
    what: string,
    name: string,
    server: Readonly<Record<string, string>>,
    client: Readonly<Record<string, string>>,
  ])[] = [
    ['an address', 'ann', ADDRESS, {}],
    ['a listed name', 'ann', names('ann'), {}],
    ['any name', 'ann', names('*'), {}],
    ['another name', 'ann', { ...ADDRESS, ...names('bob') }, {}],
    ['a user with a wrong password', 'ann', LOGIN, { ...USER, password: 'guess' }],
    ['one between', 'far', ADDRESS, {}],
    ['one between, depth 0', 'far', { ...ADDRESS, 'transport.socket.ssl-cert-depth': '0' }, {}],
  ];
  for (const [what, name, server, client] of ROWS)
    it(`a stock brick and ours answer ${what} alike`, async () => {
      const [stock, ours] = await both(name, server, client);
      assert.equal(ours, stock);
    });

  it('ours knows users by their passwords over TLS too, where a stock brick does not look', async () => {
    assert.deepEqual(await both('ann', LOGIN, USER), ['auth-failed', 'child-up']);
  });
});
