import assert from 'node:assert/strict';
import { FopError } from '../../../../src/fop/error.js';
import {
  agreeOnInode,
  judgeChange,
  type Said,
} from '../../../../src/xlators/cluster/replicate/verdict.js';

/** One word for each child: `ok`, an errno, or `-` where it was not asked. */
function said(words: string): Said[] {
  return words.split(' ').flatMap((word, child): Said[] => {
    if (word === '-') return [];
    if (word === 'ok') return [{ child, outcome: { reply: {} } }];
    return [{ child, outcome: { error: new FopError(word as 'EIO', `b${child}`) } }];
  });
}

describe('replicate: whether a change holds', () => {
  const rows: readonly (readonly [words: string, good: string, verdict: string])[] = [
    ['ok ok ok', '012', 'done by 012'],
    ['ok ok -', '01', 'done by 01, missed by 2'],
    ['ok ENOTCONN ok', '012', 'done by 02, missed by 1'],
    ['ok EEXIST ok', '02', 'done by 02, missed by 1'],
    // One of the two lags behind: what it did is no second copy.
    ['ok ok -', '0', 'torn by 01: ENOTCONN'],
    // What lags behind may not accuse the good ones.
    ['ENOTCONN ok ok', '01', 'torn by 12: ENOTCONN'],
    ['EEXIST ok -', '0', 'torn by 1: EEXIST'],
    ['ok ENOSPC ENOSPC', '012', 'torn by 0: ENOSPC'],
    ['EEXIST EEXIST EEXIST', '012', 'refused: EEXIST'],
    // What the good ones say goes before a lost connection, which leaves a doubt.
    ['EEXIST EEXIST ENOTCONN', '012', 'refused, perhaps done: EEXIST'],
    ['ENOTCONN ENOTCONN -', '012', 'refused, perhaps done: ENOTCONN'],
  ];
  for (const [words, good, expected] of rows)
    it(`${words}, good are ${good}: ${expected}`, () => {
      const judges = { count: 3, quorum: 'auto', good: [...good].map(Number) } as const;
      const verdict = judgeChange(said(words), judges, 'r');
      const tell = (): string => {
        if (verdict.kind === 'done') {
          const missed = verdict.missed.length > 0 ? `, missed by ${verdict.missed.join('')}` : '';
          return `done by ${verdict.by.join('')}${missed}`;
        }
        if (verdict.kind === 'torn')
          return `torn by ${verdict.by.join('')}: ${verdict.error.errno}`;
        return `refused${verdict.isUncertain ? ', perhaps done' : ''}: ${verdict.error.errno}`;
      };
      assert.equal(tell(), expected);
    });

  it('without a quorum rule one good copy is enough, and a lagging one is not', () => {
    const judges = { count: 2, quorum: 'none', good: [0] } as const;
    assert.equal(judgeChange(said('ok -'), judges, 'r').kind, 'done');
    assert.equal(judgeChange(said('ENOTCONN ok'), judges, 'r').kind, 'torn');
  });
});

describe('replicate: which inode a name is', () => {
  const inode = (child: number, gfid: string) => ({ child, outcome: { reply: gfid } });

  it('is what the good copies say, against any number of others', () => {
    const outcomes = agreeOnInode(
      [inode(0, 'a'), inode(1, 'b'), inode(2, 'b')],
      (gfid) => gfid,
      [0],
      'r',
    );
    assert.deepEqual(
      outcomes.map(({ outcome }) => 'reply' in outcome),
      [true, false, false],
    );
  });

  it('is what most say, where all are good', () => {
    const all = [inode(0, 'a'), inode(1, 'b'), inode(2, 'b')];
    const outcomes = agreeOnInode(all, (gfid) => gfid, [0, 1, 2], 'r');
    assert.deepEqual(
      outcomes.map(({ outcome }) => 'reply' in outcome),
      [false, true, true],
    );
  });
});
