import assert from 'node:assert/strict';
import { Bandwidth } from '../../../src/heal/bandwidth.js';
import { ManualClock } from '../../contract/platforms.js';

describe('the bandwidth of a heal', () => {
  /** When each of some pieces went, in milliseconds from the beginning. */
  async function timesOf(pieces: readonly number[], rate: number | undefined): Promise<number[]> {
    const clock = new ManualClock();
    const began = clock.monotonicMs();
    const bandwidth = new Bandwidth(clock, rate);
    const times: number[] = [];
    const all = Promise.all(
      pieces.map(async (bytes) => {
        await bandwidth.take(bytes);
        times.push(clock.monotonicMs() - began);
      }),
    );
    for (let step = 0; step < 200 && times.length < pieces.length; step += 1) {
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      clock.advance(50);
    }
    await all;
    return times;
  }

  it('lets a second’s worth go at once, and the rest at its rate', async () => {
    assert.deepEqual(await timesOf([100, 100, 100, 100], 100), [0, 0, 1000, 2000]);
  });

  it('lets a piece that is larger than a second’s worth go, and those after it wait', async () => {
    assert.deepEqual(await timesOf([300, 1], 100), [0, 2000]);
  });

  it('does not hold anything back where there is no limit', async () => {
    assert.deepEqual(await timesOf([1e9, 1e9], undefined), [0, 0]);
  });

  it('is more than nothing', () => {
    assert.throws(() => new Bandwidth(new ManualClock(), 0), RangeError);
  });
});
