import assert from 'node:assert/strict';
import { type ErrnoName, FopError } from '../../../../src/fop/error.js';
import type { Dirent, Statfs } from '../../../../src/fop/fops.js';
import { NO_IATT, S_IFDIR, S_IFREG } from '../../../../src/fop/iatt.js';
import { compareCookies } from '../../../../src/xlators/cluster/replicate/cookies.js';
import { judgeCopies, type SeenCopy } from '../../../../src/xlators/cluster/replicate/copies.js';
import { errorOf } from '../../../../src/xlators/cluster/replicate/errno-rank.js';
import { KnownCopies } from '../../../../src/xlators/cluster/replicate/known-copies.js';
import {
  decodeMarks,
  NO_MARKS,
  PendingKeys,
} from '../../../../src/xlators/cluster/replicate/pending.js';
import {
  describeQuorum,
  isQuorum,
  type QuorumRule,
} from '../../../../src/xlators/cluster/replicate/quorum.js';
import { type HashMode, readOrder } from '../../../../src/xlators/cluster/replicate/read-order.js';
import { fullest } from '../../../../src/xlators/cluster/replicate/statfs.js';
import { gfidOf } from '../../../scenario/replica-lab.js';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('replicate: marks', () => {
  const rows: readonly (readonly [hex: string, data: number, metadata: number, entry: number])[] = [
    ['000000000000000000000000', 0, 0, 0],
    ['000000020000000100000000', 2, 1, 0],
    ['000000000000000000000003', 0, 0, 3],
    ['ffffffff0000000000000000', -1, 0, 0],
    ['00000001', 1, 0, 0],
    ['0000', 0, 0, 0],
  ];
  for (const [hex, data, metadata, entry] of rows)
    it(`0x${hex} is ${data} ${metadata} ${entry}`, () =>
      assert.deepEqual(decodeMarks(bytes(hex)), { data, metadata, entry }));

  const keys = new PendingKeys(['v-client-0', 'v-client-1'], 'trusted.afr.dirty');

  it('are asked for under the names of the volfile', () => {
    const asked = keys.ask(new Map([['user.a', { type: 'int', int: 0n } as const]]));
    assert.deepEqual([...asked.keys()].sort(), [
      'trusted.afr.dirty',
      'trusted.afr.v-client-0',
      'trusted.afr.v-client-1',
      'user.a',
    ]);
  });

  it('are read from the answer, absent ones as none', () => {
    const answer = new Map([
      [
        'trusted.afr.v-client-1',
        { type: 'bytes', bytes: bytes('000000010000000000000000') } as const,
      ],
    ]);
    assert.deepEqual(keys.testimony(answer), {
      about: [NO_MARKS, { data: 1, metadata: 0, entry: 0 }],
      dirty: NO_MARKS,
    });
  });

  it('are taken out of the answer, unless the caller has asked for them', () => {
    const mark = { type: 'bytes', bytes: bytes('00') } as const;
    const answer = new Map([
      ['trusted.afr.v-client-1', mark],
      ['trusted.afr.dirty', mark],
      ['user.a', mark],
    ]);
    const asked = new Map([['trusted.afr.dirty', mark]]);
    assert.deepEqual(
      [...(keys.strip(answer, asked) ?? [])].map(([key]) => key),
      ['trusted.afr.dirty', 'user.a'],
    );
    assert.equal(keys.strip(answer, null), null);
    assert.deepEqual(
      [...(keys.hide(answer) ?? [])].map(([key]) => key),
      ['user.a'],
    );
  });
});

/*
 * Copies as words, one for each brick: `-` has no copy, a number is a file of that size; after it what the brick says:
 * `>1` accuses brick 1 of bytes, `m1` of attributes, `~` says that a write is under way.
 */
function copies(words: string, mode = S_IFREG): SeenCopy[] {
  const all = words.split(' ');
  return all.flatMap((word, child) => {
    if (word === '-') return [];
    const accused = (sign: string): number[] =>
      [...word.matchAll(new RegExp(`${sign}(\\d)`, 'g'))].map(([, number]) => Number(number));
    const about = all.map((_, number) => ({
      data: mode === S_IFREG && accused('>').includes(number) ? 1 : 0,
      metadata: accused('m').includes(number) ? 1 : 0,
      entry: mode === S_IFDIR && accused('>').includes(number) ? 1 : 0,
    }));
    const dirty = word.includes('~') ? { data: 1, metadata: 0, entry: 1 } : NO_MARKS;
    const stat = { ...NO_IATT, mode, size: Number.parseInt(word, 10) };
    return [{ child, stat, testimony: { about, dirty } }];
  });
}

