import assert from 'node:assert/strict';
import { missingForRoot, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import { SmallDisk } from './small-disk.js';
import { until } from './until.js';

const DISK_BYTES = 16 * 1024 * 1024;

describe('a node whose only disk is full: log, values, state and all', function () {
  this.timeout(60_000);
  let disk: SmallDisk;
  const cluster = useCluster(
    () =>
      Cluster.ofPrepared(1, async (made) => {
        const node = made.node('n1');
        // A log says of a commit that it is one in its next entry.
        for (const key of ['kept', 'another', 'more']) await node.put(key, 'x');
        await node.stop();
        disk = SmallDisk.under(node.stateDir, DISK_BYTES, 'brick/values/.glusterfs/ballast');
        made.atEnd(() => disk.unmount());
        await node.start();
        await made.ready();
      }),
    (context) => skipWithout(context, missingForRoot('mount', 'umount')),
  );
  const only = () => cluster().node('n1');

  async function isFull(): Promise<void> {
    await until('it says so', async () => {
      const { see, summary } = await only().status();
      if (see === 'HFS-5008') return true;
      throw new Error(`${see}: ${summary}`);
    });
  }

  it('refuses writes, reads on, and starts again while it is full', async () => {
    disk.fill();
    const big = Buffer.alloc(64 * 1024, 'v');
    assert.ok([503, 507].includes((await only().put('big', big, 1500)).status));
    await isFull();
    assert.equal((await only().put('other', big)).status, 507);
    assert.equal((await only().get('kept')).body.toString(), 'x');
    await only().killNode();
    await only().start();
    await until('its log is read', async () => {
      const { stdout, stderr } = await only().cli(['get', 'kept', '--stale']);
      if (stdout === 'x') return true;
      throw new Error(stderr);
    });
    assert.doesNotMatch(only().log(), /HFS-9001/);
  });

  it('resumes by itself when there is room', async () => {
    disk.free();
    await cluster().ready();
    assert.equal((await only().put('kept', 'y')).status, 200);
    assert.equal((await only().get('kept')).body.toString(), 'y');
  });
});
