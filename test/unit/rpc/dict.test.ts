import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readDict, writeDict } from '../../../src/rpc/dict.js';
import { RpcError } from '../../../src/rpc/error.js';
import { decodeFlatDict, encodeFlatDict } from '../../../src/rpc/flat-dict.js';
import { Reader, Writer } from '../../../src/rpc/xdr.js';
import { DICT } from './arbitraries.js';

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

describe('gfx_dict', () => {
  it('comes out as it went in', () => {
    const check = (dict: ReadonlyMap<string, never> | null): void => {
      const writer = new Writer();
      writeDict(writer, dict);
      const reader = new Reader(writer.finish());
      assert.deepStrictEqual(readDict(reader), dict);
      reader.done();
    };
    fc.assert(
      fc.property(DICT, (dict) => check(dict as never)),
      { seed: 4 },
    );
  });

  const HOSTILE: readonly (readonly [string, string])[] = [
    ['pairs that do not fit the size', '00000004 00000001 00000001 00000000'],
    ['more pairs than bytes', '00000010 7fffffff 7fffffff 00000000 00000000 00000000 00000000'],
    ['two counts', '00000010 00000001 00000002 00000002 61000000 00000006 00000000'],
    ['a size with nothing in it', '00000008 00000000 00000000'],
    ['a null dict of some size', '00000004 ffffffff 00000000 00000000'],
    ['a key without a NUL', '00000010 00000001 00000001 00000002 61610000 00000006 00000000'],
    ['an empty key', '00000010 00000001 00000001 00000001 00000000 00000006 00000000'],
    ['a NUL within a key', '00000010 00000001 00000001 00000003 61000000 00000006 00000000'],
    ['an unknown type', '00000010 00000001 00000001 00000002 61000000 0000000a 00000000'],
    ['a value beyond the record', '00000010 00000001 00000001 00000002 61000000 00000006 7fffffff'],
    [
      'a size that is not exact',
      '00000014 00000001 00000001 00000002 61000000 00000006 00000000 00000000',
    ],
  ];
  for (const [what, hex] of HOSTILE)
    it(`refuses ${what}`, () => {
      const reader = new Reader(bytesOf(hex));
      assert.throws(() => readDict(reader), RpcError);
    });

  it('takes text with or without the NUL that belongs to it', () => {
    for (const value of ['00000002 78000000', '00000001 78000000']) {
      const hex = `00000014 00000001 00000001 00000002 61000000 00000005 ${value}`;
      const dict = readDict(new Reader(bytesOf(hex)));
      assert.deepEqual(dict?.get('a'), { type: 'string', text: 'x' });
    }
  });
});

describe('flat dict', () => {
  const FIXTURES: readonly (readonly [string, ReadonlyMap<string, string>])[] = [
    ['00000000', new Map()],
    ['00000001 00000001 00000002 6100 3100', new Map([['a', '1']])],
    [
      '00000002 00000001 00000002 6100 3100 00000002 00000001 626300 00',
      new Map([
        ['a', '1'],
        ['bc', ''],
      ]),
    ],
  ];
  for (const [hex, dict] of FIXTURES)
    it(`${dict.size} pairs`, () => {
      assert.deepEqual(encodeFlatDict(dict), bytesOf(hex));
      assert.deepEqual(decodeFlatDict(bytesOf(hex)), dict);
    });

  it('no bytes are no pairs', () => assert.equal(decodeFlatDict(Buffer.alloc(0)).size, 0));

  it('a blob keeps its bytes', () => {
    const dict = decodeFlatDict(bytesOf('00000001 00000001 00000003 6100 00ff01'));
    assert.equal(dict.get('a'), '\x00\xff\x01');
  });

  it('refuses every part of one, and what is too long', () => {
    const whole = bytesOf(FIXTURES[2]?.[0] ?? '');
    for (let length = 1; length < whole.length; length += 1)
      assert.throws(() => decodeFlatDict(whole.subarray(0, length)), RpcError);
    assert.throws(() => decodeFlatDict(Buffer.concat([whole, Buffer.alloc(1)])), RpcError);
    assert.throws(() => decodeFlatDict(bytesOf('ffffffff 00000001 00000001 6100 00')), RpcError);
    assert.throws(() => decodeFlatDict(bytesOf('00000001 ffffffff ffffffff 6100 00')), RpcError);
  });
});
