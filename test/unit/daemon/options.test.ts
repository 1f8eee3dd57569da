import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { DAEMON_OPTIONS, environmentName } from '../../../src/daemon/option-table.js';
import { daemonOptions, type Given } from '../../../src/daemon/options.js';
import { defaultStateDir, socketPath } from '../../../src/daemon/state-dir.js';
import { socketName } from '../../../src/platform/node/socket-path.js';

interface Case {
  readonly flags?: Given;
  readonly environment?: Readonly<Record<string, string>>;
  readonly file?: string;
}

function options({ flags = {}, environment = {}, file }: Case) {
  return daemonOptions({
    flags: { 'state-dir': '/s', ...flags },
    environment,
    readFile: (path) => (path === '/s/hekafsd.json' ? file : undefined),
    isRoot: true,
  });
}

describe('options of hekafsd', () => {
  it('have defaults', () => {
    const all = options({});
    assert.equal(all.stateDir, '/s');
    assert.equal(all.host, hostname());
    assert.equal(all.address, '127.0.0.1');
    assert.deepEqual(all.http, { host: '127.0.0.1', port: 24006 });
    assert.equal(all.mgmtPort, 24007);
    assert.deepEqual(all.brickPorts, { low: 49152, high: 49407 });
    assert.deepEqual(all.members, { kind: 'list', hosts: [] });
    assert.deepEqual([all.logLevel, all.logFile], ['info', undefined]);
    assert.equal(all.sources.http, 'default');
    assert.equal(all.sources['state-dir'], 'flag');
  });

  it('take the flag before the environment before the file', () => {
    const file = '{"http":"f:1","mgmt-port":3}';
    const environment = { HEKAFS_HTTP: 'e:2', HEKAFS_HOST: 'env' };
    const all = options({ flags: { http: 'x:3' }, environment, file });
    assert.deepEqual([all.http, all.sources.http], [{ host: 'x', port: 3 }, 'flag']);
    assert.deepEqual([all.host, all.sources.host], ['env', 'environment']);
    assert.deepEqual([all.mgmtPort, all.sources['mgmt-port']], [3, 'file']);
    assert.equal(options({ environment, file }).http.host, 'e');
    assert.equal(options({ file }).http.host, 'f');
    assert.equal(options({ environment: { HEKAFS_HTTP: '' }, file }).http.host, 'f');
  });

  it('dial the address of --http unless told otherwise', () => {
    assert.equal(options({ flags: { http: '10.0.0.1:1' } }).address, '10.0.0.1');
    assert.equal(options({ flags: { http: '[::1]:1' } }).address, '::1');
    assert.equal(options({ flags: { http: '10.0.0.1:1', address: 'a.b' } }).address, 'a.b');
  });

  it('have a variable each', () => {
    assert.deepEqual(DAEMON_OPTIONS.map(({ name }) => environmentName(name)).slice(0, 2), [
      'HEKAFS_STATE_DIR',
      'HEKAFS_HOST',
    ]);
  });

  const REFUSED: readonly (readonly [Case, RegExp])[] = [
    [{ flags: { http: 'nohost' } }, /--http: .*HOST:PORT/],
    [{ flags: { http: 'h:65536' } }, /65535/],
    [{ flags: { 'mgmt-port': '0' } }, /from 1 to 65535/],
    [{ flags: { 'mgmt-port': '1e3' } }, /from 1 to 65535/],
    [{ flags: { 'brick-ports': '20-10' } }, /above/],
    [{ flags: { 'brick-ports': '20' } }, /LOW-HIGH/],
    [{ flags: { members: 'glusterd' } }, /gluster, file:PATH or list:/],
    [{ flags: { members: 'file:' } }, /name of a file/],
    [{ flags: { members: 'list:' } }, /HOST:PORT/],
    [{ flags: { members: 'list:a:0' } }, /nobody/],
    [{ flags: { 'log-level': 'loud' } }, /debug, info, warn, error/],
    [{ flags: { host: 'a b' } }, /name/],
    [{ flags: { host: '../x' } }, /name/],
    [{ flags: { address: 'a b' } }, /address/],
    [{ flags: { 'log-file': '' } }, /file/],
    [{ environment: { HEKAFS_HTTP: 'x' } }, /HEKAFS_HTTP/],
    [{ file: '{"http":"x"}' }, /http in hekafsd.json/],
    [{ file: '{"htpp":"x:1"}' }, /"htpp" cannot stand there/],
    [{ file: '{"state-dir":"/x"}' }, /cannot stand there/],
    [{ file: '{"host":["a"]}' }, /neither text nor a number/],
    [{ file: '[]' }, /not a JSON object/],
    [{ file: '{' }, /hekafsd.json cannot be used/],
  ];
  for (const [given, message] of REFUSED)
    it(`refuse ${JSON.stringify(given)}`, () =>
      assert.throws(() => options(given), { code: 'HFS-1001', message }));

  it('read members', () => {
    const read = (members: string) => options({ flags: { members } }).members;
    assert.deepEqual(read('list:a:1,[::1]:2'), { kind: 'list', hosts: ['a:1', '[::1]:2'] });
    assert.deepEqual(read('gluster'), { kind: 'gluster' });
    assert.deepEqual(read('file:/etc/members'), { kind: 'file', path: '/etc/members' });
    assert.deepEqual(read('file:members'), { kind: 'file', path: resolve('members') });
  });
});

describe('state directory', () => {
  it('is where the system keeps such things', () => {
    assert.equal(defaultStateDir({}, true), '/var/lib/hekafs');
    assert.equal(defaultStateDir({ XDG_STATE_HOME: '/x' }, false), '/x/hekafs');
    assert.match(defaultStateDir({}, false), /\/\.local\/state\/hekafs$/);
  });

  it('has a socket by its own path, and by another name where that would be cut', () => {
    const fits = `/${'d'.repeat(107 - '//hekafsd.sock'.length)}`;
    assert.equal(socketName(socketPath(fits)), socketPath(fits));
    assert.throws(() => socketName(socketPath(`${fits}d`)), { code: 'ENOENT' });
  });
});
