import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpFixture } from '../unit/daemon/http-fixture.js';
import { bin } from './run.js';

/** Prints what of Node's own library was loaded, when the process ends. */
const HOOK = `process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')));`;

/** Each of them takes longer to load than a value takes to be read. */
const SLOW = ['assert', 'crypto', 'readline', 'tls', 'https', 'child_process', 'worker_threads'];

describe('the start of hfs_config', () => {
  it('loads only what reading a value takes', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-start-'));
    const http = new HttpFixture();
    await http.start();
    try {
      await http.root('/v1/config/k', { method: 'PUT', body: 'v' });
      const hook = join(directory, 'hook.cjs');
      writeFileSync(hook, HOOK);
      const args = ['-r', hook, bin('hfs_config'), '--state-dir', http.directory, 'get', 'k'];
      const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>(
        (resolve) => {
          execFile(process.execPath, args, (_, stdout, stderr) => resolve({ stdout, stderr }));
        },
      );
      assert.equal(stdout, 'v');
      const loaded = stderr.split('\n').map((line) => line.replace(/^NativeModule /, ''));
      assert.ok(loaded.includes('http'), 'the list is there');
      assert.deepEqual(
        SLOW.filter((name) => loaded.includes(name)),
        [],
      );
    } finally {
      await http.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
