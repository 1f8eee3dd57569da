import assert from 'node:assert/strict';
import { FOP_NAMES } from '../../src/fop/fops.js';
import { DIFFERENCES } from './fop-differences.js';
import { FOP_SCRIPT } from './fop-script.js';
import { FopTranscript } from './fop-transcript.js';
import { optionsChapter, SET_OPTIONS } from './script-options.js';
import { needInterop } from './stock-client.js';
import { startTwins, type TwinBricks } from './twin-bricks.js';

/** Those of other translators, those that crash a 10.3 brick, and the one that it does not know. */
const NOT_ASKED = [
  ...['inodelk', 'finodelk', 'entrylk', 'fentrylk', 'lk', 'lease', 'getactivelk'],
  ...['setactivelk', 'namelink', 'put'],
];

describe('every fop, asked of stock glusterfsd and of our brick', function () {
  this.timeout(60_000);
  let twins: TwinBricks | undefined;
  const asked = new Set<string>();
  before(async function () {
    needInterop(this, 'glusterfsd');
    twins = await startTwins({});
  });
  after(() => twins?.close());

  for (const [name, chapter] of Object.entries(FOP_SCRIPT)) {
    it(name, async () => {
      assert.ok(twins);
      const [ours, stock] = [new FopTranscript(twins.ours), new FopTranscript(twins.stock)];
      await chapter(ours);
      await chapter(stock);
      const labels = [...new Set([...stock.lines.keys(), ...ours.lines.keys()])];
      for (const label of labels) asked.add(label);
      const isDifferent = (label: string) => ours.lines.get(label) !== stock.lines.get(label);
      const told = (label: string) =>
        `${label}\n  stock ${stock.lines.get(label)}\n  ours  ${ours.lines.get(label)}`;
      const unknown = labels.filter((label) => isDifferent(label) && !DIFFERENCES.has(label));
      assert.equal(unknown.map(told).join('\n'), '');
      const alike = labels.filter((label) => !isDifferent(label) && DIFFERENCES.has(label));
      assert.deepEqual(alike, [], 'these do not differ any more');
    });
  }

  it('and that were all', () => {
    const fops = new Set([...asked].map((label) => label.slice(0, label.indexOf(':'))));
    const left = FOP_NAMES.filter((fop) => !fops.has(fop)).sort();
    assert.deepEqual(left, [...NOT_ASKED].sort());
    const stale = [...DIFFERENCES.keys()].filter((label) => !asked.has(label));
    assert.deepEqual(stale, [], 'these are asked no more');
  });
});

describe('options of storage/posix, on stock glusterfsd and on our brick', function () {
  this.timeout(60_000);
  let twins: TwinBricks | undefined;
  before(async function () {
    needInterop(this, 'glusterfsd');
    twins = await startTwins(SET_OPTIONS);
  });
  after(() => twins?.close());

  it('do the same', async () => {
    assert.ok(twins);
    const [ours, stock] = [new FopTranscript(twins.ours), new FopTranscript(twins.stock)];
    await optionsChapter(ours);
    await optionsChapter(stock);
    assert.deepEqual(ours.lines, stock.lines);
  });
});

describe('checksums with fips-mode-rchecksum, on stock glusterfsd and on our brick', function () {
  this.timeout(60_000);
  let twins: TwinBricks | undefined;
  before(async function () {
    needInterop(this, 'glusterfsd');
    twins = await startTwins({ 'fips-mode-rchecksum': 'on' });
  });
  after(() => twins?.close());

  it('are the same', async () => {
    assert.ok(twins);
    const sums = async (brick: TwinBricks['ours']) => {
      const transcript = new FopTranscript(brick);
      await FOP_SCRIPT['holes and checksums']?.(transcript);
      return [...transcript.lines].filter(([label]) => label.startsWith('rchecksum'));
    };
    const [ours, stock] = [await sums(twins.ours), await sums(twins.stock)];
    assert.ok(stock.length > 4);
    assert.deepEqual(ours, stock);
  });
});
