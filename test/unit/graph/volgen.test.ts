import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseVolfile } from '../../../src/graph/volfile.js';
import {
  configApplierVolfile,
  configBrickVolfile,
  configClientVolfile,
  configJournalVolfile,
} from '../../../src/graph/volgen.js';
import { APPLIER, brickOf, CLUSTER_ID, LEADER, READER, SERVERS } from './config-cluster.js';

const golden = (name: string): string => readFileSync(`volfiles/config/${name}`, 'utf8');

describe('volgen', () => {
  for (const server of SERVERS)
    it(`makes the brick of server ${server.number}`, () => {
      assert.equal(configBrickVolfile(brickOf(server)), golden(`brick-${server.number}.vol`));
    });

  it('makes a brick for glusterfsd, with no option of ours and an export for the applier alone', () => {
    const [server = { number: 0, host: '', port: 0 }] = SERVERS;
    const brick = { ...brickOf(server), engine: 'glusterfs' } as const;
    const volumes = parseVolfile(configBrickVolfile(brick));
    const keys = volumes.flatMap(({ options }) => options.map(({ key }) => key));
    for (const own of ['writer', 'up-while-applied', 'mark-failed-syncs'])
      assert.ok(!keys.includes(own), own);
    const users = new Map(volumes.at(-1)?.options.map(({ key, value }) => [key, value] as const));
    assert.equal(users.get('auth.login.values.allow'), READER.login, 'nobody else reads there');
    assert.equal(users.get('auth.login.values-writer.allow'), APPLIER.login);
    const applier = configApplierVolfile(server, APPLIER, 'glusterfs');
    assert.match(applier, /option remote-subvolume values-writer\n/);
    assert.match(
      configApplierVolfile(server, APPLIER, 'embedded'),
      /option remote-subvolume values\n/,
    );
  });

  it('makes the client of three servers, whatever their order', () => {
    for (const servers of [SERVERS, SERVERS.toReversed()])
      assert.equal(configClientVolfile(CLUSTER_ID, servers, READER), golden('client.vol'));
  });

  it('makes the client of one journal', () => {
    const [server = { number: 0, host: '', port: 0 }] = SERVERS;
    assert.equal(configJournalVolfile(server, LEADER), golden('journal-1.vol'));
  });

  it('names a client by the number of its brick, which may leave gaps', () => {
    const text = configClientVolfile(CLUSTER_ID, SERVERS.slice(1), READER);
    assert.deepEqual(
      parseVolfile(text).map(({ name }) => name),
      ['config-client-2', 'config-client-3', 'config-replicate-0', 'config-read-only', 'config'],
    );
  });

  it('quotes what a volfile needs quoted, so that no argument adds a line', () => {
    const [server = { number: 0, host: '', port: 0 }] = SERVERS;
    const brick = { ...brickOf(server), directory: '/srv/my "brick"' };
    const [journal] = parseVolfile(configBrickVolfile(brick));
    assert.equal(journal?.options[0]?.value, '/srv/my "brick"/journal');
    assert.throws(() => configBrickVolfile({ ...brick, directory: '/a\nvolume b' }), RangeError);
  });

  const logins = ['', 'a,b', 'a b', 'a.password', 'a*'];
  for (const login of logins)
    it(`refuses the login ${JSON.stringify(login)}`, () => {
      const [server = { number: 0, host: '', port: 0 }] = SERVERS;
      const reader = { login, password: 'p' };
      assert.throws(() => configBrickVolfile({ ...brickOf(server), reader }), /not a login/);
    });

  it('refuses a client of no servers', () => {
    assert.throws(() => configClientVolfile(CLUSTER_ID, [], READER), RangeError);
  });
});
