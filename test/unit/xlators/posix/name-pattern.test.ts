import assert from 'node:assert/strict';
import { fitsPattern, isPattern } from '../../../../src/xlators/storage/posix/name-pattern.js';

const FITS: readonly (readonly [pattern: string, names: readonly string[]])[] = [
  ['user.*', ['user.a', 'user.']],
  ['*.b', ['user.b', '.b', 'user.a.b']],
  ['u*r.?', ['user.a', 'ur.a']],
  ['*', ['anything', '']],
  ['**a*', ['a', 'ba', 'bab']],
];
const FITS_NOT: readonly (readonly [pattern: string, names: readonly string[]])[] = [
  ['user.*', ['user', 'xuser.a']],
  ['user.?', ['user.', 'user.ab']],
  ['*.b', ['user.ba']],
  ['plain', ['plai', 'plains', '']],
];

describe('patterns of names', () => {
  for (const [pattern, names] of FITS)
    it(`${pattern} fits ${names.join(' and ')}`, () => {
      for (const name of names) assert.ok(fitsPattern(name, pattern), name);
    });

  for (const [pattern, names] of FITS_NOT)
    it(`${pattern} does not fit ${names.join(', ')}`, () => {
      for (const name of names) assert.ok(!fitsPattern(name, pattern), name);
    });

  it('cannot be made to take long', () => {
    const pattern = `${'*a'.repeat(5000)}*b`;
    assert.equal(fitsPattern('a'.repeat(255), pattern), false);
    assert.ok(isPattern(pattern));
  });
});
