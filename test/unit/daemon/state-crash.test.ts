import assert from 'node:assert/strict';
import { StateFile } from '../../../src/daemon/state.js';
import { instantly, seeded } from '../../contract/platforms.js';
import { SimDisk } from '../../sim/disk.js';

interface Count {
  readonly count: number;
}

const PATH = '/state.json';

/**
 * Writes counts one after the other and cuts the power at the disk's call number `at`. Answers the last count
 * that was acknowledged, and the one that is there afterwards.
 */
async function crashAt(seed: number, at: number): Promise<readonly [number, number, boolean]> {
  const disk = new SimDisk({ clock: instantly(), random: seeded(seed) });
  let calls = 0;
  const counting = new Proxy(disk, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        if (++calls === at) target.crash();
        if (calls >= at) throw new Error('the power is off');
        return member.apply(target, args);
      };
    },
  });
  let acknowledged = 0;
  try {
    const state = await StateFile.open<Count>(counting, PATH, { count: 0 });
    for (let count = 1; count <= 4; count++) {
      await state.update(() => ({ count }));
      acknowledged = count;
    }
  } catch {
    // The crash; what is left is looked at below.
  }
  const isDone = calls < at;
  const after = await StateFile.open<Count>(disk, PATH, { count: 0 });
  return [acknowledged, after.data.count, isDone];
}

describe('state of a node in a power cut', () => {
  it('is what was acknowledged last, or what was being written', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (let at = 1, isDone = false; !isDone; at++) {
        const [acknowledged, found, done] = await crashAt(seed, at);
        isDone = done;
        const allowed = [acknowledged, acknowledged + 1];
        assert.ok(
          allowed.includes(found),
          `seed ${seed}, call ${at}: ${acknowledged} then ${found}`,
        );
      }
    }
  });
});
