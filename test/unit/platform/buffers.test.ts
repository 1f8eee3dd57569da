import assert from 'node:assert/strict';
import { giveBuffer, takeBuffer } from '../../../src/platform/buffers.js';

const KIB = 1024;

describe('large buffers', () => {
  it('are used again when they are given back', () => {
    const first = takeBuffer(130 * KIB);
    assert.equal(first.length, 130 * KIB);
    giveBuffer(first);
    const second = takeBuffer(140 * KIB);
    assert.equal(second.buffer, first.buffer);
    assert.equal(second.length, 140 * KIB);
  });

  it('are given back by any part of them, and only once', () => {
    const bytes = takeBuffer(64 * KIB);
    giveBuffer(bytes.subarray(100, 200));
    giveBuffer(bytes);
    const [one, other] = [takeBuffer(64 * KIB), takeBuffer(64 * KIB)];
    assert.equal(one.buffer, bytes.buffer);
    assert.notEqual(other.buffer, bytes.buffer);
  });

  it('of which nobody gives anything back are not taken from their owners', () => {
    const [one, other] = [takeBuffer(64 * KIB), takeBuffer(64 * KIB)];
    assert.notEqual(one.buffer, other.buffer);
  });

  it('that come from elsewhere are left alone', () => {
    const foreign = Buffer.alloc(64 * KIB);
    giveBuffer(foreign);
    assert.notEqual(takeBuffer(64 * KIB).buffer, foreign.buffer);
  });

  it('are not kept where they are small, or huge', () => {
    for (const size of [0, 100, 64 * KIB - 1, 2048 * KIB]) {
      const bytes = takeBuffer(size);
      assert.equal(bytes.length, size);
      giveBuffer(bytes);
    }
  });
});
