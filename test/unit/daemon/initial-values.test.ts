import assert from 'node:assert/strict';
import { keyFault, MAX_VALUE_BYTES } from '../../../src/config/key.js';
import { demoSample } from '../../../src/daemon/demo-sample.js';
import { initialJson, initialValues } from '../../../src/daemon/initial-values.js';

/** Key, bytes in hexadecimal. */
type Pairs = readonly (readonly [string, string])[];

const CASES: readonly (readonly [string, Pairs])[] = [
  ['{}', []],
  ['{"a":""}', [['a', '']]],
  ['{"a":"é"}', [['a', 'c3a9']]],
  [
    '{"a":{"b":"x","c":{"d":"y"}}}',
    [
      ['a/b', '78'],
      ['a/c/d', '79'],
    ],
  ],
  ['{"a":{"base64":"/wA="}}', [['a', 'ff00']]],
  ['{"a":{"base64":{"b":"x"}}}', [['a/base64/b', '78']]],
  [
    '{"a":{"base64":"x","b":"y"}}',
    [
      ['a/base64', '78'],
      ['a/b', '79'],
    ],
  ],
  ['{"__proto__":"x"}', [['__proto__', '78']]],
];

describe('initial values', () => {
  for (const [json, pairs] of CASES)
    it(`read ${json}`, () => {
      const values = initialValues(Buffer.from(json));
      assert.deepEqual(
        [...values].map(([key, value]) => [key, value.toString('hex')]),
        pairs,
      );
      assert.deepEqual(initialValues(Buffer.from(initialJson(values))), values);
    });

  it('refuse a value beyond the limit', () => {
    const json = JSON.stringify({ a: 'x'.repeat(MAX_VALUE_BYTES + 1) });
    assert.throws(() => initialValues(Buffer.from(json)), { code: 'HFS-1003' });
  });

  it('cannot write a value where a directory is', () => {
    const both = new Map([
      ['a', Buffer.from('')],
      ['a/b', Buffer.from('')],
    ]);
    assert.throws(() => initialJson(both), { code: 'HFS-1001' });
  });
});

describe('sample of the demo', () => {
  const sample = demoSample();

  it('is believable: many keys, one of 1 MiB, one that is no text, variables of many values', () => {
    assert.ok(sample.size >= 40, String(sample.size));
    for (const key of sample.keys()) assert.equal(keyFault(key), undefined, key);
    assert.ok([...sample.values()].some((value) => value.length === 1024 * 1024));
    assert.ok([...sample.values()].some((value) => !Buffer.from(value.toString()).equals(value)));
    assert.ok([...sample.keys()].filter((key) => key.startsWith('site/ntp/')).length > 1);
  });

  it('comes through init as it is', () => {
    assert.deepEqual(initialValues(Buffer.from(initialJson(sample))), sample);
  });
});
