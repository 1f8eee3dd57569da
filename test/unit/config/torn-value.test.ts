import assert from 'node:assert/strict';
import { isTorn } from '../../../src/config/torn-value.js';

/** A value of three blocks, of which no two are alike. */
const VALUE = Buffer.concat(['a', 'b', 'c'].map((letter) => Buffer.alloc(512, letter)));

function with_(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(VALUE);
  change(bytes);
  return bytes;
}

describe('a value that a power cut has torn', () => {
  const TORN: readonly (readonly [string, Buffer])[] = [
    ['nothing of it is left', Buffer.alloc(0)],
    ['its end is cut off', VALUE.subarray(0, 700)],
    ['a block came back as zeros', with_((bytes) => bytes.fill(0, 512, 1024))],
    ['all of it came back as zeros', Buffer.alloc(VALUE.length)],
  ];
  for (const [what, bytes] of TORN) it(what, () => assert.ok(isTorn(bytes, VALUE)));

  const BY_HAND: readonly (readonly [string, Buffer])[] = [
    ['a byte is another one', with_((bytes) => bytes.write('x', 600))],
    ['zeros do not fill a block', with_((bytes) => bytes.fill(0, 600, 700))],
    ['something was appended', Buffer.concat([VALUE, Buffer.from('more')])],
    ['blocks have changed places', Buffer.concat([VALUE.subarray(512), VALUE.subarray(0, 512)])],
  ];
  for (const [what, bytes] of BY_HAND)
    it(`is told from a hand's change: ${what}`, () => assert.ok(!isTorn(bytes, VALUE)));
});
