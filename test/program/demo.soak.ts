import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { bin, ended, heard, run, start } from './run.js';

describe('hekafsd --demo --nodes 5', function () {
  this.timeout(300_000);

  it('makes five servers that all vote, ends them all, and continues', async () => {
    const directory = mkdtempSync(`${tmpdir()}/hekafs-demo-`);
    try {
      for (const count of [1, 2]) {
        const child = start(bin('hekafsd'), ['--demo', '--nodes', '5', '--state-dir', directory]);
        const said = await heard(child, /Ctrl-C stops|ended:/);
        assert.match(said, /5 servers vote, all are up/);
        assert.ok(said.includes(`get demo/starts\n${count}\n`), said);
        child.kill('SIGINT');
        assert.equal(await ended(child), 0);
        const left = await run(bin('hfs_config'), ['--state-dir', `${directory}/node5`, 'status']);
        assert.equal(left.code, 6, 'nobody is left');
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
