import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../program/until.js';
import { shell } from './shell.js';
import { needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';

/** Longer than any test lasts: what a mount remembers is right only because it is told. */
const CACHED_SECONDS = 600;

const UNCACHED_KERNEL = ['--attribute-timeout=0', '--entry-timeout=0'];

const CACHES = {
  upcall: { 'cache-invalidation': 'on', 'cache-invalidation-timeout': CACHED_SECONDS },
  'md-cache': {
    'cache-invalidation': 'true',
    'md-cache-timeout': CACHED_SECONDS,
    'cache-posix-acl': 'on',
    'xattr-cache-list': 'user.*',
  },
};

for (const engine of ['stock', 'ours'] as const) {
  describe(`two stock mounts that remember for long, on a brick served by ${engine}`, function () {
    this.timeout(120_000);
    let volume: StockVolume | undefined;
    let one = (name: string): string => name;
    let other = one;

    before(async function () {
      needInterop(this, 'glusterfsd');
      volume = await StockVolume.startWith(CACHES, 'none', engine);
      const [first, second] = [
        await volume.mount(...UNCACHED_KERNEL),
        await volume.mount(...UNCACHED_KERNEL),
      ];
      one = (name) => join(first.path, name);
      other = (name) => join(second.path, name);
    });

    after(() => volume?.stop());

    it('show a new mode, a new size and new content', async () => {
      await fs.writeFile(one('file'), 'old');
      assert.equal((await fs.stat(other('file'))).size, 3);
      assert.equal(await fs.readFile(other('file'), 'utf8'), 'old');
      await fs.chmod(one('file'), 0o600);
      await until('the mode', async () => ((await fs.stat(other('file'))).mode & 0o777) === 0o600);
      await fs.writeFile(one('file'), 'brand new');
      await until('the size', async () => (await fs.stat(other('file'))).size === 9);
      await until('the content', async () => {
        return (await fs.readFile(other('file'), 'utf8')) === 'brand new';
      });
    });

    it('show a name that is gone, renamed, or new', async () => {
      await fs.mkdir(one('dir'));
      await fs.writeFile(one('dir/a'), '');
      await fs.stat(other('dir/a'));
      await fs.rename(one('dir/a'), one('dir/b'));
      await until('the name is another', async () => {
        const names = await fs.readdir(other('dir'));
        return names.join() === 'b';
      });
      await fs.stat(other('dir/b'));
      await fs.unlink(one('dir/b'));
      await until('the name is gone', async () => {
        return await fs.stat(other('dir/b')).then(
          () => false,
          () => true,
        );
      });
    });

    it('show how many names a file has', async () => {
      await fs.writeFile(one('linked'), '');
      await fs.stat(other('linked'));
      await fs.link(one('linked'), one('linked-too'));
      await until('two names', async () => (await fs.stat(other('linked'))).nlink === 2);
      await fs.unlink(one('linked-too'));
      await until('one name', async () => (await fs.stat(other('linked'))).nlink === 1);
    });

    it('show a new attribute', async () => {
      const value = (path: string) =>
        shell('getfattr --absolute-names --only-values -n user.colour "$1"', path).catch(() => '');
      await fs.writeFile(one('marked'), '');
      await shell('setfattr -n user.colour -v blue "$1"', one('marked'));
      assert.equal(await value(other('marked')), 'blue');
      await shell('setfattr -n user.colour -v red "$1"', one('marked'));
      await until('the other value', async () => (await value(other('marked'))) === 'red');
      await shell('setfattr -x user.colour "$1"', one('marked'));
      await until('no value', async () => (await value(other('marked'))) === '');
    });
  });

  describe(`setfacl and su on a mount with ACLs, on a brick served by ${engine}`, function () {
    this.timeout(120_000);
    let volume: StockVolume | undefined;
    let root = '';

    before(async function () {
      needInterop(this, 'glusterfsd', 'setfacl', 'setpriv');
      volume = await StockVolume.start('none', engine);
      root = (await volume.mount('--acl')).path;
      await fs.chmod(root, 0o777);
      await shell('chmod 755 "$1"', volume.directory);
    });

    after(() => volume?.stop());

    it('gives the answers of permissions.sh', async () => {
      const script = await fs.readFile('test/interop/permissions.sh', 'utf8');
      assert.equal(
        await shell(script, root),
        await fs.readFile('test/interop/permissions.out', 'utf8'),
      );
    });
  });

  describe(`root-squash on a brick served by ${engine}`, function () {
    this.timeout(120_000);
    let volume: StockVolume | undefined;

    before(function () {
      needInterop(this, 'glusterfsd');
    });

    afterEach(async () => {
      await volume?.stop();
      volume = undefined;
    });

    for (const [option, owner] of [
      ['root-squash', '65534:1000'],
      ['all-squash', '1001:2000'],
    ] as const)
      it(`${option}: what is made belongs to ${owner}`, async () => {
        const anon = option === 'all-squash' ? { anonuid: 1001, anongid: 2000 } : { anongid: 1000 };
        volume = await StockVolume.startWith(
          { server: { [option]: 'on', ...anon } },
          'none',
          engine,
        );
        await fs.chmod(volume.brick(0).directory, 0o777);
        const { path } = await volume.mount();
        await fs.writeFile(join(path, 'file'), 'x');
        const { uid, gid } = await fs.stat(join(path, 'file'));
        assert.equal(`${uid}:${gid}`, owner);
      });
  });
}
