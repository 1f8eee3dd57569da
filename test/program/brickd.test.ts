import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs hfs_brickd until it ends, or until it has gone into the background. */
function brickd(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('bin/hfs_brickd', words, { timeout: 20_000 }, (error, stdout, stderr) => {
      const status = error ? Number(error.code ?? -1) : 0;
      resolve({ status, stdout, stderr });
    });
  });
}

describe('hfs_brickd', function () {
  this.timeout(60_000);
  let directory = '';
  const at = (name: string): string => join(directory, name);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-brickd-'));
    mkdirSync(at('brick'));
  });

  afterEach(async () => {
    await stopBackground();
    rmSync(directory, { recursive: true, force: true });
  });

  const words = (): string[] => ['-f', at('b.vol'), '-p', at('b.pid'), '-l', at('b.log')];

  function volfile(changes: { port?: number; brick?: string; posix?: string } = {}): void {
    const { port = 0, brick = at('brick'), posix = '' } = changes;
    const lines = [
      'volume posix',
      '  type storage/posix',
      `  option directory ${brick}`,
      `  ${posix}`,
      'end-volume',
      'volume server',
      '  type protocol/server',
      '  option transport.socket.bind-address 127.0.0.1',
      `  option transport.socket.listen-port ${port}`,
      '  option auth.addr.posix.allow *',
      '  subvolumes posix',
      'end-volume',
    ];
    writeFileSync(at('b.vol'), lines.join('\n'));
  }

  function pid(): number | undefined {
    return existsSync(at('b.pid')) ? Number(readFileSync(at('b.pid'), 'utf8')) : undefined;
  }

  async function stopBackground(): Promise<void> {
    const running = pid();
    if (running === undefined) return;
    process.kill(running, 'SIGTERM');
    for (let tries = 0; tries < 200 && existsSync(at('b.pid')); tries += 1) await sleep(20);
    assert.ok(!existsSync(at('b.pid')), 'it stops within four seconds');
  }

  it('explains itself', async () => {
    const { status, stdout } = await brickd('--help');
    assert.equal(status, 0);
    assert.match(stdout, /usage: hfs_brickd -f VOLFILE/);
    assert.match(stdout, /\nexamples\n/);
  });

  it('tells its version, the one of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const { status, stdout } = await brickd('--version');
    assert.deepEqual([status, stdout], [0, `hfs_brickd ${version}\n`]);
  });

  it('goes into the background once it listens, and ends cleanly', async () => {
    volfile();
    assert.deepEqual(await brickd(...words()), { status: 0, stdout: '', stderr: '' });
    const running = pid() ?? 0;
    const shown = execFileSync('ps', ['-o', 'args=', '-p', `${running}`], { encoding: 'utf8' });
    assert.ok(shown.startsWith('hfs_brickd '), shown);
    assert.ok(shown.includes(at('b.vol')), shown);
    const lines = readFileSync(at('b.log'), 'utf8').split('\n');
    const line = lines.find((each) => each.includes('"brick listens"')) ?? '';
    const { port, exports } = JSON.parse(line);
    assert.deepEqual(exports, ['posix']);
    assert.ok(port > 0);
    await stopBackground();
    assert.equal(existsSync(at('b.pid')), false);
    assert.match(readFileSync(at('b.log'), 'utf8'), /"brick stops"/);
  });

  it('refuses a pid file whose process lives, and takes one whose process is gone', async () => {
    volfile();
    writeFileSync(at('b.pid'), '4194304\n');
    assert.equal((await brickd(...words())).status, 0);
    const second = await brickd(...words());
    assert.equal(second.status, 1);
    assert.match(
      second.stderr,
      new RegExp(`^HFS-5004 .*b\\.pid is taken: .*process ${pid()}\nnext: `),
    );
  });

  type Row = readonly [what: string, prepare: () => void, status: number, block: RegExp];
  const rows: readonly Row[] = [
    [
      'a syntax error',
      () => writeFileSync(at('b.vol'), 'volume a\n  type storage/posix\n  opton directory /b\n'),
      2,
      /^HFS-5005 volfile .*b\.vol: line 3, column 3: expected type, option, .*found "opton"\nnext: .+\n$/,
    ],
    [
      'an option that is not known',
      () => volfile({ posix: 'option colour red' }),
      2,
      /^HFS-5005 .*line 4, column 10: volume posix \(storage\/posix\), option colour: is not known\nnext/,
    ],
    [
      'a volfile that is not there',
      () => {},
      2,
      /^HFS-5005 volfile .*b\.vol cannot be read: ENOENT\nnext: /,
    ],
    [
      'a volfile that serves nothing',
      () =>
        writeFileSync(
          at('b.vol'),
          `volume a type storage/posix option directory ${directory} end-volume`,
        ),
      2,
      /^HFS-5005 volfile .* serves nothing: its last volume, a, is a storage\/posix.*\nnext: /,
    ],
    [
      'a brick directory that is not there',
      () => volfile({ brick: at('missing') }),
      1,
      /^HFS-5012 volume posix \(storage\/posix\) of .*b\.vol does not start: .*missing.*\nnext: .+\n$/,
    ],
    [
      'a volume-id that the brick does not have',
      () => volfile({ posix: 'option volume-id 22dc9034-7373-4c06-8fd1-f5447caeb6f8' }),
      1,
      /^HFS-5012 volume posix .* does not start: .*volume-id.*\nnext: .+\n$/,
    ],
  ];
  for (const [what, prepare, status, block] of rows)
    for (const mode of ['background', 'foreground'])
      it(`says what is wrong with ${what}, in the ${mode}`, async () => {
        prepare();
        const ended = await brickd(...words(), ...(mode === 'foreground' ? ['-N'] : []));
        assert.match(ended.stderr, block);
        assert.deepEqual([ended.status, ended.stdout], [status, '']);
        assert.equal(existsSync(at('b.pid')), false);
      });

  it('serves no directory that another brick process serves, and serves it when that is gone', async () => {
    volfile();
    assert.equal((await brickd(...words())).status, 0);
    const second = ['-f', at('b.vol'), '-p', at('second.pid'), '-N'];
    const { status, stderr } = await brickd(...second);
    assert.equal(status, 1);
    assert.match(stderr, /^HFS-5011 brick \S+\/brick is in use: .+\nnext: .+\n$/);
    await stopBackground();
    assert.equal((await brickd(...words())).status, 0);
  });

  it('says that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    volfile({ port: address.port });
    const { status, stderr } = await brickd(...words());
    other.close();
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`^HFS-5001 127\\.0\\.0\\.1:${address.port} is taken: .+\nnext: .+\n$`),
    );
  });

  it('lays --xlator-option over the volfile, in the background too', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    volfile();
    const override = ['--xlator-option', `ser*.listen-port=${address.port}`];
    const { stderr } = await brickd(...words(), ...override);
    other.close();
    assert.match(stderr, new RegExp(`^HFS-5001 127\\.0\\.0\\.1:${address.port} is taken`));
    const wrong = await brickd(...words(), '--xlator-option', 'server.listen-port=none');
    assert.match(
      wrong.stderr,
      /^HFS-5005 .*volume server .*, option listen-port \(--xlator-option .*none\): .*\nnext: /s,
    );
    const nobody = await brickd(...words(), '--xlator-option', 'nobody.listen-port=1');
    assert.match(nobody.stderr, /^HFS-1001 --xlator-option: nobody\.listen-port=1: no volume is /);
  });

  const misused: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^HFS-1001 no volfile: option -f is needed\nnext: see hfs_brickd --help\n$/],
    [['--colour'], /^HFS-1001 arguments not understood: .*--colour/],
    [['-f', 'x', '-L', 'loud'], /^HFS-1001 log level loud: not one of/],
    [['-f', 'x', 'y'], /^HFS-1001 arguments not understood/],
  ];
  for (const [given, block] of misused)
    it(`does not take ${given.join(' ') || 'no words at all'}`, async () => {
      const { status, stderr } = await brickd(...given);
      assert.equal(status, 2);
      assert.match(stderr, block);
    });

  it('says that its log cannot be opened', async () => {
    volfile();
    const { status, stderr } = await brickd('-N', '-f', at('b.vol'), '-l', at('no/such/dir/b.log'));
    assert.equal(status, 1);
    assert.match(stderr, /^HFS-5004 log file .* cannot be opened: .+\nnext: .+\n$/);
  });
});
