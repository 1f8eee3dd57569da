import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../../src/daemon/log.js';
import { memberLines } from '../../../src/daemon/member-file.js';
import { memberHost } from '../../../src/daemon/member-host.js';
import { type MemberList, memberList } from '../../../src/daemon/member-list.js';
import { MemberSource } from '../../../src/daemon/member-source.js';
import { members } from '../../../src/daemon/option-value.js';
import { nodeDisk } from '../../../src/platform/node/disk.js';
import { ManualClock } from '../rpc/manual-clock.js';

const HOSTS: readonly (readonly [string, string, number | undefined])[] = [
  ['n1', 'n1', undefined],
  ['n1.example:24006', 'n1.example', 24006],
  ['10.0.0.1', '10.0.0.1', undefined],
  ['10.0.0.1:1', '10.0.0.1', 1],
  ['::1', '::1', undefined],
  ['fe80::1:2', 'fe80::1:2', undefined],
  ['[::1]', '::1', undefined],
  ['[::1]:24006', '::1', 24006],
];
const NO_HOSTS = ['', 'a b', 'a:0', 'a:65536', 'a:b', '[a]:1', '[::1', 'a/b', ':1', '-a', 'a:1:2x'];

describe('a member in a list', () => {
  for (const [text, host, port] of HOSTS)
    it(`${text} is ${host}${port === undefined ? '' : `, port ${port}`}`, () =>
      assert.deepEqual(memberHost(text), { host, port }));

  for (const text of NO_HOSTS)
    it(`${JSON.stringify(text)} is none`, () =>
      assert.throws(() => memberHost(text), { code: 'HFS-1001' }));

  it('stands on a line of its own, with comments', () => {
    const text = '# all of them\n\n n1 \nn2:1 # the second\r\n[::1]:2\n';
    assert.deepEqual(
      memberLines(text).map(({ host, port }) => [host, port]),
      [
        ['n1', undefined],
        ['n2', 1],
        ['::1', 2],
      ],
    );
    assert.throws(
      () => memberLines('n1\nn2 n3\n'),
      /line 2 is neither HOST nor HOST:PORT: "n2 n3"/,
    );
  });
});

/** A source over a clock of the test's own, and names as the test has them. */
class Bench {
  readonly clock = new ManualClock();
  readonly warnings: string[] = [];
  readonly steps: Readonly<Record<string, unknown>>[] = [];
  readonly names = new Map<string, readonly string[]>();
  lookups = 0;
  /** Set to have the resolver hang. */
  gate: Promise<void> = Promise.resolve();
  readonly source: MemberSource;

  constructor(list: MemberList) {
    const log: Log = {
      debug: () => undefined,
      error: (message) => assert.fail(message),
      warn: (_message, fields) => void this.warnings.push(String(fields?.['why'])),
      info: (message, fields = {}) => {
        assert.equal(message, 'start-up 2/5: members');
        this.steps.push(fields);
      },
    };
    const lookup = async (name: string): Promise<readonly string[]> => {
      this.lookups++;
      await this.gate;
      const found = this.names.get(name);
      if (found === undefined) throw new Error(`getaddrinfo ENOTFOUND ${name}`);
      return found;
    };
    this.source = new MemberSource({ clock: this.clock, log, list, port: 24006, lookup });
  }

  /** Time passes, and what it has set going comes to its end. */
  pass(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }
}

describe('members from a list', () => {
  const list = (text: string) => memberList(members(text), nodeDisk());

  it('names are looked up: each address of each name', async () => {
    const bench = new Bench(list('list:n1:1,n2:2,10.0.0.9:3,[::1]:4'));
    bench.names.set('n1', ['10.0.0.1', 'fd00::1']).set('n2', ['10.0.0.2']);
    await bench.source.start();
    assert.deepEqual(bench.source.addresses().toSorted(), [
      ...['10.0.0.1:1', '10.0.0.2:2', '10.0.0.9:3', '[::1]:4', '[fd00::1]:1'],
    ]);
    bench.source.stop();
  });

  it('a name without an address is unknown, and may come later', async () => {
    const bench = new Bench(list('list:n1:1,n2:2'));
    bench.names.set('n1', ['10.0.0.1']);
    await bench.source.start();
    assert.deepEqual(bench.source.addresses(), ['10.0.0.1:1']);
    assert.deepEqual(bench.steps, [
      {
        source: 'list',
        found: ['10.0.0.1:1'],
        unknown: { n2: 'getaddrinfo ENOTFOUND n2' },
      },
    ]);
    bench.names.set('n2', ['10.0.0.2']);
    await bench.pass(20_000);
    assert.deepEqual(bench.source.addresses(), ['10.0.0.1:1', '10.0.0.2:2']);
    assert.equal(bench.steps.length, 2, 'said once more, as it has changed');
    bench.names.delete('n2');
    await bench.pass(120_000);
    assert.deepEqual(bench.source.addresses(), ['10.0.0.1:1', '10.0.0.2:2'], 'the last one stays');
    bench.source.stop();
  });

  it('a resolver that hangs holds two threads at most, and the start for ten seconds', async () => {
    const bench = new Bench(list('list:n1:1,n2:2,n3:3,n4:4'));
    let release = (): void => undefined;
    bench.gate = new Promise((resolve) => (release = resolve));
    for (const name of ['n1', 'n2', 'n3', 'n4']) bench.names.set(name, ['10.0.0.1']);
    let isStarted = false;
    void bench.source.start().then(() => (isStarted = true));
    await bench.pass(10_000);
    assert.ok(isStarted);
    assert.deepEqual([bench.lookups, bench.source.addresses()], [2, []]);
    release();
    await bench.pass(60_000);
    assert.equal(bench.source.addresses().length, 4);
    bench.source.stop();
  });

  it('another list at a reload', async () => {
    const bench = new Bench(list('list:10.0.0.1:1'));
    await bench.source.start();
    await bench.source.change(list('list:10.0.0.2:2'));
    assert.deepEqual(bench.source.addresses(), ['10.0.0.2:2']);
    bench.source.stop();
  });
});

