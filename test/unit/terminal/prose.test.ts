import assert from 'node:assert/strict';
import { wrapped } from '../../../src/terminal/prose.js';

describe('wrapped', () => {
  it('breaks between words, never within', () => {
    assert.deepEqual(wrapped('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrapped('incomprehensible', 7), ['incomprehensible']);
  });

  it('indents further lines under the first word', () => {
    assert.deepEqual(wrapped('one two', 6, '- '), ['- one', '  two']);
    assert.deepEqual(wrapped('', 6, '- '), ['- ']);
  });
});
