import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const MODULE = new URL('../../../src/platform/node/young-generation.js', import.meta.url);
const MB = 1024 * 1024;

/** A process whose objects outlive several collections; prints how large its young generation was in the end. */
const PROGRAM = `
  const { getHeapSpaceStatistics } = await import('node:v8');
  const { boundYoungGeneration } = await import(${JSON.stringify(MODULE.href)});
  boundYoungGeneration(Number(process.argv[1]));
  const kept = [];
  for (let turn = 0; turn < 400; turn++) {
    for (let count = 0; count < 4000; count++) kept.push({ turn, count });
    if (kept.length > 100_000) kept.splice(0, 50_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(getHeapSpaceStatistics().find((each) => each.space_name === 'new_space').space_size);
`;

function youngBytes(maxBytes: number): number {
  const words = ['--input-type=module', '-e', PROGRAM, String(maxBytes)];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return Number(stdout);
}

describe('the young generation of the heap', () => {
  it('grows while what is under way outlives it, up to its bound', () => {
    const [fixed, bounded] = [youngBytes(1), youngBytes(8 * MB)];
    assert.ok(bounded >= 2 * fixed && bounded <= 16 * MB, `${fixed} and ${bounded} bytes`);
  });
});
