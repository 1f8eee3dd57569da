import assert from 'node:assert/strict';
import { type FenceInput, fenceVerdict } from '../../../src/daemon/fence-verdict.js';
import { Sightings } from '../../../src/daemon/sightings.js';
import { ManualClock } from '../../contract/platforms.js';

const HERE = 'here:1';
const THERE = 'there:1';
const DOUBLE = { kind: 'double', address: THERE, instance: 'other' } as const;
const SEEN_THERE = { node: 'n', instance: 'other', address: THERE, agoMs: 5 };

const ROWS: readonly (readonly [string, Partial<FenceInput>, boolean, string | null])[] = [
  ['alone, and the list reaches it', { reached: { kind: 'self' } }, false, null],
  ['alone, and nobody answers at the address', { listed: THERE }, false, null],
  ['the list reaches another one', { listed: THERE, reached: DOUBLE }, true, THERE],
  [
    'the list reaches this one, and members hear another',
    { reached: { kind: 'self' }, others: [SEEN_THERE] },
    false,
    THERE,
  ],
  [
    'nobody reaches anybody, and members hear another one where the list means it',
    { listed: THERE, others: [SEEN_THERE] },
    true,
    THERE,
  ],
  [
    'this one is where the list means it, and is too busy to answer itself',
    { others: [SEEN_THERE] },
    false,
    THERE,
  ],
  [
    'both are elsewhere: neither stops, and it is said',
    { listed: 'third:1', others: [SEEN_THERE] },
    false,
    THERE,
  ],
  [
    'members have heard this very process',
    { others: [{ ...SEEN_THERE, instance: 'mine', address: HERE }] },
    false,
    null,
  ],
];

describe('two processes with the id of one node', () => {
  for (const [what, change, isFenced, other] of ROWS)
    it(`${what}: this one ${isFenced ? 'stops' : 'goes on'}`, () => {
      const base = { instance: 'mine', address: HERE, listed: HERE, others: [] };
      const verdict = fenceVerdict({ ...base, reached: { kind: 'unknown' }, ...change });
      assert.deepEqual(verdict, { isFenced, other });
    });

  it('are two only when they are heard at the same time: a restart is none', () => {
    const clock = new ManualClock();
    const sightings = new Sightings(clock);
    const hear = (instance: string): void => {
      clock.advance(1000);
      sightings.note('n', instance, `${instance}:1`);
    };
    for (const instance of ['first', 'first', 'second', 'second']) hear(instance);
    assert.deepEqual(sightings.doubles('n'), []);
    hear('first');
    const doubles = sightings.doubles('n').map(({ instance }) => instance);
    assert.deepEqual(doubles.sort(), ['first', 'second']);
    assert.deepEqual(sightings.doubles('another'), []);
    clock.advance(60_000);
    assert.deepEqual(sightings.doubles(), []);
  });
});