describe('members from a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hekafs-members-'));
  const path = join(directory, 'members');
  after(() => rmSync(directory, { recursive: true, force: true }));
  let bench: Bench;
  beforeEach(async () => {
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, '10.0.0.1\n');
    bench = new Bench(memberList(members(`file:${path}`), nodeDisk()));
    await bench.source.start();
    assert.deepEqual(bench.source.addresses(), ['10.0.0.1:24006']);
  });
  afterEach(() => bench.source.stop());

  const CHANGES: Readonly<Record<string, () => void>> = {
    'written in place': () => writeFileSync(path, '10.0.0.2:1\n10.0.0.3:1\n'),
    'another file takes the name, as editors do it': () => {
      writeFileSync(`${path}.new`, '10.0.0.2:1\n10.0.0.3:1\n');
      renameSync(`${path}.new`, path);
    },
    'a link to another file': () => {
      writeFileSync(`${path}.real`, '10.0.0.2:1\n10.0.0.3:1\n');
      unlinkSync(path);
      symlinkSync(`${path}.real`, path);
    },
  };
  for (const [name, change] of Object.entries(CHANGES))
    it(`read again when it has changed: ${name}`, async () => {
      change();
      await bench.pass(5000);
      assert.deepEqual(bench.source.addresses(), ['10.0.0.2:1', '10.0.0.3:1']);
      assert.deepEqual(bench.warnings, []);
    });

  const remakeAsDirectory = (): void => {
    unlinkSync(path);
    mkdirSync(path);
  };
  const FAILURES: Readonly<Record<string, readonly [() => void, RegExp]>> = {
    missing: [() => unlinkSync(path), /^it is missing$/],
    'not text': [() => writeFileSync(path, Buffer.from([0x6e, 0xff, 0xfe])), /not UTF-8/],
    'too large': [
      () => writeFileSync(path, '#'.repeat(1024 * 1024 + 1)),
      /more than 1048576 bytes/,
    ],
    'a directory': [remakeAsDirectory, /not a file/],
    'no list': [() => writeFileSync(path, '10.0.0.2\nwhat is this\n'), /line 2 /],
  };
  for (const [name, [spoil, why]] of Object.entries(FAILURES))
    it(`${name}: one warning, and the last good list stays`, async () => {
      spoil();
      await bench.pass(60_000);
      assert.equal(bench.warnings.length, 1);
      assert.match(bench.warnings[0] ?? '', why);
      assert.deepEqual(bench.source.addresses(), ['10.0.0.1:24006']);
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, '10.0.0.7\n');
      await bench.pass(5000);
      assert.deepEqual(bench.source.addresses(), ['10.0.0.7:24006']);
      assert.equal(bench.steps.at(-1)?.['failed'], undefined);
    });

  it('unreadable: one warning', async function () {
    if (process.getuid?.() === 0) return this.skip();
    chmodSync(path, 0);
    await bench.pass(60_000);
    assert.equal(bench.warnings.length, 1);
    assert.match(bench.warnings[0] ?? '', /EACCES/);
    assert.deepEqual(bench.source.addresses(), ['10.0.0.1:24006']);
  });

  it('missing at the start, and there later', async () => {
    const late = join(directory, 'late');
    const other = new Bench(memberList(members(`file:${late}`), nodeDisk()));
    await other.source.start();
    assert.deepEqual([other.source.addresses(), other.warnings], [[], ['it is missing']]);
    writeFileSync(late, '10.0.0.1\n');
    await other.pass(5000);
    assert.deepEqual(other.source.addresses(), ['10.0.0.1:24006']);
    other.source.stop();
  });
});
