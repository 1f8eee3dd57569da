import assert from 'node:assert/strict';
import { direct } from '../../../../src/xlators/cluster/replicate/heal/direction.js';
import { marksAfter } from '../../../../src/xlators/cluster/replicate/heal/mark-changes.js';
import { NO_MARKS } from '../../../../src/xlators/cluster/replicate/pending.js';
import { copiesThatSay, says } from './heal-marks.js';

/*
 * One line per matrix of marks: what brick 0, brick 1, … say ('1' accuses subvolume 1, 'd' says dirty, '-' nobody, undefined is away),
 * then who is right.
 */
type Row = readonly [what: string, said: readonly (string | undefined)[], sources: string];

const ROWS: readonly Row[] = [
  ['nobody accuses anybody', ['-', '-', '-'], '0 1 2'],
  ['one missed a change', ['1', '-', '1'], '0 2'],
  ['a brick that missed a change while it was the only one to tell', ['-', '0'], '1'],
  ['both changed while apart', ['1', '0'], ''],
  ['a half made copy is no source, and nobody accuses it', ['-', '1'], '0'],
  ['a half made copy accuses nobody', ['-', '01'], '0'],
  ['both half made', ['0', '1'], ''],
  ['pairwise: two of three, one behind', ['1', '-', undefined], '0'],
  ['pairwise: both accuse each other, the third may accuse either', ['1', '0', undefined], ''],
  ['in a circle, all there: less than a majority accuses each', ['1', '2', '0'], '0 1 2'],
  ['in a circle of two against one', ['1', '0', '01'], '2'],
  ['dirty accuses nobody', ['d', '-'], '0 1'],
];

describe('which copies are right', () => {
  for (const [what, said, sources] of ROWS)
    it(what, () => {
      const found = direct(copiesThatSay(said, 'data'), 'data', said.length);
      assert.equal(found.sources.join(' '), sources);
      const all = [...found.sources, ...found.sinks].sort();
      assert.deepEqual(
        all,
        [...said.keys()].filter((child) => said[child] !== undefined),
      );
    });

  it('believes no minority about names: they are merged instead', () => {
    assert.deepEqual(direct(copiesThatSay(['1', '2', '0'], 'entry'), 'entry', 3).sources, []);
  });

  it('tells who is dirty, and whether there is anything to do', () => {
    assert.deepEqual(direct(copiesThatSay(['d', '-'], 'data'), 'data', 2).dirty, [0]);
    assert.equal(direct(copiesThatSay(['-', '-'], 'data'), 'data', 2).isMarked, false);
    assert.equal(direct(copiesThatSay(['1', '-'], 'metadata'), 'data', 2).isMarked, false);
  });
});

describe('marks after a heal', () => {
  const healed = (said: readonly (string | undefined)[], equal: number[], failed: number[] = []) =>
    marksAfter({
      testimonies: new Map(
        said.flatMap((words, child) =>
          words === undefined ? [] : [[child, says(words, 'data', said.length)]],
        ),
      ),
      equal,
      failed,
      kinds: ['data'],
      count: said.length,
    }).map(({ child, about, dirty }) => [child, about.map(({ data }) => data), dirty.data]);

  it('takes off what was read, and nothing else', () => {
    assert.deepEqual(healed(['1d', '1d'], [0, 1]), [
      [0, [0, -1], -1],
      [1, [0, -1], -1],
    ]);
  });

  it('keeps what a brick that is away is owed, and has the healed one know it too', () => {
    assert.deepEqual(healed(['12', '1', undefined], [0, 1]), [
      [0, [0, -1, 0], 0],
      [1, [0, -1, 1], 0],
    ]);
  });

  it('accuses a copy that could not be healed', () => {
    assert.deepEqual(healed(['-', '-', 'd'], [0, 2], [1]), [
      [0, [0, 1, 0], 0],
      [2, [0, 1, 0], -1],
    ]);
  });

  it('leaves marks of other kinds alone', () => {
    const testimonies = new Map([[0, says('1', 'metadata', 2)]]);
    const [change] = marksAfter({
      testimonies,
      equal: [0, 1],
      failed: [],
      kinds: ['data'],
      count: 2,
    });
    assert.deepEqual(change?.about, [NO_MARKS, NO_MARKS]);
  });
});
