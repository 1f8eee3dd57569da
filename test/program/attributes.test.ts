import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { byteString } from '../../src/fop/name.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import { Cluster, useCluster } from './cluster.js';

const isRoot = process.getuid?.() === 0;

/* npm test is run by root and by others: each of them sees its own kind of brick. */
describe(`the brick of ${isRoot ? 'root' : 'a user who is not root'}`, function () {
  this.timeout(60_000);
  const cluster = useCluster(() => Cluster.ofServers(1));
  const prefix = isRoot ? 'trusted.' : 'user.trusted.';

  it(`keeps ${prefix}* attributes`, async () => {
    const node = cluster().node('n1');
    assert.equal((await node.cli(['set', 'site/name', 'x'])).code, 0);
    await cluster().sameValues();
    const names = nodeDisk().listxattr(byteString(node.valuePath('site/name')));
    const own = names.filter((name) => /^(user\.)?trusted\./.test(name));
    assert.ok(own.includes(`${prefix}gfid`));
    assert.ok(own.every((name) => name.startsWith(prefix)));
  });

  it(`${isRoot ? 'says nothing of it' : 'says once what that costs, in the log and in status'}`, async () => {
    const node = cluster().node('n1');
    await node.stop();
    const before = node.log().split('\n').length;
    await node.start();
    await cluster().ready();
    const { notes } = await node.status();
    const said = node
      .log()
      .split('\n')
      .slice(before - 1);
    const warned = said.filter((line) => /"level":"warn".*"code":"HFS-5104"/.test(line));
    const { stdout } = await node.cli(['status']);
    if (isRoot) {
      assert.deepEqual([notes, warned], [[], []]);
      assert.doesNotMatch(stdout, /HFS-5104/);
      return;
    }
    assert.equal(warned.length, 1);
    assert.match(notes.join('\n'), /^HFS-5104 .*GlusterFS cannot serve this brick/);
    assert.match(stdout, /^ {2}note: HFS-5104 /m);
  });

  it('is as open as its mode says', () => {
    const { mode } = statSync(join(cluster().node('n1').valuePath('.')));
    assert.equal(mode & 0o777, isRoot ? 0o755 : 0o700);
  });
});
