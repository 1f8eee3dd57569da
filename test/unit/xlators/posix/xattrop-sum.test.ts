import assert from 'node:assert/strict';
import { xattropOutcome } from '../../../../src/xlators/storage/posix/xattrop-sum.js';

type Row = [
  what: string,
  op: number,
  old: string | undefined,
  delta: string,
  expected: string | { store: string | undefined; reply: string | undefined },
];

const both = (hex: string) => ({ store: hex, reply: hex });

const ROWS: Row[] = [
  ['adds to nothing', 0, undefined, '00000001', both('00000001')],
  ['adds to what is there', 0, '00000002', '00000003', both('00000005')],
  ['wraps around', 0, '00000001', 'ffffffff', both('00000000')],
  ['adds each element', 0, '0000000100000002', '0000000100000001', both('0000000200000003')],
  ['extends a short value', 0, '00000001', '0000000000000005', both('0000000100000005')],
  ['refuses a long value', 0, '0000000000000001', '00000001', 'ERANGE'],
  [
    'only reads with nothing but zeros',
    0,
    undefined,
    '00000000',
    { store: undefined, reply: '00000000' },
  ],
  ['reads what is there', 0, '00000007', '00000000', { store: undefined, reply: '00000007' }],
  ['refuses half an element', 0, undefined, '0000', 'EINVAL'],
  ['refuses nothing', 0, undefined, '', 'EINVAL'],
  ['adds 64 bits', 1, '00000000ffffffff', '0000000000000001', both('0000000100000000')],
  ['refuses half of 64 bits', 1, undefined, '00000001', 'EINVAL'],
  ['knows no OR', 2, '00', '00', 'EINVAL'],
  ['knows no AND', 3, '00', '00', 'EINVAL'],
  ['swaps', 4, 'aabb', 'ccdd', { store: 'ccdd', reply: 'aabb' }],
  ['swaps for nothing shorter', 4, 'aabb', 'cc', 'ERANGE'],
  ['swaps with nothing', 4, undefined, 'cc', { store: 'cc', reply: undefined }],
  ['begins with a default', 5, undefined, '0000000100000010', both('00000011')],
  ['needs no default', 5, '00000001', '0000000100000010', both('00000002')],
  ['begins zeros with a default', 5, '00000000', '0000000100000010', both('00000011')],
  ['refuses a lonely delta', 5, undefined, '00000001', 'EINVAL'],
  [
    'begins 64 bits with a default',
    6,
    undefined,
    '00000000000000010000000000000010',
    both('0000000000000011'),
  ],
  ['knows no op 7', 7, undefined, '00000001', 'EINVAL'],
];

describe('posix: xattrop', () => {
  for (const [what, op, old, delta, expected] of ROWS)
    it(what, () => {
      const before = old === undefined ? undefined : Buffer.from(old, 'hex');
      const outcome = xattropOutcome(op, before, Buffer.from(delta, 'hex'));
      const seen =
        typeof outcome === 'string'
          ? outcome
          : { store: outcome.store?.toString('hex'), reply: outcome.reply?.toString('hex') };
      assert.deepEqual(seen, expected);
    });
});
