import assert from 'node:assert/strict';
import {
  FAULT_MODES,
  type Fault,
  type FaultPlan,
  type FaultTargets,
  planFaults,
} from '../../sim/fault-plan.js';
import { SimRandom } from '../../sim/random.js';

const TARGETS: FaultTargets = {
  servers: ['s1', 's2', 's3'],
  clients: ['c1'],
  processes: ['s1/brick', 's2/brick', 's3/brick'],
};

function plan(
  seed: string,
  extent: FaultPlan['extent'],
  kinds: FaultPlan['kinds'] = FAULT_MODES.all,
) {
  return planFaults(new SimRandom(seed), TARGETS, {
    fromMs: 1000,
    untilMs: 60_000,
    gapMs: 500,
    kinds,
    extent,
  });
}

/** Servers that are not running, or cannot talk to both others, while the fault lasts. */
function hit(fault: Fault): string[] {
  if (fault.kind === 'kill' || fault.kind === 'pause') return [fault.process.slice(0, 2)];
  if (fault.kind === 'power') return [...fault.machines];
  return fault.kind === 'freeze' ? [fault.machine] : [];
}

/** The largest set of servers that run and are connected both ways at that moment. */
function largestSide(faults: readonly Fault[], atMs: number): number {
  const now = faults.filter((one) => one.atMs <= atMs && atMs < one.atMs + one.forMs);
  const down = new Set(now.flatMap(hit));
  const cut = new Set(now.flatMap((one) => (one.kind === 'cut' ? one.links : [])).map(String));
  const up = TARGETS.servers.filter((name) => !down.has(name));
  const talk = (a: string, b: string): boolean => !cut.has(`${a},${b}`) && !cut.has(`${b},${a}`);
  const sides = [up, ...up.map((left) => up.filter((name) => name !== left))];
  const whole = sides.filter((side) => side.every((a) => side.every((b) => a === b || talk(a, b))));
  return Math.max(0, ...whole.map((side) => side.length));
}

describe('sim fault plan', () => {
  it('is the same for the same seed', () => {
    assert.deepEqual(plan('1', 'unlimited'), plan('1', 'unlimited'));
    assert.notDeepEqual(plan('1', 'unlimited'), plan('2', 'unlimited'));
  });

  it('ends every fault within its time', () => {
    for (const fault of plan('1', 'unlimited')) {
      assert.ok(fault.atMs >= 1000 && fault.forMs > 0, JSON.stringify(fault));
      assert.ok(fault.atMs + fault.forMs <= 60_000, JSON.stringify(fault));
    }
  });

  it('has every kind of its mode and no other', () => {
    for (const kinds of Object.values(FAULT_MODES)) {
      const seen = new Set(plan('kinds', 'unlimited', kinds).map(({ kind }) => kind));
      assert.deepEqual([...seen].sort(), [...kinds].sort());
    }
  });

  it('leaves a majority whole, always, when told to', () => {
    for (let seed = 0; seed < 20; seed++) {
      const faults = plan(`majority ${seed}`, 'minority');
      assert.ok(faults.length > 10);
      for (const { atMs } of faults)
        assert.ok(largestSide(faults, atMs) >= 2, `seed ${seed} at ${atMs}`);
    }
  });

  it('takes all at once when nothing forbids it', () => {
    const faults = plan('1', 'unlimited');
    assert.ok(faults.some((fault) => fault.kind === 'power' && fault.machines.length === 3));
    assert.ok(faults.some(({ atMs }) => largestSide(faults, atMs) < 2));
  });
});
