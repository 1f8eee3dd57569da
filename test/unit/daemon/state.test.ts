import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeState, encodeState, StateFile } from '../../../src/daemon/state.js';
import type { Disk } from '../../../src/platform/disk.js';
import { nodeDisk } from '../../../src/platform/node/disk.js';

interface Count {
  readonly count: number;
  readonly text: string;
}

const INITIAL: Count = { count: 0, text: '' };
const DAMAGED = { code: 'HFS-5003' };

describe('state of a node', () => {
  let directory: string;
  let path: string;
  const disk: Disk = nodeDisk();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-state-'));
    path = join(directory, 'state.json');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const open = (through: Disk = disk) => StateFile.open<Count>(through, path, INITIAL);
  const setTo = async (...counts: readonly number[]) => {
    const state = await open();
    for (const count of counts) await state.update(() => ({ count, text: 'ü'.repeat(count) }));
  };

  it('begins with what it is given, and keeps what it is told', async () => {
    const first = await open();
    assert.deepEqual([first.data, first.isNew, first.recovery], [INITIAL, true, undefined]);
    assert.ok(!existsSync(path), 'nothing is written before the first change');
    await setTo(1, 2);
    const again = await open();
    assert.deepEqual(again.data, { count: 2, text: 'üü' });
    assert.deepEqual([again.isNew, again.recovery], [false, undefined]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('does changes one after the other, each on what the one before left', async () => {
    const state = await open();
    const add = () => state.update(({ count, text }) => ({ count: count + 1, text }));
    await Promise.all(Array.from({ length: 20 }, add));
    assert.equal(state.data.count, 20);
    assert.equal((await open()).data.count, 20);
  });

  it('answers each caller when its own write is done, not when all are', async () => {
    const state = await open();
    const seen: number[] = [];
    const write = (count: number) =>
      state.update(() => ({ count, text: '' })).then(() => void seen.push(state.data.count));
    await Promise.all([write(1), write(2), write(3)]);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('is as before after a write that failed, and goes on', async () => {
    let isBroken = false;
    const failing: Disk = new Proxy(disk, {
      get: (target, name) => {
        if (name === 'rename' && isBroken)
          return () => {
            throw new Error('no space');
          };
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const state = await open(failing);
    await state.update(() => ({ count: 1, text: '' }));
    isBroken = true;
    await assert.rejects(state.update(() => ({ count: 2, text: '' })));
    assert.equal(state.data.count, 1);
    assert.equal((await open()).data.count, 1);
    isBroken = false;
    await state.update(({ count }) => ({ count: count + 10, text: '' }));
    assert.equal((await open()).data.count, 11);
  });

  it('uses the generation before, and says so, wherever the file is cut', async () => {
    await setTo(1, 2);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const state = await open();
      assert.equal(state.data.count, 1, `cut at ${length}`);
      assert.match(state.recovery ?? '', /the generation before it is used/);
    }
  });

  it('never takes a flipped bit for the truth', async () => {
    await setTo(1, 2);
    const whole = readFileSync(path);
    for (let bit = 0; bit < (whole.length - 1) * 8; bit++) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(path, flipped);
      const data = await open().then(
        (state) => state.data.count,
        (error: { code?: string }) => error.code,
      );
      rmSync(`${path}.damaged-1`, { force: true });
      const isNewer = data === 'HFS-5003' && /"v":[0-9]/.test(flipped.toString('latin1'));
      assert.ok(data === 1 || isNewer, `bit ${bit} gave ${data}`);
    }
  });

  it('keeps what it cannot read, and never makes it the backup', async () => {
    await setTo(1, 2);
    writeFileSync(path, 'half');
    assert.equal((await open()).data.count, 1);
    assert.equal(readFileSync(`${path}.damaged-1`, 'utf8'), 'half');
    const again = await open();
    assert.equal(again.recovery, undefined, 'the file is whole again');
    assert.equal(again.data.count, 1);
    rmSync(path);
    assert.equal((await open()).data.count, 1, 'and so is the backup');
  });

  it('finds its way around a directory in its place', async () => {
    await setTo(1, 2);
    rmSync(path);
    mkdirSync(path);
    const state = await open();
    assert.match(state.recovery ?? '', /EISDIR/);
    await state.update(() => ({ count: 3, text: '' }));
    assert.equal((await open()).data.count, 3);
  });

  it('uses the generation before where the file is gone', async () => {
    await setTo(1, 2);
    rmSync(path);
    const state = await open();
    assert.equal(state.data.count, 1);
    assert.match(state.recovery ?? '', /missing/);
  });

  it('refuses where both are damaged, and leaves them alone', async () => {
    await setTo(1, 2);
    writeFileSync(path, '');
    writeFileSync(`${path}.bak`, '{}');
    await assert.rejects(open(), DAMAGED);
    assert.equal(readFileSync(`${path}.bak`, 'utf8'), '{}');
    rmSync(`${path}.bak`);
    await assert.rejects(open(), DAMAGED);
  });

  it('refuses what a newer version wrote, rather than go back to the older copy', async () => {
    await setTo(1, 2);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"v":1', '"v":2'));
    await assert.rejects(open(), { code: 'HFS-5003', next: 'start the newer hekafsd' });
  });

  it('is not disturbed by what a crash left aside', async () => {
    await setTo(1);
    writeFileSync(`${path}.tmp`, 'half');
    await setTo(2);
    assert.equal((await open()).data.count, 2);
  });
});

describe('envelope of a state', () => {
  const VALUES: readonly object[] = [
    {},
    { a: [1, null, 'x'] },
    { '10': 1, b: 2, '2': 3 },
    { u: 'é\0' },
  ];
  for (const value of VALUES)
    it(`comes back: ${JSON.stringify(value)}`, () =>
      assert.deepEqual(decodeState(encodeState(value)), value));

  const BAD: readonly string[] = [
    '',
    'null',
    '[]',
    '{}',
    '{"v":1}',
    '{"v":1,"sum":"x","data":{}}',
    '{"v":"1"}',
  ];
  for (const text of BAD)
    it(`is refused: ${text || 'empty'}`, () => assert.throws(() => decodeState(Buffer.from(text))));
});
