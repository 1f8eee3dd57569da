import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrickProcess, makeBrick, startBrick } from './brick-process.js';
import { needInterop, type StockMount, stockMount } from './stock-client.js';

const run = promisify(execFile);

const brickVolfile = (directory: string): string => `
volume brick-posix
    type storage/posix
    option directory ${directory}
end-volume
volume brick-locks
    type features/locks
    subvolumes brick-posix
end-volume
volume brick
    type debug/io-stats
    subvolumes brick-locks
end-volume
volume brick-server
    type protocol/server
    option transport-type tcp
    option transport.address-family inet
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port 0
    option auth.addr.brick.allow 127.0.0.1
    subvolumes brick
end-volume
`;

const clientVolfile = (port: number): string => `
volume client
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume brick
end-volume
`;

describe('stock glusterfs on one of our bricks', function () {
  this.timeout(60_000);
  let directory = '';
  let bricks = '';
  let brick: BrickProcess | undefined;
  let mount: StockMount | undefined;
  let at = (name: string): string => name;
  let below = (name: string): string => name;

  before(async function () {
    needInterop(this);
    directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    bricks = join(directory, 'brick');
    makeBrick(bricks);
    brick = await startBrick(directory, 'brick', brickVolfile(bricks));
    const mounted = await stockMount(directory, 'client', clientVolfile(brick.port));
    mount = mounted;
    at = (name) => join(mounted.path, name);
    below = (name) => join(bricks, name);
  });

  after(async () => {
    await mount?.unmount();
    const status = await brick?.stop();
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
    if (brick) assert.equal(status, 0, 'hfs_brickd ends with 0 after SIGTERM');
  });

  it('creates, writes and reads a file', async () => {
    await fs.writeFile(at('greeting'), 'good day');
    assert.equal(await fs.readFile(at('greeting'), 'utf8'), 'good day');
    assert.equal(await fs.readFile(below('greeting'), 'utf8'), 'good day');
  });

  it('answers ENOENT, EEXIST, ENOTEMPTY, EISDIR and ENOTDIR where they belong', async () => {
    await fs.mkdir(at('full'));
    await fs.writeFile(at('full/one'), '');
    await assert.rejects(fs.readFile(at('missing')), { code: 'ENOENT' });
    await assert.rejects(fs.mkdir(at('full')), { code: 'EEXIST' });
    await assert.rejects(fs.writeFile(at('full/one'), '', { flag: 'wx' }), { code: 'EEXIST' });
    await assert.rejects(fs.rmdir(at('full')), { code: 'ENOTEMPTY' });
    await assert.rejects(fs.writeFile(at('full'), ''), { code: 'EISDIR' });
    await assert.rejects(fs.readdir(at('full/one')), { code: 'ENOTDIR' });
    await fs.rm(at('full'), { recursive: true });
  });

  it('appends and truncates', async () => {
    await fs.writeFile(at('log'), 'one,');
    await fs.appendFile(at('log'), 'two,');
    await fs.appendFile(at('log'), 'three');
    assert.equal(await fs.readFile(at('log'), 'utf8'), 'one,two,three');
    await fs.truncate(at('log'), 3);
    assert.equal(await fs.readFile(at('log'), 'utf8'), 'one');
    await fs.truncate(at('log'), 5);
    assert.deepEqual(await fs.readFile(below('log')), Buffer.from('one\0\0'));
  });

  it('writes in the middle of an open file', async () => {
    await fs.writeFile(at('middle'), 'aaaaaaaa');
    const file = await fs.open(at('middle'), 'r+');
    await file.write('bb', 3);
    await file.sync();
    await file.datasync();
    await file.close();
    assert.equal(await fs.readFile(below('middle'), 'utf8'), 'aaabbaaa');
  });

  it('renames, over an existing name too', async () => {
    await fs.writeFile(at('old'), 'old');
    await fs.writeFile(at('new'), 'new');
    await fs.rename(at('old'), at('new'));
    assert.equal(await fs.readFile(at('new'), 'utf8'), 'old');
    await assert.rejects(fs.stat(at('old')), { code: 'ENOENT' });
    await fs.mkdir(at('from'));
    await fs.mkdir(at('into'));
    await fs.rename(at('new'), at('from/new'));
    await fs.rename(at('from'), at('into/from'));
    assert.equal(await fs.readFile(below('into/from/new'), 'utf8'), 'old');
  });

  it('links: one inode under two names', async () => {
    await fs.writeFile(at('first'), '1');
    await fs.link(at('first'), at('second'));
    const [first, second] = [await fs.stat(at('first')), await fs.stat(at('second'))];
    assert.equal(first.nlink, 2);
    assert.equal(first.ino, second.ino);
    await fs.unlink(at('first'));
    assert.equal(await fs.readFile(at('second'), 'utf8'), '1');
    assert.equal((await fs.stat(at('second'))).nlink, 1);
  });

  it('keeps the numbers of devices', async () => {
    await run('mknod', [at('zero'), 'c', '1', '5']);
    await run('mknod', [at('disk'), 'b', '259', '70000']);
    const { stdout } = await run('stat', ['-c', '%t %T', at('zero'), at('disk')]);
    assert.equal(stdout, '1 5\n103 11170\n');
    const { stdout: onBrick } = await run('stat', ['-c', '%t %T', below('zero'), below('disk')]);
    assert.equal(onBrick, stdout);
    await run('rm', [at('zero'), at('disk')]);
  });

  it('makes and reads symlinks', async () => {
    await fs.symlink('second', at('pointer'));
    assert.equal(await fs.readlink(at('pointer')), 'second');
    assert.equal(await fs.readFile(at('pointer'), 'utf8'), '1');
    await fs.unlink(at('pointer'));
  });

  it('reads a file that is open and has no name any more', async () => {
    await fs.writeFile(at('doomed'), 'still here');
    const file = await fs.open(at('doomed'), 'r+');
    await fs.unlink(at('doomed'));
    assert.equal((await file.readFile('utf8')).toString(), 'still here');
    await file.write('!', 10);
    assert.equal((await file.stat()).size, 11);
    await file.close();
    assert.equal(existsSync(below('doomed')), false);
  });

  it('makes nested directories and removes them', async () => {
    await fs.mkdir(at('a/b/c/d'), { recursive: true });
    await fs.writeFile(at('a/b/c/d/leaf'), 'leaf');
    assert.deepEqual(await fs.readdir(at('a/b/c')), ['d']);
    await fs.rm(at('a'), { recursive: true });
    assert.equal(existsSync(below('a')), false);
  });

  it('lists a directory of 1,000 files', async () => {
    await fs.mkdir(at('many'));
    const names = Array.from({ length: 1000 }, (_, index) => `file-${index}`);
    for (const name of names) await fs.writeFile(at(`many/${name}`), name);
    assert.deepEqual((await fs.readdir(at('many'))).sort(), names.sort());
    const { stdout } = await run('ls', ['-l', at('many')], { maxBuffer: 1024 * 1024 });
    assert.equal(stdout.split('\n').filter((line) => line.includes('file-')).length, 1000);
    await run('rm', ['-r', at('many')]);
    assert.equal(existsSync(below('many')), false);
  });

  it('keeps 5 MiB byte for byte', async () => {
    const data = randomBytes(5 * 1024 * 1024 + 17);
    await fs.writeFile(at('large'), data);
    assert.ok(data.equals(await fs.readFile(below('large'))), 'on the brick');
    await fs.writeFile('/proc/sys/vm/drop_caches', '1').catch(() => {});
    assert.ok(data.equals(await fs.readFile(at('large'))), 'through the mount');
    await run('cmp', [at('large'), below('large')]);
  });

  it('changes modes, owners and times', async () => {
    await fs.writeFile(at('owned'), '');
    await fs.chmod(at('owned'), 0o640);
    await fs.chown(at('owned'), 12, 34);
    await fs.utimes(at('owned'), 1_000_000_000, 1_100_000_000);
    for (const path of [at('owned'), below('owned')]) {
      const { mode, uid, gid, mtimeMs, atimeMs } = await fs.stat(path);
      assert.deepEqual([mode & 0o7777, uid, gid], [0o640, 12, 34]);
      assert.deepEqual([atimeMs, mtimeMs], [1_000_000_000_000, 1_100_000_000_000]);
    }
  });

  it('sets, lists, reads and removes extended attributes', async () => {
    await fs.writeFile(at('marked'), '');
    await run('setfattr', ['-n', 'user.colour', '-v', 'blue', at('marked')]);
    const get = ['--only-values', '-n', 'user.colour'];
    assert.equal((await run('getfattr', [...get, at('marked')])).stdout, 'blue');
    assert.equal((await run('getfattr', [...get, below('marked')])).stdout, 'blue');
    assert.match((await run('getfattr', ['-d', at('marked')])).stdout, /user\.colour="blue"/);
    await run('setfattr', ['-x', 'user.colour', at('marked')]);
    await assert.rejects(run('getfattr', [...get, at('marked')]), /No such attribute/);
  });

  it('takes names that are not UTF-8, and of 255 bytes', async () => {
    const odd = Buffer.concat([Buffer.from(`${at('')}/odd-`), Buffer.from([0xff, 0xfe, 0x80])]);
    await fs.writeFile(odd, 'odd');
    assert.equal(await fs.readFile(odd, 'utf8'), 'odd');
    const names = await fs.readdir(at(''), 'buffer');
    assert.ok(names.some((name) => name.includes(Buffer.from([0xff, 0xfe, 0x80]))));
    await fs.writeFile(at('n'.repeat(255)), 'long');
    assert.equal(await fs.readFile(below('n'.repeat(255)), 'utf8'), 'long');
    await assert.rejects(fs.writeFile(at('n'.repeat(256)), ''), { code: 'ENAMETOOLONG' });
  });

  it('hides what the brick keeps for itself', async () => {
    assert.ok(!(await fs.readdir(at(''))).includes('.glusterfs'));
    await assert.rejects(fs.mkdir(at('.glusterfs')));
    assert.ok(existsSync(below('.glusterfs')));
  });

  it('locks byte ranges between two processes', async () => {
    await fs.writeFile(at('locked'), '');
    const hold = ['-x', '-n', at('locked'), 'flock', '-x', '-n', '-E', '9', at('locked'), 'true'];
    await assert.rejects(run('flock', hold), { code: 9 });
    await run('flock', ['-x', '-n', at('locked'), 'true']);
  });

  it('tells how full the brick is', async () => {
    const [seen, real] = [await fs.statfs(at('')), await fs.statfs(bricks)];
    assert.equal(seen.blocks * seen.bsize, real.blocks * real.bsize);
  });
});
