import assert from 'node:assert/strict';
import { EXPLANATIONS } from '../../src/cli/explanations/explanations.js';
import { CODES } from '../../src/config/error.js';
import { bin, type Ran, run } from './run.js';

describe('hfs_config explain', () => {
  /** There is no daemon, and not even a place for one. */
  const explain = (...words: readonly string[]): Promise<Ran> =>
    run(bin('hfs_config'), ['--state-dir', `/nowhere/${'x'.repeat(200)}`, 'explain', ...words]);

  it('says what a code means, what causes it and what to do', async () => {
    for (const given of ['HFS-2001', 'hfs-2001', '2001']) {
      const { code, stdout, stderr } = await explain(given);
      assert.deepEqual([code, stderr], [0, ''], given);
      const text = stdout.toString();
      assert.match(text, /^HFS-2001 no quorum/);
      assert.match(
        text,
        /\nusual causes\n {2}- .*\nwhat to do\n {2}1\. .*exit code 6, HTTP status 503\n$/s,
      );
      assert.ok(
        text.split('\n').every((line) => line.length <= 80),
        'it fits a terminal',
      );
    }
  });

  it('lists all codes, for programs too', async () => {
    const lines = (await explain()).stdout.toString().trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.split('  ')[0]),
      Object.keys(CODES),
    );
    const all = JSON.parse((await explain('--json')).stdout.toString()) as { code: string }[];
    assert.deepEqual(
      all.map(({ code }) => code),
      Object.keys(CODES),
    );
    const one = JSON.parse((await explain('1004', '--json')).stdout.toString()) as object;
    assert.deepEqual(one, { code: 'HFS-1004', ...CODES['HFS-1004'], ...EXPLANATIONS['HFS-1004'] });
  });

  it('knows what may have been meant', async () => {
    const { code, stderr } = await explain('HFS-1040');
    assert.equal(code, 3);
    assert.match(stderr, /^HFS-1010 there is no "HFS-1040": did you mean HFS-1004\b.*\nnext: /);
    assert.match((await explain('what')).stderr, /codes look like HFS-2001/);
  });

  it('has words for every code', () => {
    for (const [code, { means, causes, todo }] of Object.entries(EXPLANATIONS)) {
      assert.match(means, /\.$/, `${code} is explained in sentences`);
      assert.ok(causes.length > 0 && todo.length > 0, code);
      for (const line of [...causes, ...todo]) assert.match(line, /^\S.*[^.\s]$/, code);
    }
  });
});
