import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../src/config/log/bytes.js';
import {
  decodeEntry,
  type Entry,
  encodeEntry,
  entryLength,
  isWhole,
} from '../../../src/config/log/entry.js';
import {
  type CommitRecord,
  NO_HASH,
  openRecord,
  previousHash,
  recordHash,
  sealRecord,
} from '../../../src/config/log/record.js';

const NODE = '11111111-2222-4333-8444-555555555555';
const VOTER = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';

const RECORD: CommitRecord = {
  revision: 7,
  previous: NO_HASH,
  timeMs: 1_700_000_000_123,
  requestId: 'req-1',
  author: NODE,
  changes: [
    { type: 'put', key: 'site/name', value: Buffer.from([0, 255, 10]) },
    { type: 'delete', key: 'old' },
    { type: 'token', json: '{"hash":"h"}' },
  ],
};

const RECORD_HEX = [
  '01 0000000000000007',
  '00'.repeat(32),
  '0000018bcfe5687b',
  '0005 7265712d31',
  '0024 31313131313131312d323232322d343333332d383434342d353535353535353535353535',
  '00000003',
  '01 0000000e 0009 736974652f6e616d65 00ff0a',
  '02 00000005 0003 6f6c64',
  '05 0000000c 7b2268617368223a2268227d',
]
  .join('')
  .replaceAll(' ', '');

describe('config log: record format, version 1', () => {
  it('is these bytes for ever', () => {
    assert.equal(sealRecord(RECORD).bytes.toString('hex'), RECORD_HEX);
    assert.deepEqual(openRecord(Buffer.from(RECORD_HEX, 'hex')).record, RECORD);
  });

  it('shows the hash of the record before without being read whole', () => {
    const sealed = sealRecord({ ...RECORD, previous: recordHash(Buffer.from('x')) });
    assert.deepEqual(previousHash(sealed.bytes), recordHash(Buffer.from('x')));
    assert.deepEqual(sealed.hash, recordHash(sealed.bytes));
  });

  it('refuses every prefix of itself, and anything behind it', () => {
    const { bytes } = sealRecord(RECORD);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(
        () => openRecord(bytes.subarray(0, length)),
        FormatError,
        `prefix of ${length}`,
      );
    assert.throws(() => openRecord(Buffer.concat([bytes, Buffer.of(0)])), FormatError);
  });

  it('stops at a version or a change that a newer release wrote', () => {
    const newer = Buffer.from(RECORD_HEX, 'hex');
    newer[0] = 2;
    assert.throws(() => openRecord(newer), /version 2/);
    const type = Buffer.from(RECORD_HEX.replace('010000000e', '630000000e'), 'hex');
    assert.throws(() => openRecord(type), /type 99.*newer release/);
  });

  it('throws nothing but FormatErrors for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          openRecord(Buffer.from([1, ...noise]));
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      }),
    );
  });
});

const ENTRIES: readonly { readonly name: string; readonly entry: Entry; readonly hex: string }[] = [
  {
    name: 'promise',
    entry: {
      epoch: { counter: 3, owner: NODE },
      prefixLength: 258,
      prefixHash: Buffer.alloc(16, 0xab),
      commit: { revision: 6, hash: Buffer.alloc(32, 0xcd) },
      lengths: [{ voter: VOTER, length: 99 }],
      body: { kind: 'promise' },
    },
    hex: [
      '484b4653 00000086 01 01 0000',
      '0000000000000003 11111111222243338444555555555555',
      '0000000000000102',
      'ab'.repeat(16),
      '0000000000000006',
      'cd'.repeat(32),
      '0001 aaaaaaaabbbb4ccc8dddeeeeeeeeeeee 0000000000000063',
      '00000000',
    ].join(''),
  },
  {
    name: 'accept of two records',
    entry: {
      epoch: { counter: 3, owner: NODE },
      prefixLength: 0,
      prefixHash: Buffer.alloc(16),
      commit: { revision: 0, hash: NO_HASH },
      lengths: [],
      body: {
        kind: 'accept',
        first: 7,
        records: [Buffer.from('ab', 'hex'), Buffer.from('cdef', 'hex')],
      },
    },
    hex: [
      '484b4653 00000085 01 02 0000',
      '0000000000000003 11111111222243338444555555555555',
      '0000000000000000',
      '00'.repeat(16),
      '0000000000000000',
      '00'.repeat(32),
      '0000',
      '00000017 0000000000000007 00000002 00000001 ab 00000002 cdef',
    ].join(''),
  },
  {
    name: 'header',
    entry: {
      epoch: { counter: 0, owner: NODE },
      prefixLength: 0,
      prefixHash: Buffer.alloc(16),
      commit: { revision: 0, hash: NO_HASH },
      lengths: [],
      body: { kind: 'header', header: { cluster: 'c', voter: 'v', brick: 2 } },
    },
    hex: [
      '484b4653 00000093 01 00 0000',
      '0000000000000000 11111111222243338444555555555555',
      '0000000000000000',
      '00'.repeat(16),
      '0000000000000000',
      '00'.repeat(32),
      '0000',
      `00000025 ${Buffer.from('{"cluster":"c","voter":"v","brick":2}').toString('hex')}`,
    ].join(''),
  },
];

describe('config log: entry format, version 1', () => {
  for (const { name, entry, hex } of ENTRIES) {
    const bytes = encodeEntry(entry);

    it(`${name}: is these bytes for ever, and a CRC-32`, () => {
      assert.equal(bytes.subarray(0, -4).toString('hex'), hex.replaceAll(' ', ''));
      assert.equal(entryLength(bytes, 0), bytes.length);
      assert.ok(isWhole(bytes, 0, bytes.length));
      assert.deepEqual(decodeEntry(bytes, 0, bytes.length), entry);
    });

    it(`${name}: is not whole as any prefix, nor with any byte changed`, () => {
      for (let length = 0; length < bytes.length; length++)
        assert.ok(!isWhole(bytes.subarray(0, length), 0, bytes.length));
      for (let at = 8; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 0x10;
        assert.ok(!isWhole(changed, 0, bytes.length), `byte ${at}`);
      }
    });
  }

  it('does not begin where the magic or the length cannot be', () => {
    const bytes = encodeEntry(ENTRIES[0]?.entry as Entry);
    for (const [what, at, value] of [
      ['magic', 0, 0],
      ['length too small', 7, 1],
      ['length too large', 4, 0xff],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      assert.equal(entryLength(changed, 0), undefined, what);
    }
  });
});
