import assert from 'node:assert/strict';
import { Applier } from '../../../src/config/applier.js';
import type { CheckRequest } from '../../../src/config/copy-check.js';
import { type CommitRecord, sealRecord } from '../../../src/config/log/record.js';
import { Store } from '../../../src/config/store.js';
import type { Look } from '../../../src/config/values-look.js';
import { ValuesTree } from '../../../src/config/values-tree.js';
import { FopError } from '../../../src/fop/error.js';
import type { FopName, Reply, Request } from '../../../src/fop/fops.js';
import type { Frame } from '../../../src/fop/frame.js';
import { Volume } from '../../../src/mount/volume.js';
import { sleep } from '../../../src/platform/platform.js';
import { MemoryVolume } from '../mount/memory-volume.js';
import { ManualClock } from '../rpc/manual-clock.js';

const CLUSTER = '00000000-0000-4000-8000-0000000000c1';

/** A brick on which every write of a file takes a while. */
class SlowVolume extends MemoryVolume {
  putMs = 0;
  failure: FopError | undefined;

  constructor(private readonly clock: ManualClock) {
    super();
  }

  override async wind<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (fop === 'put' && this.putMs > 0) await sleep(this.clock, this.putMs);
    if (fop === 'put' && this.failure) throw this.failure;
    return super.wind(fop, request, frame);
  }
}

/** An applier at work, whose export has opened. `said` is what readers were told of it since. */
class Bench {
  readonly clock = new ManualClock();
  readonly brick = new SlowVolume(this.clock);
  readonly said: boolean[] = [];
  private readonly store = new Store();
  private readonly volume = new Volume(this.brick, {
    newGfid: () => '00000000-0000-4000-8000-000000000001',
    remembersDirectories: true,
  });
  private readonly applier = new Applier({
    clock: this.clock,
    store: this.store,
    cluster: CLUSTER,
    setApplied: async (isApplied) => void this.said.push(isApplied),
    keep: async () => {},
    failed: () => {},
    log: () => {},
  });

  async open(): Promise<void> {
    this.applier.setFresh(true);
    this.applier.connected(new ValuesTree(this.volume));
    this.put('first');
    await this.clock.advance(1000);
    assert.deepEqual(this.said.splice(0), [true]);
  }

  put(key: string): void {
    const record: CommitRecord = {
      revision: this.store.revision + 1,
      previous: this.store.mark.hash,
      timeMs: this.clock.wallMs(),
      requestId: '',
      author: '',
      changes: [{ type: 'put', key, value: Buffer.from(key) }],
    };
    this.applier.touched(this.store.apply(sealRecord(record)));
  }

  /** Another content, as an editor on the brick would leave it. */
  async hand(key: string, text: string): Promise<void> {
    await this.volume.writeFile(key, Buffer.from(text));
  }

  check(request: CheckRequest): Promise<Look> {
    return this.applier.check(request);
  }

  async read(key: string): Promise<string> {
    return (await this.volume.readFile(key)).toString();
  }
}

describe('applier', () => {
  it('keeps the export open for the first commit after a quiet time', async () => {
    const bench = new Bench();
    await bench.open();
    await bench.clock.advance(60_000);
    bench.put('second');
    await bench.clock.advance(100);
    assert.equal(await bench.read('second'), 'second');
    assert.deepEqual(bench.said, []);
  });

  it('gathers while commits come fast, and half a second after the first of them all stand', async () => {
    const bench = new Bench();
    await bench.open();
    await bench.clock.advance(60_000);
    for (let count = 0; count < 20; count++) {
      bench.put(`many/${count}`);
      await bench.clock.advance(5);
    }
    await assert.rejects(bench.read('many/19'), { errno: 'ENOENT' });
    await bench.clock.advance(500);
    assert.equal(await bench.read('many/19'), 'many/19');
    assert.deepEqual(bench.said, []);
  });

  it('closes it when the values are long behind, and opens it when they are not', async () => {
    const bench = new Bench();
    await bench.open();
    bench.brick.putMs = 6000;
    bench.put('slow');
    await bench.clock.advance(100);
    bench.put('behind');
    // The value, and the version after it.
    await bench.clock.advance(14_000);
    assert.deepEqual(bench.said, [false]);
    bench.brick.putMs = 0;
    await bench.clock.advance(20_000);
    assert.equal(await bench.read('behind'), 'behind');
    assert.deepEqual(bench.said, [false, true]);
  });

  it('closes it when a value cannot be applied, until it can', async () => {
    const bench = new Bench();
    await bench.open();
    bench.brick.failure = new FopError('ENOSPC', 'brick');
    bench.put('second');
    await bench.clock.advance(100);
    assert.deepEqual(bench.said.splice(0), [false]);
    bench.brick.failure = undefined;
    await bench.clock.advance(10_000);
    assert.equal(await bench.read('second'), 'second');
    assert.deepEqual(bench.said, [true]);
  });

  it('closes it when a look finds what a hand has changed, until that is gone', async () => {
    const bench = new Bench();
    await bench.open();
    await bench.hand('first', 'by hand');
    const look = bench.check({ isRepair: false });
    await bench.clock.advance(1000);
    assert.deepEqual(
      (await look).wrong.map(({ key, how }) => `${key} ${how}`),
      ['first changed'],
    );
    assert.deepEqual(bench.said.splice(0), [false]);
    await bench.clock.advance(30_000);
    assert.deepEqual(bench.said, [], 'nothing is put right unasked');
    await bench.hand('first', 'first');
    await bench.clock.advance(30_000);
    assert.deepEqual(bench.said.splice(0), [true]);
    await bench.hand('first', 'again');
    const repair = bench.check({ isRepair: true });
    await bench.clock.advance(1000);
    await repair;
    assert.equal(await bench.read('first'), 'first');
    assert.equal(bench.said.at(-1) ?? true, true);
  });
});
