import assert from 'node:assert/strict';
import { ValuesGate } from '../../../src/daemon/values-gate.js';
import type { DictValue } from '../../../src/fop/dict.js';
import { APPLIED_KEY, APPLIED_MS_KEY } from '../../../src/xlators/features/read-only/read-only.js';

/** A gate with a clock and an age set by the test; `said` is what the brick was told, as `1 for 2500`. */
class Bench {
  nowMs = 0;
  ageMs: number | null = 0;
  readonly said: string[] = [];
  readonly gate = new ValuesGate(
    () => this.nowMs,
    () => this.ageMs,
    async (xdata) => void this.said.push(words(xdata)),
  );

  async at(nowMs: number, ageMs: number | null): Promise<string[]> {
    this.nowMs = nowMs;
    this.ageMs = ageMs;
    await this.gate.renew();
    return this.said.splice(0);
  }
}

function words(xdata: ReadonlyMap<string, DictValue>): string {
  const [applied, forMs] = [xdata.get(APPLIED_KEY), xdata.get(APPLIED_MS_KEY)];
  assert.ok(applied?.type === 'int' && forMs?.type === 'int');
  return `${applied.int} for ${forMs.int}`;
}

describe('the gate of the values', () => {
  it('is open for as long as what is known stays fresh, and that is said again in time', async () => {
    const bench = new Bench();
    assert.deepEqual(await bench.at(0, 500), [], 'nothing before the applier has spoken');
    await bench.gate.set(true);
    assert.deepEqual(bench.said.splice(0), ['1 for 2500']);
    assert.deepEqual(await bench.at(900, 100), []);
    assert.deepEqual(await bench.at(1000, 100.5), ['1 for 2899']);
  });

  it('is not opened again by a process that stood still: what it knows is old', async () => {
    const bench = new Bench();
    await bench.gate.set(true);
    bench.said.splice(0);
    assert.deepEqual(await bench.at(60_000, 60_000), []);
    assert.deepEqual(await bench.at(60_100, null), []);
    assert.deepEqual(await bench.at(60_200, 10), ['1 for 2990']);
  });

  it('stays closed after the applier has closed it, and after the connection was lost', async () => {
    const bench = new Bench();
    await bench.gate.set(true);
    await bench.gate.set(false);
    assert.deepEqual(bench.said.splice(0), ['1 for 3000', '0 for 3000']);
    assert.deepEqual(await bench.at(5000, 0), []);
    await bench.gate.set(true);
    bench.gate.forget();
    bench.said.splice(0);
    assert.deepEqual(await bench.at(9000, 0), []);
  });
});