describe('replicate: who accuses whom, and whose copy is good', () => {
  type Row = readonly [words: string, data: readonly number[], metadata: readonly number[]];
  const files: readonly Row[] = [
    ['5 5 5', [0, 1, 2], [0, 1, 2]],
    ['5>1 5 5>1', [0, 2], [0, 1, 2]],
    ['5>1 - 5', [0, 2], [0, 2]],
    ['5m2 5 5', [0, 1, 2], [0, 1]],
    ['5>1 5>0', [], [0, 1]],
    ['5>1m1 5>0m0', [], []],
    ['5>1 5>2 5>0', [], [0, 1, 2]],
    ['5 5>1', [0], [0, 1]],
    ['- 5>1', [], [1]],
    ['5 5 9', [0, 1], [0, 1, 2]],
    ['9 5 5', [1, 2], [0, 1, 2]],
    ['5 5~ 9', [2], [0, 1, 2]],
    ['5 9', [1], [0, 1]],
    ['- 5 9', [2], [1, 2]],
    ['9>1 5 -', [0], [0, 1]],
    ['5>2 5 9', [0, 1], [0, 1, 2]],
  ];
  for (const [words, data, metadata] of files)
    it(`of files ${words}: bytes of ${data.join() || 'nobody'}, attributes of ${metadata.join() || 'nobody'}`, () => {
      const judged = judgeCopies(copies(words), { count: words.split(' ').length });
      assert.deepEqual([judged.copies.data, judged.copies.metadata], [data, metadata]);
      const bad = copies(words).filter(
        ({ child }) => !data.includes(child) || !metadata.includes(child),
      );
      for (const { child } of bad)
        assert.ok(
          judged.avoided.some((one) => one.child === child),
          `${child} is named`,
        );
    });

  const directories: readonly Row[] = [
    ['4 4 8', [0, 1, 2], [0, 1, 2]],
    ['4>1 4 4', [0, 2], [0, 1, 2]],
    ['4>1 4>0', [], [0, 1]],
  ];
  for (const [words, data, metadata] of directories)
    it(`of directories ${words}: names of ${data.join() || 'nobody'}`, () => {
      const judged = judgeCopies(copies(words, S_IFDIR), { count: words.split(' ').length });
      assert.deepEqual([judged.copies.data, judged.copies.metadata], [data, metadata]);
    });

  const arbitrated: readonly (readonly [string, readonly number[], boolean])[] = [
    ['5 5 0', [0, 1], false],
    ['5>1 5 0>1', [0], false],
    ['- 5 0>1', [], true],
  ];
  for (const [words, data, isOnlyArbiter] of arbitrated)
    it(`with an arbiter ${words}: bytes of ${data.join() || 'nobody'}`, () => {
      const judged = judgeCopies(copies(words), { count: 3, arbiter: 2 });
      assert.deepEqual([judged.copies.data, judged.copies.isOnlyArbiter], [data, isOnlyArbiter]);
      assert.ok(!judged.copies.metadata.includes(2));
    });
});

describe('replicate: quorum', () => {
  const rows: readonly (readonly [up: readonly number[], QuorumRule, count: number, boolean])[] = [
    [[], 'none', 3, false],
    [[2], 'none', 3, true],
    [[1], 'auto', 3, false],
    [[1, 2], 'auto', 3, true],
    [[0], 'auto', 2, true],
    [[1], 'auto', 2, false],
    [[0, 1], 'auto', 4, true],
    [[2, 3], 'auto', 4, false],
    [[0, 1], 3, 3, false],
    [[0, 1, 2], 3, 3, true],
    [[1], 1, 3, true],
  ];
  for (const [up, rule, count, holds] of rows)
    it(`${rule} of ${count} with ${up.join() || 'none'} up: ${holds}`, () =>
      assert.equal(isQuorum(up, rule, count), holds));

  it('is told in words', () => {
    assert.equal(describeQuorum('auto', 3), '2 of 3');
    assert.equal(describeQuorum('auto', 2), '2 of 2, or 1 with the first one');
    assert.equal(describeQuorum(2, 3), '2 of 3');
    assert.equal(describeQuorum('none', 3), 'one of them');
  });
});

