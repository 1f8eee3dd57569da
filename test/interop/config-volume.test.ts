import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parseVolfile, printVolfile } from '../../src/graph/volfile.js';
import {
  type ConfigServer,
  configBrickVolfile,
  configClientVolfile,
} from '../../src/graph/volgen.js';
import { APPLIER, CLUSTER_ID, LEADER, READER } from '../unit/graph/config-cluster.js';
import { Applier } from './applier.js';
import { type BrickProcess, makeBrick, startBrick } from './brick-process.js';
import { needInterop, type StockMount, stockMount } from './stock-client.js';

const run = promisify(execFile);

const VALUES = new Map<string, Buffer>([
  ['site/name', Buffer.from('Utrecht')],
  ['site/domain', Buffer.from('example.org\n')],
  ['empty', Buffer.alloc(0)],
  ['tenants/alpha/ids', Buffer.from('1000-1999')],
  ['tenants/beta/ids', Buffer.from('2000-2999')],
  ['binary', randomBytes(4096)],
  ['large', randomBytes(1024 * 1024 + 1)],
  ['größe/é', Buffer.from('ü')],
]);

/** All of a brick: names, attributes, xattrs and contents, what it keeps for itself included. */
async function fingerprint(path: string): Promise<string> {
  const shown = '%P %y %m %U:%G %n %s %T@ %l\\n';
  const listed = await run('find', [path, '-not', '-name', 'health_check', '-printf', shown]);
  const xattrs = await run('getfattr', ['-R', '-h', '-d', '-m', '.', '-e', 'hex', path]);
  const sums = await run('find', [path, '-type', 'f', '-exec', 'sha256sum', '{}', '+']);
  const sorted = [listed, xattrs, sums].map(({ stdout }) => stdout.split('\n').sort().join('\n'));
  return sorted.join('\n\n');
}

/** The same client with the guard that it carries itself taken out: only the bricks' guards are left. */
function withoutGuard(text: string): string {
  const volumes = parseVolfile(text).filter(({ type }) => type !== 'features/read-only');
  const [top = volumes[0], replicate] = [volumes.pop(), volumes.at(-1)];
  assert.ok(top && replicate);
  return printVolfile([...volumes, { ...top, subvolumes: [replicate] }]);
}

const CLIENTS: readonly (readonly [string, (text: string) => string])[] = [
  ['by the volfile that is printed', (text) => text],
  ['by a volfile without a guard of its own', withoutGuard],
];

