import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bin, ended, heard, run, start } from './run.js';
import { until } from './until.js';

const PROGRAM = fileURLToPath(new URL('./fake-hekafsd.js', import.meta.url));

describe('hekafsd, the program', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafsd-'));
  });

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await ended(child);
    }
    rmSync(directory, { recursive: true });
  });

  const args = (...more: readonly string[]) => [
    ...['--state-dir', directory, '--http', '127.0.0.1:0', '--host', 'alder'],
    ...more,
  ];
  const launch = (...more: readonly string[]) => {
    const child = start(PROGRAM, args(...more));
    children.push(child);
    return child;
  };
  const daemon = async (...more: readonly string[]) => {
    const child = launch(...more);
    const said = await heard(child, /hekafsd answers|next:/);
    return { child, said };
  };
  const status = () => run(bin('hfs_config'), ['--state-dir', directory, 'status', '--json']);

  it('answers on its socket, and stops on SIGTERM with 0', async () => {
    const { child, said } = await daemon();
    assert.match(said, /"level":"info".*"msg":"hekafsd answers"/);
    assert.match((await status()).stdout.toString(), /"name":"alder"/);
    assert.equal(readFileSync(join(directory, 'hekafsd.pid'), 'utf8'), `${child.pid}\n`);
    assert.equal(statSync(join(directory, 'token')).mode & 0o777, 0o600);
    const rest = heard(child, /never said/);
    child.kill('SIGTERM');
    assert.equal(await ended(child), 0);
    assert.match(await rest, /node stopped/);
    assert.ok(!existsSync(join(directory, 'hekafsd.pid')));
  });

  it('refuses a second one on its state directory, and starts after a kill -9', async () => {
    const first = await daemon();
    const second = await daemon();
    assert.match(second.said, /HFS-5002 .*process id \d+.+next: /s);
    assert.equal(await ended(second.child), 1);
    assert.equal((await status()).code, 8, 'the first one is not disturbed');
    first.child.kill('SIGKILL');
    await ended(first.child);
    const third = await daemon();
    assert.match(third.said, /hekafsd answers/);
  });

  it('names the port that is taken', async () => {
    launch('--log-file', join(directory, 'log'));
    const other = mkdtempSync(join(tmpdir(), 'hekafsd-'));
    const port = /"http":"127.0.0.1:(\d+)"/.exec(await logText(directory))?.[1] ?? '';
    const clash = await run(PROGRAM, ['--state-dir', other, '--http', `127.0.0.1:${port}`]);
    rmSync(other, { recursive: true });
    assert.equal(clash.code, 1);
    assert.match(clash.stderr, new RegExp(`HFS-5001 cannot listen on 127.0.0.1:${port}: `));
  });

  it('ends with a line in the log when it meets a bug', async () => {
    const child = launch('--host', 'crash', '--log-file', join(directory, 'log'));
    assert.equal(await ended(child), 1);
    assert.match(readFileSync(join(directory, 'log'), 'utf8'), /"code":"HFS-9001".*SyntaxError/);
    const broken = await run(PROGRAM, args('--host', 'broken'));
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /HFS-9001 hekafsd ends: Error: the node does not start/);
  });

  const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
    [['--mount', '/x'], /Unknown argument: mount/],
    [['--http'], /http/],
    [['extra'], /Unknown argument: extra/],
    [['--http', 'x'], /HFS-1001 --http: /],
    [['--nodes', '3'], /goes with --demo/],
    [['--demo', '--nodes', '0'], /from 1 to 9/],
    [['--demo', '--host', 'x'], /--demo chooses it/],
  ];
  it('refuses what it does not know, with exit code 2', async () => {
    for (const [words, message] of REFUSED) {
      const { code, stderr } = await run(PROGRAM, ['--state-dir', directory, ...words]);
      assert.equal(code, 2, words.join(' '));
      assert.match(stderr, message);
      assert.match(stderr, /\nnext: /s);
    }
  });

  it('reads its file, and opens its log anew on SIGHUP', async () => {
    const log = join(directory, 'log');
    const child = await withFile({ 'log-file': log });
    rmSync(log);
    child.kill('SIGHUP');
    await lineIn(log, /configuration read again/);
    child.kill('SIGTERM');
    assert.equal(await ended(child), 0);
    assert.match(readFileSync(log, 'utf8'), /hekafsd stops/);
  });

  it('SIGHUP: takes over what can change, and names what waits for the next start', async () => {
    const log = join(directory, 'log');
    const child = await withFile({ 'log-file': log, 'log-level': 'warn', 'mgmt-port': 1234 });
    assert.doesNotMatch(readFileSync(log, 'utf8'), /"level":"info"/);
    const moved = join(directory, 'moved');
    const file = { 'log-file': moved, 'mgmt-port': 1235, host: 'birch' };
    writeFileSync(join(directory, 'hekafsd.json'), JSON.stringify(file));
    child.kill('SIGHUP');
    const later = await lineIn(moved, /"options":\["mgmt-port"\],.*at the next start/);
    assert.match(later, /"next":/);
    const vain = await lineIn(moved, /"options":\["host"\],.*have no effect/);
    assert.match(vain, /"level":"warn"/);
    await lineIn(moved, /"changed":\["log-level","log-file"\].*configuration read again/);
    assert.doesNotMatch(readFileSync(log, 'utf8'), /read again/, 'the old file is let go');
  });

  it('SIGHUP with a mistake: one clear error, and everything as it was', async () => {
    const log = join(directory, 'log');
    const child = await withFile({ 'log-file': log });
    const mistakes = [
      ['{"log-level":"loud"}', /"code":"HFS-1001".*log-level in hekafsd.json/],
      ['{', /"code":"HFS-1001".*cannot be used/],
      [`{"log-file":"${directory}/no/log"}`, /"code":"HFS-5101".*ENOENT/],
    ] as const;
    for (const [text, said] of mistakes) {
      writeFileSync(join(directory, 'hekafsd.json'), text);
      child.kill('SIGHUP');
      await lineIn(log, said);
      assert.equal((await status()).code, 8, 'it goes on');
    }
    const lines = readFileSync(log, 'utf8').split('\n');
    assert.equal(lines.filter((line) => line.includes('"level":"error"')).length, mistakes.length);
  });

  it('says which log file cannot be opened', async () => {
    const said = await run(PROGRAM, args('--log-file', join(directory, 'no/log')));
    assert.equal(said.code, 1);
    assert.match(
      said.stderr,
      /^HFS-5101 log file .*no\/log cannot be opened: .*\nnext: .*--log-file/,
    );
  });

  /** A daemon with this hekafsd.json, whose log is a file. */
  async function withFile(file: Readonly<Record<string, string | number>>): Promise<ChildProcess> {
    writeFileSync(join(directory, 'hekafsd.json'), JSON.stringify(file));
    const child = launch();
    await until('it answers', async () => (await status()).stdout.length > 0);
    return child;
  }
});

/** The first line of a log that looks so. */
function lineIn(path: string, pattern: RegExp): Promise<string> {
  return until(`${path} has ${pattern}`, () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text.split('\n').find((line) => pattern.test(line));
  });
}

/** The log, once the daemon answers. */
async function logText(directory: string): Promise<string> {
  for (;;) {
    const path = join(directory, 'log');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (text.includes('hekafsd answers')) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
