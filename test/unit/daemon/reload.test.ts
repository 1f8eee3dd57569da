import assert from 'node:assert/strict';
import { DAEMON_OPTIONS, type DaemonOptionName } from '../../../src/daemon/option-table.js';
import { daemonOptions, type Given } from '../../../src/daemon/options.js';
import { merged, optionChanges } from '../../../src/daemon/reload.js';

const BEFORE: Readonly<Record<DaemonOptionName, string>> = {
  'state-dir': '/state',
  host: 'alder',
  address: '10.0.0.1',
  http: '127.0.0.1:1',
  'mgmt-port': '2',
  'brick-ports': '3-4',
  members: 'list:10.0.0.2:1',
  'log-level': 'info',
  'log-file': '/log',
};
const AFTER: Readonly<Record<DaemonOptionName, string>> = {
  'state-dir': '/elsewhere',
  host: 'birch',
  address: '10.0.0.9',
  http: '127.0.0.1:9',
  'mgmt-port': '9',
  'brick-ports': '8-9',
  members: 'list:10.0.0.9:1',
  'log-level': 'debug',
  'log-file': '-',
};

function optionsOf(flags: Given, environment: Readonly<Record<string, string>> = {}, file = '{}') {
  return daemonOptions({ flags, environment, readFile: () => file, isRoot: true });
}

describe('options that are read again', () => {
  const inForce = optionsOf(BEFORE);

  it('nothing has changed where nothing has', () => {
    assert.deepEqual(optionChanges(inForce, optionsOf(BEFORE)), { now: [], later: [] });
  });

  const AT_ONCE = ['members', 'log-level', 'log-file'];
  for (const { name } of DAEMON_OPTIONS)
    it(`${name}: ${AT_ONCE.includes(name) ? 'at once' : 'at the next start'}`, () => {
      // The address follows --http where it is not given.
      const read = optionsOf({ ...BEFORE, [name]: AFTER[name] });
      const { now, later } = optionChanges(inForce, read);
      assert.deepEqual(AT_ONCE.includes(name) ? [now, later] : [later, now], [[name], []]);
      const after = optionChanges(inForce, merged(inForce, read));
      assert.deepEqual(after, { now, later: [] }, 'only what can change is taken over');
    });

  it('names what hekafsd.json says in vain', () => {
    const file = '{"log-level":"debug","mgmt-port":2,"host":"file"}';
    const { overruled } = optionsOf({ 'log-level': 'warn' }, { HEKAFS_MGMT_PORT: '2' }, file);
    assert.deepEqual(overruled, ['log-level'], 'the same twice is no contradiction');
  });
});
