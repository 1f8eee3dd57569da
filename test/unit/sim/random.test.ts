import assert from 'node:assert/strict';
import { SimRandom } from '../../sim/random.js';

describe('sim random', () => {
  it('gives the same numbers for the same seed, for ever', () => {
    const random = new SimRandom('1');
    const drawn = [random.int(1000), random.int(1000), random.int(1000), random.uuid()];
    const again = new SimRandom('1');
    assert.deepEqual([again.int(1000), again.int(1000), again.int(1000), again.uuid()], drawn);
  });

  it('gives forks streams of their own', () => {
    const random = new SimRandom('1');
    const before = random.fork('timers').next();
    random.next();
    assert.equal(random.fork('timers').next(), before);
    assert.notEqual(random.fork('links').next(), before);
  });

  it('covers a range evenly', () => {
    const random = new SimRandom('dice');
    const seen = new Array<number>(6).fill(0);
    for (let count = 0; count < 6000; count++) {
      const side = random.int(6);
      seen[side] = (seen[side] ?? 0) + 1;
    }
    for (const count of seen) assert.ok(count > 850 && count < 1150, `${seen}`);
  });

  it('makes version 4 uuids', () => {
    const random = new SimRandom('1');
    for (let count = 0; count < 100; count++)
      assert.match(
        random.uuid(),
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
  });

  it('refuses an empty range', () => {
    assert.throws(() => new SimRandom('1').int(0), RangeError);
    assert.throws(() => new SimRandom('1').pick([]), RangeError);
  });
});
