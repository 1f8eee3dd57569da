import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import { until } from './until.js';

/*
 * Values follow from the log. Whatever becomes of their files and directories, they are made again; but never in a directory
 * that only shows because a filesystem is not mounted.
 */

const KEYS = ['a', 'dir/one', 'dir/deep/two'];

describe('the values of a server, damaged', function () {
  this.timeout(60_000);
  const cluster = useCluster(
    () => Cluster.ofServers(1),
    (context) => skipWithout(context, missingForRoot('mount', 'umount', 'setfattr')),
  );
  const only = () => cluster().node('n1');
  const values = () => join(only().stateDir, 'brick/values');

  before(async () => {
    for (const key of KEYS) assert.equal((await only().put(key, `value of ${key}`)).status, 200);
    await isMended();
  });

  async function isMended(): Promise<void> {
    await until('all values are back', () => {
      for (const key of KEYS)
        assert.equal(readFileSync(only().valuePath(key), 'utf8'), `value of ${key}`);
      return true;
    });
    await cluster().ready();
  }

  it('while it was down: kinds, gfids, attributes and handles', async () => {
    await only().stop();
    rmSync(join(values(), '.glusterfs'), { recursive: true });
    rmSync(join(values(), 'a'));
    mkdirSync(join(values(), 'a'));
    execFileSync('setfattr', ['-x', 'trusted.gfid', join(values(), 'dir/one')]);
    const other = `0x${'17'.repeat(16)}`;
    execFileSync('setfattr', ['-n', 'trusted.gfid', '-v', other, join(values(), 'dir/deep/two')]);
    await only().start();
    await isMended();
  });

  for (const when of ['while it was down', 'while it runs'])
    it(`${when}: all of it removed`, async () => {
      if (when === 'while it was down') await only().stop();
      renameSync(values(), `${values()}.away`);
      rmSync(`${values()}.away`, { recursive: true });
      if (when === 'while it was down') await only().start();
      // Whoever looks finds them gone: here the next change.
      await only().put('trigger', when);
      await isMended();
      assert.match(only().log(), /"code":"HFS-5012".*the values were gone/);
    });

  it('its filesystem unmounted: nothing is written below, and it is back with the mount', async () => {
    await only().stop();
    const disk = join(only().stateDir, 'disk');
    renameSync(values(), disk);
    mkdirSync(values());
    execFileSync('mount', ['--bind', disk, values()]);
    await only().start();
    await isMended();
    execFileSync('umount', ['--lazy', values()]);
    await only().put('a', 'changed');
    await until('it says so', async () => {
      const { state, summary } = await only().status();
      if (state === 'degraded' && /values|the brick of this server/.test(summary)) return true;
      throw new Error(summary);
    });
    assert.deepEqual(readdirSync(values()), [], 'the directory below stays empty');
    const brick = only().killBrick();
    await until('another brick says so', async () => {
      const { summary } = await only().status();
      return summary.includes('volume-id is absent') && only().brickPid !== brick;
    });
    assert.deepEqual(readdirSync(values()), []);
    execFileSync('mount', ['--bind', disk, values()]);
    cluster().atEnd(() => execFileSync('umount', ['--lazy', values()]));
    await only().put('a', 'value of a');
    await isMended();
    assert.ok(existsSync(join(disk, 'a')));
  });
});
