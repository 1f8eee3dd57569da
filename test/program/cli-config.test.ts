import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/error.js';
import { HttpFixture } from '../unit/daemon/http-fixture.js';
import { bin, type Ran, type RunOptions, run } from './run.js';

const PROGRAM = bin('hfs_config');

describe('hfs_config', () => {
  let http: HttpFixture;

  beforeEach(async () => {
    http = new HttpFixture();
    await http.start();
  });

  afterEach(() => http.stop());

  const cli = (...args: readonly string[]) =>
    run(PROGRAM, ['--state-dir', http.directory, ...args]);
  const cliWith = (options: RunOptions, ...args: readonly string[]) =>
    run(PROGRAM, ['--state-dir', http.directory, ...args], options);
  const put = async (values: Readonly<Record<string, string>>) => {
    for (const [key, body] of Object.entries(values))
      await http.root(`/v1/config/${key}`, { method: 'PUT', body });
  };
  const text = ({ stdout }: Ran) => stdout.toString();

  it('stores any bytes and prints exactly them', async () => {
    const value = Buffer.from([0, 255, 10, 0, 13]);
    const set = await cliWith({ input: value }, 'set', 'bin', '-');
    assert.deepEqual([set.code, text(set), set.stderr], [0, '', '']);
    assert.deepEqual((await cli('get', 'bin')).stdout, value);
    const json = JSON.parse(text(await cli('get', 'bin', '--json'))) as unknown;
    assert.deepEqual(json, { key: 'bin', revision: 1, base64: 'AP8KAA0=' });
  });

  const AWKWARD = ['007', '1e3', '', ' x ', 'true', 'a=b', 'é\n'];
  it('takes words as they are', async () => {
    await Promise.all(AWKWARD.map((value, index) => cli('set', `0${index}`, value)));
    for (const [index, value] of AWKWARD.entries())
      assert.equal(http.verbs.values.get(`0${index}`)?.value.toString(), value);
    await cli('set', 'k', '--', '-5');
    assert.equal(http.verbs.values.get('k')?.value.toString(), '-5');
  });

  it('prints several values one per line, of directories in the order of names', async () => {
    await put({ 'd/b': '2', 'd/a': '1', 'd/c/x': '3', e: '4' });
    assert.equal(text(await cli('get', 'd')), '1\n2\n');
    assert.equal(text(await cli('get', 'd/', '-r')), '1\n2\n3\n');
    assert.equal(text(await cli('get', 'e', 'd/a', '--null')), '4\x001\x00');
    const all = JSON.parse(text(await cli('get', 'd', 'e', '--json'))) as { key: string }[];
    assert.deepEqual(
      all.map(({ key }) => key),
      ['d/a', 'd/b', 'e'],
    );
  });

  it('asks once for a directory: its values are of one revision', async () => {
    await put({ 'd/b': '2', 'd/a': '1', 'd/c/x': '3' });
    const before = http.verbs.askers.length;
    assert.equal(text(await cli('get', 'd', '-r')), '1\n2\n3\n');
    assert.equal(http.verbs.askers.length, before + 1);
    http.verbs.isListingTooLarge = true;
    const single = await cli('get', 'd', '-r');
    assert.equal(text(single), '1\n2\n3\n');
    assert.match(single.stderr, /are read one by one, each at its own revision\n$/);
  });

  it('refuses words that are not UTF-8, which would be stored as something else', async () => {
    const typed = (words: string) =>
      new Promise<Ran>((resolve) => {
        const line = `exec "$0" "$1" --state-dir "$2" ${words}`;
        const args = ['-c', line, process.execPath, PROGRAM, http.directory];
        execFile('bash', args, (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), stdout: Buffer.from(stdout), stderr }),
        );
      });
    for (const words of ["set k $'\\377'", "get $'a\\xc3'", "set $'\\xed\\xa0\\x80' v"]) {
      const ran = await typed(words);
      assert.equal(ran.code, 2, words);
      assert.match(ran.stderr, /^HFS-1001 .* it is not UTF-8\nnext: .*standard input/);
    }
    assert.equal(http.verbs.values.size, 0);
    assert.equal(
      (await typed("set $'\\xef\\xbf\\xbd' $'\\xef\\xbf\\xbd'")).code,
      0,
      'U+FFFD itself is text',
    );
    assert.equal(http.verbs.values.get('\uFFFD')?.value.toString(), '\uFFFD');
  });

  it('lists names', async () => {
    await put({ 'd/b': '22', 'd/c/x': '3' });
    assert.equal(text(await cli('list')), 'd/\n');
    assert.equal(text(await cli('list', 'd')), 'd/b\nd/c/\n');
    assert.equal(text(await cli('list', '-r')), 'd/b\nd/c/x\n');
    assert.equal(text(await cli('list', '-r', '--null')), 'd/b\0d/c/x\0');
    assert.equal(text(await cli('list', 'd', '-v')), '1  2  d/b\n-  -  d/c/\n');
    const json = JSON.parse(text(await cli('list', 'd', '--json'))) as { entries: unknown[] };
    assert.equal(json.entries.length, 2);
  });

  it('says how old a stale answer is', async () => {
    await put({ k: 'v' });
    const { stdout, stderr } = await cli('get', 'k', '--stale');
    assert.deepEqual([stdout.toString(), stderr], ['v', 'stale: up to 1.5 seconds old\n']);
  });

  it('says with --dry-run what it would do, and does nothing', async () => {
    await put({ 'd/a': '1' });
    assert.match(text(await cli('set', 'n', 'xx', '--dry-run')), /2 bytes; now it is absent/);
    assert.match(
      text(await cli('set', 'd/a', 'x', '--dry-run')),
      /now it is 1 bytes of revision 1/,
    );
    assert.equal(text(await cli('delete', 'd', '-r', '--dry-run')), 'would remove d/a\n');
    assert.match(text(await cli('delete', 'd', '--dry-run')), /would refuse/);
    assert.equal((await cli('init', '--dry-run')).code, 4);
    assert.equal(http.verbs.revision, 1);
  });

  it('puts in initial values from a directory and from JSON', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-init-'));
    mkdirSync(join(directory, 'a/empty'), { recursive: true });
    writeFileSync(join(directory, 'a/b'), Buffer.from([200]));
    const first = await cli('init', '--from', directory);
    assert.equal(text(first), 'initialised: 1 keys at revision 1\n');
    assert.match(first.stderr, /left out: a\/empty/);
    assert.deepEqual(http.verbs.values.get('a/b')?.value, Buffer.from([200]));
    const again = await cli('init', '--from', directory);
    assert.equal(again.code, 4);
    http.verbs.values.clear();
    writeFileSync(join(directory, 'x.json'), '{"c":{"d":"e"}}');
    assert.equal((await cli('init', '--from', join(directory, 'x.json'))).code, 0);
    assert.equal(http.verbs.values.get('c/d')?.value.toString(), 'e');
    symlinkSync('b', join(directory, 'a/link'));
    assert.match((await cli('init', '--from', directory)).stderr, /neither a file/);
    rmSync(directory, { recursive: true });
  });

  it('makes and retires servers, with the lists before and after', async () => {
    assert.match(
      text(await cli('serve', '--bootstrap')),
      /alder serves cluster cluster-1\nbefore: no/,
    );
    http.verbs.servers_.push('birch', 'cedar');
    const planned = await cli('retire', 'birch', '--dry-run');
    assert.match(text(planned), /would retire birch.*\nbefore: alder birch cedar, survives 1/);
    assert.equal(http.verbs.servers_.length, 3);
    const retired = await cli('retire', 'birch');
    assert.match(
      text(retired),
      /retired birch .*\n.*\nafter: {2}alder cedar, survives 0 failures\n/,
    );
    assert.equal((await cli('retire', 'birch')).code, 3);
    assert.equal(text(await cli('token', 'create', '--ttl', '60')), 'token-60\n');
    assert.match(text(await cli('servers')), /alder .*\n.*cedar .*\nthe lists agree\n$/);
  });

  it('shows state, status, action, then the servers', async () => {
    const fresh = await cli('status');
    assert.equal(fresh.code, 8);
    assert.match(text(fresh), / state: new\nstatus: it is new\naction: hfs_config serve\n$/);
    await cli('serve', '--bootstrap');
    const status = await cli('status');
    assert.equal(status.code, 0);
    assert.match(text(status), /SERVER {2}ROLE[^\n]*\n\* {2}alder {3}leader {2}yes/);
    assert.ok(!text(status).includes('\x1b'), 'no colour in a pipe');
  });

  it('asks over TCP with the token of the state directory, and without it only reads', async () => {
    const server = ['--server', `127.0.0.1:${http.port}`];
    assert.equal((await cli(...server, 'set', 'k', 'v')).code, 0);
    const environment = { HEKAFS_SERVER: `127.0.0.1:${http.port}` };
    assert.equal(text(await run(PROGRAM, ['get', 'k'], { environment })), 'v');
    const refused = await run(PROGRAM, ['set', 'k', 'w'], { environment });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^HFS-4001 .*\nnext: /);
    const both = { ...environment, HEKAFS_STATE_DIR: http.directory };
    assert.equal((await run(PROGRAM, ['set', 'k', 'w'], { environment: both })).code, 0);
  });

  it('prints the volfile; without a daemon the one that was kept', async () => {
    assert.match(text(await cli('volfile')), /^volume values\n/);
    const dead = mkdtempSync(join(tmpdir(), 'hekafs-dead-'));
    const without = () => run(PROGRAM, ['--state-dir', dead, 'volfile']);
    assert.equal((await without()).code, 6);
    writeFileSync(join(dead, 'client.vol'), 'volume kept\n');
    const kept = await without();
    assert.deepEqual([kept.code, text(kept)], [0, 'volume kept\n']);
    assert.match(kept.stderr, /no hekafsd answers/);
    rmSync(dead, { recursive: true });
  });

  const FAILURES: readonly (readonly [readonly string[], number, string])[] = [
    [['get', 'missing'], 3, 'HFS-1004'],
    [['get', '.hekafs/x'], 2, 'HFS-1002'],
    [['get', 'a//b'], 2, 'HFS-1002'],
    [['set', 'k', 'v', '--if-revision', '9'], 5, 'HFS-1005'],
    [['set', 'k', 'v', '--if-revision', 'x'], 2, 'HFS-1001'],
    [['set', 'k', 'v', '--if-absent', '--if-revision', '1'], 2, 'HFS-1001'],
    [['delete', 'missing'], 3, 'HFS-1004'],
    [['serve'], 2, 'HFS-1001'],
    [['serve', '--join', 'a:1'], 2, 'HFS-1001'],
    [['serve', '--join', 'a:1', '--token', 'bad'], 1, 'HFS-3001'],
    [['watch', 'x'], 2, 'HFS-1001'],
    [['get', 'k', '--nonsense'], 2, 'HFS-1001'],
    [['get', 'k', '--timeout', '0'], 2, 'HFS-1001'],
    [['get'], 2, 'HFS-1001'],
    [['set', 'k', 'v', 'w'], 2, 'HFS-1001'],
    [[], 2, 'HFS-1001'],
    [['token'], 2, 'HFS-1001'],
    [['init', '--from', '/nowhere'], 2, 'HFS-1001'],
    [['--server', 'nonsense', 'get', 'k'], 2, 'HFS-1001'],
  ];
  it('fails with the code of the failure, in one block', async () => {
    for (const [args, code, hfs] of FAILURES) {
      const ran = await cli(...args);
      assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, new RegExp(`^${hfs} .+: .+\nnext: .+\n$`), args.join(' '));
      assert.equal(text(ran), '');
    }
    assert.equal(http.verbs.values.size, 0);
    const json = await cli('get', 'missing', '--json');
    assert.equal((JSON.parse(json.stderr) as { code: string }).code, 'HFS-1004');
  });

  it('helps with the commands that are there, and no others', async () => {
    const { code, stdout } = await cli('--help');
    assert.equal(code, 0);
    for (const word of ['serve', 'retire', 'init', 'volfile', 'token', 'get KEY…', 'list [PREFIX]'])
      assert.ok(stdout.toString().includes(word), word);
    for (const word of ['txn', 'watch', 'rollback', 'lock'])
      assert.ok(!stdout.toString().includes(`hfs_config ${word}`), word);
  });

  it('repeats a write under its id until it succeeds', async () => {
    http.verbs.failure = new ConfigError('HFS-2001', 'no quorum', 'waiting for birch', 'start it');
    const set = cli('set', 'k', 'v', '--timeout', '5');
    while (http.verbs.askers.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    http.verbs.failure = undefined;
    assert.equal((await set).code, 0);
    const ids = new Set(http.verbs.askers.map(({ requestId }) => requestId));
    assert.equal(ids.size, 1, 'one id for all attempts');
    assert.equal(http.verbs.revision, 1);
  });

  it('gives up at the deadline, and says whom it waited for', async () => {
    http.verbs.failure = new ConfigError('HFS-2001', 'no quorum', 'waiting for birch', 'start it');
    const ran = await cli('set', 'k', 'v', '--timeout', '0.5');
    assert.equal(ran.code, 6);
    assert.match(ran.stderr, /^HFS-2001 no quorum: waiting for birch\n/);
  });

  it('tells not accepted from outcome unknown', async () => {
    http.verbs.gate = new Promise(() => {});
    const ran = await cli('set', 'k', 'v', '--timeout', '0.3');
    assert.equal(ran.code, 6);
    assert.match(ran.stderr, /^HFS-2002 outcome unknown/);
    const read = await cli('get', 'k', '--timeout', '0.3');
    assert.match(read.stderr, /^HFS-2005 /, 'a read has no outcome to be unknown');
  });
});
