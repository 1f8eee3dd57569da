import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForRoot, skipWithout } from '../needs.js';
import { freePorts } from './free-port.js';
import { until } from './until.js';

/*
 * A disk that hangs: a filesystem in a file, frozen while a brick serves it. Whoever writes to it sleeps and cannot even be killed.
 */

const volfile = (brick: string, port: number): string => `
volume brick
    type storage/posix
    option directory ${brick}
    option health-check-interval 2
    option health-check-timeout 2
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.address-family inet
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port ${port}
    option auth.addr.brick.allow 127.0.0.1
    subvolumes brick
end-volume
`;

describe('a brick whose disk hangs', function () {
  this.timeout(120_000);
  let directory = '';
  let isFrozen = false;
  const at = (name: string): string => join(directory, name);
  const sh = (program: string, ...words: readonly string[]): void =>
    void execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const freeze = (flag: '-f' | '-u'): void => {
    sh('fsfreeze', flag, at('disk'));
    isFrozen = flag === '-f';
  };

  before(function () {
    skipWithout(this, missingForRoot('mkfs.ext4', 'fsfreeze', 'mount', 'truncate'));
    directory = mkdtempSync(join(tmpdir(), 'hekafs-frozen-'));
    sh('truncate', '-s', '32M', at('image'));
    sh('mkfs.ext4', '-q', at('image'));
    mkdirSync(at('disk'));
    sh('mount', '-o', 'loop', at('image'), at('disk'));
    mkdirSync(at('disk/brick'));
  });

  after(() => {
    if (directory === '') return;
    if (isFrozen) freeze('-u');
    sh('umount', at('disk'));
    rmSync(directory, { recursive: true, force: true });
  });

  it('sends its clients away and ends, as soon as the disk lets it', async () => {
    const port = await freePorts(1);
    writeFileSync(at('volfile'), volfile(at('disk/brick'), port));
    const words = ['-N', '-f', at('volfile'), '-l', at('log')];
    const brick = spawn('bin/hfs_brickd', words, { stdio: 'ignore' });
    const ended = once(brick, 'exit');
    const log = (): string => readFileSync(at('log'), 'utf8');
    const checked = at('disk/brick/.glusterfs/health_check');
    await until('the first check', () => readFileSync(checked).length > 0);
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const left = once(client, 'close');
    freeze('-f');
    await left;
    await until('the log to say why', () => log().includes('HFS-5017'));
    freeze('-u');
    const [status, signal] = await ended;
    assert.equal(signal, 'SIGKILL', `it ended with ${status}`);
  });
});
