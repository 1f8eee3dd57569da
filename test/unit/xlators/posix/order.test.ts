import assert from 'node:assert/strict';
import { isErrno } from '../../../../src/fop/error.js';
import { GroupSync } from '../../../../src/xlators/storage/posix/group-sync.js';
import { Turns } from '../../../../src/xlators/storage/posix/turns.js';

/** A promise with its ends outside. */
function pending() {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { promise, finish, fail };
}

const turn = () => new Promise(setImmediate);

describe('posix: turns', () => {
  it('runs at once what finds nobody before it', () => {
    const turns = new Turns();
    let ran = 0;
    void turns.run(() => {
      ran += 1;
    });
    void turns.run(() => {
      ran += 1;
    });
    assert.equal(ran, 2);
  });

  it('keeps the order, also after a failure', async () => {
    const turns = new Turns();
    const slow = pending();
    const seen: string[] = [];
    const first = turns.run(() => slow.promise.then(() => seen.push('first')));
    const second = turns.run(() => {
      seen.push('second');
      throw new Error('no');
    });
    const third = turns.run(() => seen.push('third'));
    await turn();
    assert.deepEqual(seen, []);
    slow.finish();
    await first;
    await assert.rejects(second, /no/);
    await third;
    assert.deepEqual(seen, ['first', 'second', 'third']);
  });

  it('answers a failure as a promise', async () => {
    const failing = new Turns().run(() => {
      throw new Error('at once');
    });
    await assert.rejects(failing, /at once/);
  });
});

describe('posix: group sync', () => {
  it('shares the next sync among those who came during one', async () => {
    const sync = new GroupSync('brick');
    const runs: ReturnType<typeof pending>[] = [];
    const run = () => {
      const next = pending();
      runs.push(next);
      return next.promise;
    };
    let settled = 0;
    const waits = Array.from({ length: 5 }, () =>
      sync.sync(run).then(() => {
        settled += 1;
      }),
    );
    assert.equal(runs.length, 1);
    runs[0]?.finish();
    await turn();
    assert.deepEqual([settled, runs.length], [1, 2]);
    runs[1]?.finish();
    await Promise.all(waits);
    assert.equal(runs.length, 2);
  });

  it('fails for ever once it has failed', async () => {
    const sync = new GroupSync('brick');
    const first = pending();
    const failing = sync.sync(() => first.promise);
    const waiting = sync.sync(() => Promise.resolve());
    first.fail(new Error('disk'));
    await assert.rejects(
      failing,
      (error) => isErrno(error, 'EIO') && /disk/.test(String(error.cause)),
    );
    await assert.rejects(waiting, (error) => isErrno(error, 'EIO'));
    assert.throws(
      () => sync.check(),
      (error) => isErrno(error, 'EIO'),
    );
  });
});
