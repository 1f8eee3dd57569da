import assert from 'node:assert/strict';
import { type ErrnoName, FopError } from '../../../../src/fop/error.js';
import {
  agreeOnGfid,
  agreeOnName,
  type NameAnswer,
  type ParentEvidence,
} from '../../../../src/xlators/cluster/replicate/agreement.js';

/*
 * Answers as words, one for each brick: a letter is an inode (upper case: a directory), `-` says that there is no such
 * name, `~` ESTALE, `?` ENODATA, `!` EIO, and `.` does not answer.
 */
const ERRORS: Readonly<Record<string, ErrnoName>> = {
  '-': 'ENOENT',
  '~': 'ESTALE',
  '?': 'ENODATA',
  '!': 'EIO',
};

function answers(words: string): NameAnswer[] {
  return words.split(' ').flatMap((word, child): NameAnswer[] => {
    if (word === '.') return [];
    const errno = ERRORS[word];
    if (errno) return [{ child, error: new FopError(errno, `b${child}`) }];
    return [{ child, gfid: word.toLowerCase(), type: word === word.toLowerCase() ? 1 : 2 }];
  });
}

function told(verdict: ReturnType<typeof agreeOnName>): string {
  switch (verdict.kind) {
    case 'found':
      return verdict.children.join();
    case 'failed':
      return verdict.error.errno;
    default:
      return verdict.kind;
  }
}

const count = (words: string): number => words.split(' ').length;

describe('replicate: what bricks say of a name', () => {
  const rows = [
    ['a a a', '0,1,2'],
    ['a . a', '0,2'],
    ['- - -', 'ENOENT'],
    ['~ - ~', 'ENOENT'],
    ['~ ~', 'ESTALE'],
    ['? -', 'ENODATA'],
    ['a ? a', '0,2'],
    ['a ! a', '0,2'],
    ['a - a', 'unclear'],
    ['a b a', 'unclear'],
    ['a A', 'unclear'],
  ] as const;
  for (const [words, verdict] of rows)
    it(`${words}: ${verdict}`, () =>
      assert.equal(told(agreeOnName(answers(words), count(words))), verdict));
});

describe('replicate: what bricks say of a name, with the marks of its directory', () => {
  const all = (isDirty = false): ParentEvidence => ({ good: [0, 1, 2], isDirty });
  const good = (...children: number[]): ParentEvidence => ({ good: children, isDirty: false });
  const rows: readonly (readonly [string, ParentEvidence, string, why: string])[] = [
    ['a - a', good(0, 2), '0,2', 'the one without it has missed its making'],
    ['a - -', good(0), '0', 'both others have missed it'],
    ['a - -', good(1, 2), 'ENOENT', 'the one with it has missed its removal'],
    ['a b b', good(0), '0', 'both others have missed a replacement'],
    ['a - a', all(), '0,2', 'most have it'],
    ['a - -', all(), 'ENOENT', 'most do not, and nobody is blamed'],
    ['a - -', all(true), '0', 'a change was under way: a name is rather kept'],
    ['a b b', all(), '1,2', 'most agree'],
    ['a b b', all(true), 'mismatch', 'a change was under way: nobody knows'],
    ['a b', all(), 'mismatch', 'neither is most'],
    ['a b .', all(), 'mismatch', 'two of three that contradict each other'],
    ['a - .', all(), '0', 'no majority: it is there'],
    ['a A', all(), 'mismatch', 'a file and a directory'],
    ['a -', good(), '0', 'nobody is good: all are heard'],
    ['. - a', good(0), '2', 'the good one is down'],
  ];
  for (const [words, parent, verdict, why] of rows)
    it(`${words}, good ${parent.good.join() || 'none'}${parent.isDirty ? ', dirty' : ''}: ${verdict}, since ${why}`, () =>
      assert.equal(told(agreeOnName(answers(words), count(words), parent)), verdict));
});

describe('replicate: what bricks say of a gfid', () => {
  const rows = [
    ['a - a', '0,2'],
    ['- a .', '1'],
    ['- ~ -', 'ENOENT'],
  ] as const;
  for (const [words, verdict] of rows)
    it(`${words}: ${verdict}`, () => assert.equal(told(agreeOnGfid(answers(words))), verdict));
});