describe('replicate: one error out of several', () => {
  const rows: readonly (readonly [said: readonly ErrnoName[], ErrnoName])[] = [
    [['ENOENT', 'ESTALE'], 'ENOENT'],
    [['ESTALE', 'ENOENT'], 'ENOENT'],
    [['ESTALE', 'ENOTCONN'], 'ESTALE'],
    [['ENODATA', 'ENOENT'], 'ENODATA'],
    [['ENOTCONN', 'EIO'], 'EIO'],
    [['EACCES', 'EIO'], 'EACCES'],
    [['ENOTCONN', 'ENOTCONN'], 'ENOTCONN'],
  ];
  for (const [said, errno] of rows)
    it(`${said.join(', ')}: ${errno}`, () =>
      assert.equal(errorOf(said.map((one) => new FopError(one, 'b')))?.errno, errno));
});

describe('replicate: which good copy is read first', () => {
  const good = { isDirectory: false, data: [0, 1, 2], metadata: [0, 1, 2], isOnlyArbiter: false };
  const policy = (hashMode: HashMode, preferred?: number) => ({
    hashMode,
    preferred,
    count: 3,
    salt: 1,
    load: (child: number) => [5, 1, 3][child] ?? 0,
  });
  const order = (
    some: Partial<typeof good>,
    mode: HashMode,
    gfid: number,
    preferred?: number,
    kind: 'data' | 'metadata' = 'data',
  ) => readOrder({ ...good, ...some }, kind, gfidOf(gfid), policy(mode, preferred));

  it('mode 0: the first one', () => assert.deepEqual(order({}, 0, 2), [0, 1, 2]));
  it('mode 1: by the gfid', () => {
    assert.deepEqual(
      [3, 4, 5].map((gfid) => order({}, 1, gfid)[0]),
      [0, 1, 2],
    );
    assert.deepEqual(order({ data: [0, 1] }, 1, 5), [0, 1]);
  });
  it('mode 2: by gfid and process', () => assert.deepEqual(order({}, 2, 4), [2, 0, 1]));
  it('mode 3: the least busy one', () => assert.deepEqual(order({}, 3, 0), [1, 0, 2]));
  it('the preferred one while it is good', () => {
    assert.equal(order({}, 1, 3, 2)[0], 2);
    assert.equal(order({ data: [0, 1] }, 0, 3, 2)[0], 0);
  });
  it('one that is whole before one that is good in part', () => {
    assert.deepEqual(order({ metadata: [2] }, 0, 0), [2, 0, 1]);
    assert.deepEqual(order({ metadata: [2], data: [0] }, 0, 0, undefined, 'metadata'), [2]);
  });
  it('of a directory in dispute, one whose attributes are good', () =>
    assert.deepEqual(order({ isDirectory: true, data: [], metadata: [1] }, 0, 0), [1]));
});

describe('replicate: what is remembered of copies', () => {
  const copies = { isDirectory: false, data: [0], metadata: [0], isOnlyArbiter: false };

  it('holds for one generation', () => {
    const known = new KnownCopies();
    known.learn('a', copies, 1);
    assert.deepEqual(known.get('a', 1), copies);
    assert.equal(known.get('a', 2), undefined);
    assert.equal(known.size, 0);
  });

  it('is bounded: what was used longest ago goes first', () => {
    const known = new KnownCopies(2);
    known.learn('a', copies, 1);
    known.learn('b', copies, 1);
    known.get('a', 1);
    known.learn('c', copies, 1);
    assert.deepEqual(
      ['a', 'b', 'c'].map((gfid) => known.get(gfid, 1) !== undefined),
      [true, false, true],
    );
    known.forget('a');
    assert.equal(known.get('a', 1), undefined);
  });
});

describe('replicate: whether cookies are those of another brick', () => {
  const entries = (text: string): Dirent[] =>
    text
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => {
        const [name = '', offset = '0'] = word.split('=');
        return { name, offset: BigInt(offset), ino: 1n, type: 8 };
      });
  const rows = [
    ['a=5 b=7', 'a=5 c=9', 'same'],
    ['a=5 b=7', 'a=5 b=8', 'different'],
    ['a=5', 'b=5', 'unknown'],
    ['.=1 ..=2', '.=1 ..=2 a=4', 'unknown'],
  ] as const;
  for (const [known, seen, verdict] of rows)
    it(`${known} and ${seen}: ${verdict}`, () =>
      assert.equal(compareCookies(entries(known), entries(seen)), verdict));
});

describe('replicate: statfs', () => {
  it('is that of the fullest brick, whatever its blocks are', () => {
    const of = (frsize: number, bavail: number) => ({ frsize, bavail }) as Statfs;
    assert.deepEqual(fullest([of(4096, 10), of(512, 79), of(4096, 11)]), of(512, 79));
    assert.equal(fullest([]), undefined);
  });
});
