import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { entryLength } from '../../src/config/log/entry.js';
import type { Status } from '../../src/daemon/verbs.js';
import { FirstRelease, GOLDEN } from './first-release.js';
import { bin, ended, type Ran, run, start } from './run.js';
import { until } from './until.js';

/** What `list -r -v` said when the fixture was made: revision, size, key. */
const LISTED = `10  3     after/restart
11  1     k1
13  1     k3
9   3000  large
3   4     site/dot
4   17    site/name
3   1     tenants/a/quota
5   2     ümlaut/key with space
`;

describe('an upgrade', function () {
  this.timeout(60_000);
  let home: FirstRelease | undefined;
  let child: ChildProcess | undefined;

  afterEach(async function () {
    child?.kill('SIGTERM');
    if (child) await ended(child);
    if (this.currentTest?.state === 'failed' && home)
      process.stderr.write(readFileSync(join(home.stateDir, 'hekafsd.log'), 'utf8'));
    home?.remove();
    [home, child] = [undefined, undefined];
  });

  const cli = (...words: readonly string[]): Promise<Ran> =>
    run(bin('hfs_config'), ['--state-dir', home?.stateDir ?? '', ...words]);
  const started = (at: FirstRelease): ChildProcess => {
    child = start(bin('hekafsd'), at.arguments);
    return child;
  };
  const status = async (): Promise<Status> =>
    JSON.parse((await cli('status', '--json', '--timeout', '2')).stdout.toString()) as Status;
  const ready = () => until('it is ready', async () => (await status()).state === 'ready', 20_000);
  const stopped = async (): Promise<void> => {
    child?.kill('SIGTERM');
    if (child) assert.equal(await ended(child), 0);
    child = undefined;
  };

  it('reads what the first release wrote, and goes on from there', async () => {
    home = await FirstRelease.make();
    started(home);
    await ready();
    assert.equal((await cli('list', '-r', '-v')).stdout.toString(), LISTED);
    assert.equal((await cli('get', 'site/name')).stdout.toString(), 'The first release');
    assert.deepEqual((await cli('get', 'site/dot')).stdout, Buffer.from([0, 255, 10, 0]));
    assert.equal((await cli('set', 'site/name', 'The next one')).code, 0);
    await stopped();
    const log = readFileSync(home.logPath);
    assert.ok(log.length > GOLDEN.log.length);
    assert.ok(log.subarray(0, GOLDEN.log.length).equals(GOLDEN.log), 'nothing of it is rewritten');
    started(home);
    await ready();
    assert.equal((await cli('get', 'site/name')).stdout.toString(), 'The next one');
    assert.equal((await cli('get', 'large')).stdout.toString(), 'z'.repeat(3000));
  });

  it('leaves the state file of a newer release alone, and says which it was', async () => {
    home = await FirstRelease.make();
    const newer = Buffer.from(readFileSync(home.statePath, 'utf8').replace('"v":1', '"v":2'));
    writeFileSync(home.statePath, newer);
    const { code, stderr } = await run(bin('hekafsd'), home.arguments);
    assert.equal(code, 1);
    assert.match(stderr, /^HFS-5003 .*version 2, this one reads 1\nnext: start the newer hekafsd/);
    assert.ok(readFileSync(home.statePath).equals(newer));
    assert.ok(readFileSync(home.logPath).equals(GOLDEN.log));
  });

  it('leaves the log of a newer release alone, and says which it was', async () => {
    const newer = withVersion(GOLDEN.log, 2);
    home = await FirstRelease.make(newer);
    started(home);
    const found = await until('it says so', async () => {
      const now = await status();
      return now.see === 'HFS-1011' && now;
    });
    assert.match(found.summary, /entry version 2/);
    assert.equal((await cli('set', 'k', 'v', '--timeout', '1')).code, 6);
    await stopped();
    assert.ok(readFileSync(home.logPath).equals(newer));
    const report = (await cli('doctor')).stdout.toString();
    assert.match(report, /^FAIL {2}log .*version 2/m);
  });
});

/** The same log with another version in its last entry, which is whole again. */
function withVersion(log: Buffer, version: number): Buffer {
  const changed = Buffer.from(log);
  let last = 0;
  for (
    let at = 0, length = entryLength(log, 0);
    length !== undefined;
    length = entryLength(log, at)
  ) {
    last = at;
    at += length;
  }
  changed[last + 8] = version;
  changed.writeUInt32BE(crc32(changed.subarray(last, -4)), changed.length - 4);
  return changed;
}
