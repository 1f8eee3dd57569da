import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Fd } from '../../../src/fop/fd.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import type { Notice } from '../../../src/fop/translator.js';
import { nodeNetwork } from '../../../src/platform/node/network.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { missingPrograms, skipWithout } from '../../needs.js';
import { ROOT_IATT, ScriptedBrick } from './brick.js';
import { Certificates } from './certificates.js';
import { clientOf, noticeOf, type OptionTexts, pairOf, platformOf, serverOf } from './pair.js';

/** Two authorities, one with an intermediate; who is signed by whom is in the names. */
describe('TLS between client and server', function () {
  this.timeout(30_000);
  let directory = '';
  let certificates: Certificates;
  const platform = platformOf(nodeNetwork());

  before(function () {
    skipWithout(this, missingPrograms('openssl'));
    directory = mkdtempSync(join(tmpdir(), 'hekafs-tls-'));
    certificates = new Certificates(directory);
    certificates.authority('ours');
    certificates.authority('others');
    certificates.authority('between', 'ours');
    for (const name of ['brick', 'ann', 'bob']) certificates.leaf(name, 'ours');
    certificates.leaf('far', 'between', ['between']);
    certificates.leaf('stranger', 'others');
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** What becomes of a client that shows `name`, to a server with these options. */
  async function outcome(
    name: string,
    server: OptionTexts = {},
    client: OptionTexts = {},
  ): Promise<string> {
    const brick = new ScriptedBrick();
    const border = await serverOf([brick], platform, {
      ...certificates.options('brick', 'ours'),
      ...server,
    });
    const one = clientOf(border.endpoint?.port, platform, {
      ...certificates.options(name, 'ours'),
      ...client,
    });
    const ends = ['child-up', 'child-down', 'auth-failed'] as const;
    const first = Promise.race(ends.map((event) => noticeOf(one, event)));
    await one.start();
    const notice = await first;
    await one.stop();
    await border.stop();
    return 'why' in notice ? notice.why : notice.event;
  }

  for (const [version, minimum] of [
    ['1.2', 'TLSv1.2'],
    ['1.3', 'TLSv1.3'],
  ] as const)
    it(`answers TLS ${version}`, async () => {
      const border = await serverOf([new ScriptedBrick()], platform, {
        ...certificates.options('brick', 'ours'),
      });
      const protocol = await new Promise((resolve, reject) => {
        const [cert, key, ca] = [
          certificates.path('ann'),
          certificates.path('ann', 'key'),
          certificates.path('ours'),
        ].map((path) => readFileSync(path));
        const socket = connectTls(
          {
            host: '127.0.0.1',
            port: border.endpoint?.port ?? 0,
            ...{ cert, key, ca, minVersion: minimum, maxVersion: minimum },
            checkServerIdentity: () => undefined,
          },
          () => {
            resolve(socket.getProtocol());
            socket.destroy();
          },
        );
        socket.on('error', reject);
      });
      await border.stop();
      assert.equal(protocol, minimum);
    });

  it('carries fops and payloads both ways', async () => {
    const pair = await pairOf(platform, {
      server: certificates.options('brick', 'ours'),
      client: certificates.options('ann', 'ours'),
    });
    const payload = randomBytes(3 * 1024 * 1024 + 1);
    pair.brick.handlers = {
      readv: async () => ({ stat: ROOT_IATT, data: payload, isEof: true, xdata: null }),
    };
    const request = { fd: Fd.anonymous(ROOT_GFID), offset: 0, size: payload.length, flags: 0 };
    const { data } = await pair.client.wind('readv', { ...request, xdata: null }, ROOT_FRAME);
    assert.ok(payload.equals(data));
    await pair.stop();
  });

  it('lets in whoever the authority has signed, also through one between', async () => {
    assert.equal(await outcome('ann'), 'child-up');
    assert.equal(await outcome('far'), 'child-up');
  });

  it('sends away a longer chain than ssl-cert-depth allows', async () => {
    const depth = { 'transport.socket.ssl-cert-depth': '0' };
    assert.equal(await outcome('ann', depth), 'child-up');
    assert.notEqual(await outcome('far', depth), 'child-up');
  });

  it('sends away whom another authority has signed, and goes to no such server', async () => {
    assert.notEqual(await outcome('stranger'), 'child-up');
    const other = certificates.options('stranger', 'ours');
    assert.match(await outcome('ann', other), /UNABLE_TO|SELF_SIGNED|LOCAL/);
  });

  it('asks auth.login.*.ssl-allow for the common name, and for nothing else', async () => {
    const allow = (list: string) => ({
      'auth.login.brick.ssl-allow': list,
      'auth.addr.brick.allow': '127.0.0.1',
    });
    assert.equal(await outcome('ann', allow('ann,bob')), 'child-up');
    assert.equal(await outcome('bob', allow('*')), 'child-up');
    assert.match(await outcome('ann', allow('bob')), /Authentication failed/);
  });

  it('speaks to nobody without TLS, and says so once in the log', async () => {
    const border = await serverOf([new ScriptedBrick()], platform, {
      ...certificates.options('brick', 'ours'),
    });
    const logged = noticeOf(border, 'log');
    const socket = createConnection({ host: '127.0.0.1', port: border.endpoint?.port ?? 0 });
    const answer: Buffer[] = [];
    socket.on('data', (chunk) => answer.push(chunk));
    socket.on('error', () => undefined);
    socket.write(Buffer.from('800000540000000100000000000000020000', 'hex'));
    const notice = (await logged) as Extract<Notice, { event: 'log' }>;
    assert.equal(notice.message, 'stranger sent away');
    assert.match(`${notice.fields?.['why']}`, /^TLS: ERR_SSL/);
    socket.destroy();
    await border.stop();
    assert.ok(!Buffer.concat(answer).includes('GlusterFS'), 'no program is named');
  });

  it('does not start with a file that is missing, and names it', async () => {
    const missing = { 'transport.socket.ssl-private-key': '/nowhere/brick.key' };
    const options = { ...certificates.options('brick', 'ours'), ...missing };
    await assert.rejects(
      serverOf([new ScriptedBrick()], platform, options),
      /\/nowhere\/brick.key/,
    );
    await assert.rejects(clientOf(1, platform, options).start(), /\/nowhere\/brick.key/);
  });

  it('does not start where the network has none', async () => {
    const options = certificates.options('brick', 'ours');
    const bare = platformOf(memoryNetwork());
    await assert.rejects(serverOf([new ScriptedBrick()], bare, options), /no TLS/);
  });
});