for (const [kind, changed] of CLIENTS)
  describe(`stock glusterfs on the config values of three of our bricks, ${kind}`, function () {
    this.timeout(60_000);
    let directory = '';
    const bricks: BrickProcess[] = [];
    const appliers: Applier[] = [];
    let servers: ConfigServer[] = [];
    let mount: StockMount | undefined;
    let at = (name: string): string => name;
    const valuesOf = (number: number): string => join(directory, `${number}/values`);

    before(async function () {
      needInterop(this);
      directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
      servers = [];
      for (const number of [1, 2, 3]) servers.push(await startServer(number));
      for (const server of servers) appliers.push(await Applier.connect(server, APPLIER));
      for (const applier of appliers) await applier.apply(VALUES);
      for (const applier of appliers) await applier.setApplied(true);
      const mounted = await stockMount(
        directory,
        'client',
        changed(configClientVolfile(CLUSTER_ID, servers, READER)),
      );
      mount = mounted;
      at = (name) => join(mounted.path, name);
    });

    async function startServer(number: number): Promise<ConfigServer> {
      const home = join(directory, `${number}`);
      for (const name of ['journal', 'values']) makeBrick(join(home, name), CLUSTER_ID);
      const address = { bindAddress: '127.0.0.1', port: 0 };
      const users = { leader: LEADER, applier: APPLIER, reader: READER };
      const volfile = configBrickVolfile({
        clusterId: CLUSTER_ID,
        directory: home,
        ...address,
        ...users,
      });
      const brick = await startBrick(directory, `brick-${number}`, volfile);
      bricks.push(brick);
      return { number, host: '127.0.0.1', port: brick.port };
    }

    after(async () => {
      await mount?.unmount();
      for (const applier of appliers) await applier.stop();
      const statuses: (number | null)[] = [];
      for (const brick of bricks) statuses.push(await brick.stop());
      if (directory !== '') rmSync(directory, { recursive: true, force: true });
      assert.deepEqual(
        statuses,
        statuses.map(() => 0),
      );
    });

    it('lists every key and reads it byte for byte', async () => {
      const entries = await fs.readdir(at(''), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const keys = files.map(({ parentPath, name }) => join(parentPath, name).slice(at('').length));
      assert.deepEqual(keys.map((key) => key.replace(/^\//, '')).sort(), [...VALUES.keys()].sort());
      for (const [key, value] of VALUES) assert.ok(value.equals(await fs.readFile(at(key))), key);
    });

    const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['create a file', () => fs.writeFile(at('new'), 'new')],
      ['overwrite a value', () => fs.writeFile(at('site/name'), 'Delft')],
      ['append to a value', () => fs.appendFile(at('site/name'), '!')],
      ['truncate a value', () => fs.truncate(at('site/name'), 1)],
      ['remove a value', () => fs.unlink(at('site/name'))],
      ['rename a value', () => fs.rename(at('site/name'), at('site/other'))],
      ['link a value', () => fs.link(at('site/name'), at('site/other'))],
      ['make a symlink', () => fs.symlink('a', at('site/pointer'))],
      ['make a directory', () => fs.mkdir(at('directory'))],
      ['remove a directory', () => fs.rmdir(at('tenants/alpha'))],
      ['change a mode', () => fs.chmod(at('site/name'), 0o600)],
      ['change an owner', () => fs.chown(at('site/name'), 1, 1)],
      ['change times', () => fs.utimes(at('site/name'), 1, 1)],
      ['set an xattr', () => run('setfattr', ['-n', 'user.a', '-v', '1', at('site/name')])],
    ];
    for (const [what, change] of changes)
      it(`cannot ${what}`, async () => {
        const before = await Promise.all([1, 2, 3].map((number) => fingerprint(valuesOf(number))));
        await assert.rejects(change(), /EROFS|Read-only file system/);
        const after = await Promise.all([1, 2, 3].map((number) => fingerprint(valuesOf(number))));
        assert.deepEqual(after, before);
      });

    it('heals no name that only one brick has, and takes no part of it along', async () => {
      await appliers[0]?.apply(new Map([['only/here', Buffer.from('lonely')]]));
      await fs.readdir(at(''));
      const found = await fs.readFile(at('only/here'), 'utf8').catch((error) => error.code);
      assert.ok(['lonely', 'ENOENT', 'EIO', 'EROFS', 'ENOTCONN'].includes(found), found);
      await fs.stat(at('only')).catch(() => {});
      assert.ok(existsSync(join(valuesOf(1), 'only/here')));
      for (const number of [2, 3])
        assert.ok(!existsSync(join(valuesOf(number), 'only')), `${number}`);
      await appliers[0]?.remove(['only/here', 'only']);
    });

    it('removes no name that one brick lacks', async () => {
      const key = 'tenants/alpha/ids';
      await appliers[2]?.remove([key]);
      await fs.readFile(at(key)).catch(() => {});
      await fs.readdir(at('tenants/alpha'));
      for (const number of [1, 2]) assert.ok(existsSync(join(valuesOf(number), key)), `${number}`);
      assert.ok(!existsSync(join(valuesOf(3), key)), 'it is not made again');
      await appliers[2]?.apply(new Map([[key, VALUES.get(key) ?? Buffer.alloc(0)]]));
    });

    it('shows a change that every brick has applied', async () => {
      for (const applier of appliers)
        await applier.apply(new Map([['site/name', Buffer.from('Delft')]]));
      await until(async () => (await fs.readFile(at('site/name'), 'utf8')) === 'Delft');
    });

    it('reads on while two of the three are down, and not while the last one lags', async () => {
      await bricks[0]?.stop();
      await appliers[1]?.setApplied(false);
      await until(() => reads('site/domain'));
      await appliers[2]?.setApplied(false);
      await until(async () => !(await reads('tenants/beta/ids')));
      await appliers[2]?.setApplied(true);
      await until(() => reads('tenants/beta/ids'));
    });

    async function reads(key: string): Promise<boolean> {
      const value = await fs.readFile(at(key)).catch(() => undefined);
      return value !== undefined && VALUES.get(key)?.equals(value) === true;
    }

    async function until(holds: () => Promise<boolean>): Promise<void> {
      for (const end = Date.now() + 15_000; Date.now() < end; await sleep(100))
        if (await holds()) return;
      assert.fail('it does not come about');
    }
  });
