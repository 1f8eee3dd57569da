import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, useCluster } from './cluster.js';
import { journal, setAside } from './lost-log.js';
import { pause, until } from './until.js';

describe('a server that rejoins', function () {
  this.timeout(300_000);
  const cluster = useCluster(async () => {
    const made = await Cluster.ofServers(3);
    for (let each = 0; each < 20; each++) await made.node('n1').put(`key/${each}`, `value ${each}`);
    await made.sameValues();
    return made;
  });

  it('killed again and again while it rejoins, it arrives nevertheless', async () => {
    const n3 = cluster().node('n3');
    const aside = setAside(n3).length;
    await n3.stop();
    rmSync(journal(n3));
    for (let ms = 0; ms < 2500; ms += 125) {
      await n3.start();
      await pause(ms);
      await n3.killNode();
    }
    await n3.start();
    await cluster().ready(30_000);
    await cluster().sameValues();
    assert.ok(setAside(n3).length > aside, 'the old brick was kept');
    const { servers } = await n3.status();
    assert.equal(servers.length, 3);
  });

  it("does not touch somebody else's log; verify --repair rejoins beside it", async () => {
    const n3 = cluster().node('n3');
    const other = await Cluster.ofServers(1);
    try {
      const foreign = readFileSync(journal(other.node('n1')));
      await n3.stop();
      writeFileSync(journal(n3), foreign);
      await n3.start();
      await until('it says so', () => /"code":"HFS-5006"[^}]*of voter/.test(n3.log()));
      const aside = setAside(n3).length;
      const { code, stdout, stderr } = await n3.cli(['verify', '--repair']);
      assert.ok(code === 0 || code === 8, stderr);
      assert.match(stdout, /this server has rejoined with a new log: log of voter/);
      await cluster().ready(30_000);
      assert.deepEqual(readFileSync(journal(n3)), foreign, 'it is as it was');
      assert.equal(setAside(n3).length, aside);
      assert.ok(existsSync(join(n3.stateDir, 'brick-2/journal/log.1')));
    } finally {
      await other.end();
    }
  });
});
