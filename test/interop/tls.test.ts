import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Certificates } from '../unit/rpc/certificates.js';
import { bareBrick, bareClient } from './bare-volfiles.js';
import { makeBrick, startBrick } from './brick-process.js';
import { needInterop, stockMount } from './stock-client.js';

describe('TLS with stock software', function () {
  this.timeout(60_000);
  let directory = '';
  let certificates: Certificates;

  before(function () {
    needInterop(this, 'openssl');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    certificates = new Certificates(directory);
    certificates.authority('authority');
    for (const name of ['brick', 'ann']) certificates.leaf(name, 'authority');
  });
  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  it('a stock client keeps a file on our brick, which knows it by its certificate', async () => {
    const brick = join(directory, 'ours');
    makeBrick(brick);
    const server = {
      ...certificates.options('brick', 'authority'),
      'auth.login.brick.ssl-allow': 'ann',
    };
    const process = await startBrick(directory, 'ours', bareBrick(brick, 0, server));
    const client = certificates.options('ann', 'authority');
    const mount = await stockMount(directory, 'client', bareClient(process.port, client));
    try {
      const data = Buffer.alloc(1_000_001, 'TLS');
      await fs.writeFile(join(mount.path, 'file'), data);
      assert.ok(data.equals(await fs.readFile(join(brick, 'file'))));
      assert.ok(data.equals(await fs.readFile(join(mount.path, 'file'))));
    } finally {
      await mount.unmount();
      await process.stop();
    }
  });
});
