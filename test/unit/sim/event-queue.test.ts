import assert from 'node:assert/strict';
import { EventQueue, SimEvent } from '../../sim/event-queue.js';
import { SimRandom } from '../../sim/random.js';

describe('sim event queue', () => {
  it('gives back by (time, sequence) whatever the order of coming', () => {
    const random = new SimRandom('queue');
    const queue = new EventQueue();
    const events = Array.from(
      { length: 500 },
      (_, sequence) => new SimEvent(random.int(50), sequence, null, '', () => {}),
    );
    for (const event of random.shuffled(events)) queue.push(event);
    const wanted = [...events].sort((a, b) => a.timeUs - b.timeUs || a.sequence - b.sequence);
    assert.deepEqual(
      wanted.map(() => queue.pop()?.sequence),
      wanted.map(({ sequence }) => sequence),
    );
    assert.equal(queue.pop(), undefined);
    assert.equal(queue.size, 0);
  });
});
