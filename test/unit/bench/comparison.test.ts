import assert from 'node:assert/strict';
import { parseVolfile } from '../../../src/graph/volfile.js';
import { brickVolfile, clientVolfile } from '../../bench/brick/brick-volfile.js';
import { type Comparison, comparisonText, ratioOf } from '../../bench/brick/comparison.js';

const LOOKUP: Comparison = {
  what: 'lookup, depth 1',
  unit: '/s',
  samples: { hekafs: [130, 300, 90], glusterfsd: [100, 150, 100] },
};

describe('bricks side by side', () => {
  it('are compared round by round, since the machine is not the same in the next', () =>
    assert.deepEqual(ratioOf(LOOKUP), { median: 1.3, least: 0.9, most: 2 }));

  it('show both figures, the ratio and how far the rounds lie apart', () =>
    assert.match(
      comparisonText([LOOKUP]),
      /^lookup, depth 1 +130\/s +100\/s +1\.30 +0\.90–2\.00$/m,
    ));

  it('have no ratio where one was not measured', () =>
    assert.equal(ratioOf({ ...LOOKUP, samples: { hekafs: [1], glusterfsd: [] } }), undefined));

  it('run the same volfile, storage/posix at the bottom and protocol/server on top', () => {
    const types = parseVolfile(brickVolfile('/srv/brick', 49152)).map(({ type }) => type);
    assert.equal(types[0], 'storage/posix');
    assert.equal(types.at(-1), 'protocol/server');
    assert.equal(parseVolfile(clientVolfile(49152))[0]?.type, 'protocol/client');
  });
});
