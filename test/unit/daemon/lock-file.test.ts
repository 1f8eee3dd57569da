import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockStateDir } from '../../../src/daemon/lock-file.js';
import { makeStateDir, rootToken } from '../../../src/daemon/prepare.js';
import { nodeDisk } from '../../../src/platform/node/disk.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import { requireSystemCalls } from '../../../src/platform/node/syscalls.js';

describe('state directory of a daemon', () => {
  let directory: string;
  const disk = nodeDisk();
  const { flock } = requireSystemCalls('flock');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-lock-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('has one owner, whose process id is in the file', () => {
    const pidFile = join(directory, 'hekafsd.pid');
    writeFileSync(pidFile, '4194304 of a dead one, longer than what follows\n');
    const lock = lockStateDir(disk, directory, flock);
    assert.equal(readFileSync(pidFile, 'utf8'), `${process.pid}\n`);
    assert.throws(() => lockStateDir(disk, directory, flock), {
      code: 'HFS-5002',
      message: new RegExp(`process id ${process.pid} `),
    });
    lock.release();
    assert.ok(!existsSync(pidFile));
    lockStateDir(disk, directory, flock).release();
  });

  it('tries again where the file goes away between open and lock', () => {
    let rounds = 0;
    const racing = (file: number): void => {
      flock(file);
      if (rounds++ === 1) rmSync(join(directory, 'hekafsd.pid'));
    };
    const lock = lockStateDir(disk, directory, racing);
    assert.equal(rounds, 3, 'the directory, and the file twice');
    assert.ok(existsSync(join(directory, 'hekafsd.pid')));
    lock.release();
  });

  it('is made with those above it', () => {
    const deep = join(directory, 'a/b/ü');
    makeStateDir(disk, deep);
    makeStateDir(disk, deep);
    assert.ok(existsSync(deep));
    writeFileSync(join(directory, 'file'), '');
    assert.throws(() => makeStateDir(disk, join(directory, 'file/x')), { code: 'HFS-5102' });
  });

  it('has a token, the same every time', async () => {
    const { token } = await rootToken(disk, nodeRandom, directory);
    assert.match(token, /^[0-9a-f]{64}$/);
    const again = await rootToken(disk, nodeRandom, directory);
    assert.deepEqual(again, { token, replaced: undefined });
  });

  const UNFIT: readonly (readonly [string, RegExp, (path: string) => void])[] = [
    ['is empty', /held no token/, (path) => writeFileSync(path, '')],
    ['is something else', /held no token/, (path) => writeFileSync(path, 'a b\0c'.repeat(9))],
    ['can be read by others', /its mode was 644/, (path) => chmodSync(path, 0o644)],
  ];
  for (const [what, why, spoil] of UNFIT)
    it(`has another token where that ${what}`, async () => {
      const { token } = await rootToken(disk, nodeRandom, directory);
      spoil(join(directory, 'token'));
      const next = await rootToken(disk, nodeRandom, directory);
      assert.notEqual(next.token, token);
      assert.match(next.replaced ?? '', why);
      assert.equal(statSync(join(directory, 'token')).mode & 0o777, 0o600);
    });

  it('has one owner even where somebody has removed the file', () => {
    const lock = lockStateDir(disk, directory, flock);
    rmSync(join(directory, 'hekafsd.pid'));
    assert.throws(() => lockStateDir(disk, directory, flock), { code: 'HFS-5002' });
    lock.release();
    lockStateDir(disk, directory, flock).release();
  });
});
