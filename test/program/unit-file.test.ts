import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skipWithout } from '../needs.js';

const UNIT = fileURLToPath(new URL('../../../bin/hekafsd.service', import.meta.url));
const MAX_EXPOSURE = 4;

function analyze(...words: readonly string[]): string {
  return execFileSync('systemd-analyze', ['--no-pager', ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** systemd-analyze 250 was the first to judge a unit that is not loaded. */
function needAnalyze(context: Mocha.Context): void {
  let missing = 'systemd-analyze is not installed';
  try {
    const version = Number(/^systemd (\d+)/.exec(analyze('--version'))?.[1]);
    if (version >= 250) return;
    missing = `systemd-analyze ${version} is too old`;
  } catch {
    // Said below.
  }
  skipWithout(context, missing);
}

describe('bin/hekafsd.service', function () {
  this.timeout(30_000);
  let directory: string;
  let path: string;

  before(function () {
    needAnalyze(this);
    directory = mkdtempSync(join(tmpdir(), 'hekafs-unit-'));
    path = join(directory, 'hekafsd.service');
    const installed = readFileSync(UNIT, 'utf8').replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true');
    writeFileSync(path, installed);
  });
  after(() => directory && rmSync(directory, { recursive: true }));

  it('systemd finds nothing to say about it', () => {
    const said = execFileSync('sh', ['-c', 'systemd-analyze verify "$0" 2>&1', path]);
    assert.equal(said.toString(), '');
  });

  it('a mistake in it would be seen', () => {
    const wrong = join(directory, 'wrong.service');
    writeFileSync(wrong, `${readFileSync(path, 'utf8')}\n[Service]\nKillMoed=process\n`);
    const said = execFileSync('sh', ['-c', 'systemd-analyze verify "$0" 2>&1; true', wrong]);
    assert.match(said.toString(), /KillMoed/);
  });

  it(`its exposure is at most ${MAX_EXPOSURE}`, () => {
    const said = analyze('security', '--offline=true', path);
    const exposure = Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(said)?.[1]);
    assert.ok(exposure <= MAX_EXPOSURE, `${exposure}`);
  });

  it('bricks outlive a hekafsd that is killed; memory may be made executable, as V8 needs it', () => {
    const unit = readFileSync(UNIT, 'utf8');
    for (const line of ['Type=notify', 'KillMode=process', 'Restart=on-failure'])
      assert.ok(unit.includes(`\n${line}\n`), line);
    assert.match(unit, /\nWatchdogSec=\d+\n/);
    assert.doesNotMatch(unit, /MemoryDenyWriteExecute/);
  });
});
