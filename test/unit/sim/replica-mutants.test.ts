import assert from 'node:assert/strict';
import { REPLICA_BUGS } from '../../sim/replica-bugs.js';
import { catchBug } from '../../sim/replica-mutants.js';

/** Those that show soon; `npm run sim -- --mutants` plants all of them. */
const SOON = [
  'nothing is marked as under way',
  'nobody is blamed for missing attributes',
  'a write leaves a child out',
  'bytes are not synced before the mark goes',
  'the lock of a name is given back before the marks',
  'a heal sees no marks',
];

describe('sim defects planted in replicate', () => {
  it('are more than twenty, each under a name of its own', () => {
    assert.ok(new Set(REPLICA_BUGS.map(({ name }) => name)).size > 20);
  });

  for (const name of SOON)
    it(`${name}: a case shows it`, async () => {
      const bug = REPLICA_BUGS.find((each) => each.name === name);
      assert.ok(bug);
      const { cases } = await catchBug(bug, 10);
      assert.ok(cases !== undefined, 'none of 10 cases has found it');
    });
}).timeout(60_000);
