import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fd, O_RDWR } from '../../../../src/fop/fd.js';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import {
  type PosixLock,
  withPosixLock,
} from '../../../../src/xlators/features/locks/lock-rules.js';
import {
  byteRange,
  LAST_BYTE,
  lengthOf,
  overlaps,
  without,
} from '../../../../src/xlators/features/locks/range.js';

describe('locks: ranges', () => {
  const rows: [start: bigint, len: bigint, end: bigint | undefined][] = [
    [0n, 0n, LAST_BYTE],
    [5n, 1n, 5n],
    [0n, 10n, 9n],
    [LAST_BYTE - 1n, 0n, LAST_BYTE],
    [LAST_BYTE, 5n, LAST_BYTE],
    [LAST_BYTE + 1n, 1n, undefined],
    [-1n, 1n, undefined],
    [0n, -1n, undefined],
    [0n, (1n << 64n) - 1n, undefined],
  ];
  for (const [start, len, end] of rows)
    it(`${start} for ${len} ends at ${end}`, () => {
      assert.equal(byteRange(start, len)?.end, end);
    });

  it('have a length that says the same', () => {
    assert.equal(lengthOf({ start: 3n, end: LAST_BYTE }), 0n);
    assert.equal(lengthOf({ start: 3n, end: 3n }), 1n);
  });

  const range = (text: string) => {
    const [start = '', end = ''] = text.split('-');
    return { start: BigInt(start), end: BigInt(end) };
  };

  const cuts: [from: string, taken: string, left: string[]][] = [
    ['0-9', '20-30', ['0-9']],
    ['0-9', '0-9', []],
    ['0-9', '3-5', ['0-2', '6-9']],
    ['0-9', '0-5', ['6-9']],
    ['0-9', '5-20', ['0-4']],
  ];
  for (const [from, taken, left] of cuts)
    it(`${from} without ${taken} leaves ${left.join(' and ') || 'nothing'}`, () => {
      assert.deepEqual(without(range(from), range(taken)), left.map(range));
    });

  it('overlap where they share a byte', () => {
    assert.ok(overlaps(range('0-5'), range('5-9')));
    assert.ok(!overlaps(range('0-4'), range('5-9')));
  });
});

const FD = new Fd(ROOT_GFID, O_RDWR);

/** `r0-9` as an owner's lock; several words, sorted. */
function show(locks: readonly PosixLock[]): string {
  return [...locks]
    .sort((a, b) => Number(a.range.start - b.range.start))
    .map(({ type, range }) => `${type === 0 ? 'r' : 'w'}${range.start}-${range.end}`)
    .join(' ');
}

function lock(text: string, client = 'a'): PosixLock {
  const [start = '', end = ''] = text.slice(1).split('-');
  const type = { r: 0, w: 1, u: 2 }[text[0] ?? ''] ?? 0;
  return {
    client,
    lkOwner: '',
    pid: 1,
    fd: FD,
    type,
    range: { start: BigInt(start), end: BigInt(end) },
  };
}

describe('locks: fcntl locks of one owner', () => {
  const rows: [held: string, next: string, after: string][] = [
    ['', 'w0-9', 'w0-9'],
    ['w0-9', 'w10-19', 'w0-19'],
    ['w0-9', 'w5-19', 'w0-19'],
    ['w0-9 w20-29', 'w10-19', 'w0-29'],
    ['w0-9', 'r3-5', 'w0-2 r3-5 w6-9'],
    ['w0-9', 'r10-19', 'w0-9 r10-19'],
    ['r0-9', 'w0-9', 'w0-9'],
    ['w0-9', 'u3-5', 'w0-2 w6-9'],
    ['w0-9', 'u0-9', ''],
    ['', 'u0-9', ''],
    ['w0-9 r20-29', 'u5-24', 'w0-4 r25-29'],
    ['w0-2 w6-9', 'r0-9', 'r0-9'],
  ];
  for (const [held, next, after] of rows)
    it(`${held || 'nothing'}, then ${next}: ${after || 'nothing'}`, () => {
      const locks = held
        .split(' ')
        .filter(Boolean)
        .map((text) => lock(text));
      assert.equal(show(withPosixLock(locks, lock(next))), after);
    });

  it('leave those of others alone', () => {
    const held = [lock('r0-9', 'b')];
    assert.deepEqual(withPosixLock(held, lock('u0-9')), held);
  });

  it('say of each byte what was said last', () => {
    const word = fc.tuple(fc.constantFrom('r', 'w', 'u'), fc.nat(20), fc.nat(20));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        let held: readonly PosixLock[] = [];
        const bytes = Array.from({ length: 21 }, () => 'u');
        for (const [kind, a, b] of words) {
          const [start, end] = [Math.min(a, b), Math.max(a, b)];
          held = withPosixLock(held, lock(`${kind}${start}-${end}`));
          bytes.fill(kind, start, end + 1);
        }
        for (const [at, kind] of bytes.entries()) {
          const here = held.filter(({ range }) =>
            overlaps(range, { start: BigInt(at), end: BigInt(at) }),
          );
          assert.equal(here.length, kind === 'u' ? 0 : 1);
          if (kind !== 'u') assert.equal(here[0]?.type, kind === 'r' ? 0 : 1);
        }
      }),
    );
  });
});
