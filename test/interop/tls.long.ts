import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../program/free-port.js';
import { Certificates } from '../unit/rpc/certificates.js';
import { bareBrick, bareClient } from './bare-volfiles.js';
import { makeBrick, startBrick } from './brick-process.js';
import { outcomeAt } from './our-client.js';
import { shell } from './shell.js';
import { startStockBrick } from './stock-brick.js';
import { needInterop, type StockMount, stockMount } from './stock-client.js';
import { TlsTap } from './tls-tap.js';

const LOGIN = { 'auth.login.brick.allow': 'user', 'auth.login.user.password': 'secret' };
const USER = { username: 'user', password: 'secret' };
const SESSION = `
cd $1
mkdir -p d/e; echo one > d/f; cp d/f d/g; ln d/f d/h; mv d/g d/e/g; rm d/h
dd if=/dev/urandom of=big bs=128k count=40 conv=fsync status=none; truncate -s 4000000 big
setfattr -n user.colour -v blue d/f; getfattr -d d/f | grep -q blue; ls -laR . > /dev/null
`;

/** Has OpenSSL in the stock client speak no newer version. */
function openSslConfig(directory: string, version: string): string {
  const path = join(directory, `${version}.cnf`);
  const section = `[s]\nsystem_default = d\n[d]\nMaxProtocol = ${version}\nMinProtocol = ${version}\n`;
  writeFileSync(path, `openssl_conf = o\n[o]\nssl_conf = s\n${section}`);
  return path;
}

/** A mount whose process reads that file of OpenSSL's. */
async function stockMountWith(
  config: string,
  ...words: Parameters<typeof stockMount>
): Promise<StockMount> {
  process.env['OPENSSL_CONF'] = config;
  try {
    return await stockMount(...words);
  } finally {
    delete process.env['OPENSSL_CONF'];
  }
}

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

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`a stock client works on our brick over ${version}, with a user and a password`, async () => {
      const brick = join(directory, version);
      makeBrick(brick);
      const options = { ...certificates.options('brick', 'authority'), ...LOGIN };
      const served = await startBrick(directory, version, bareBrick(brick, 0, options));
      const tap = await TlsTap.to(served.port);
      const client = { ...certificates.options('ann', 'authority'), ...USER };
      const mount = await stockMountWith(
        openSslConfig(directory, version),
        directory,
        `client-${version}`,
        bareClient(tap.port, client),
      );
      try {
        await shell(SESSION, mount.path);
        await shell('diff -r $1 $2 --exclude=.glusterfs', mount.path, brick);
        assert.equal(tap.version, version);
      } finally {
        await mount.unmount();
        tap.close();
        await served.stop();
      }
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
