import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import { weakChecksum } from '../../../../src/xlators/storage/posix/checksum.js';
import { indexAfter, orderEntries } from '../../../../src/xlators/storage/posix/directory-order.js';
import {
  gfid2pathKey,
  gfid2pathValue,
  type Hash64,
  parseGfid2path,
} from '../../../../src/xlators/storage/posix/gfid2path.js';
import {
  directoryTarget,
  handlePath,
  parseDirectoryTarget,
} from '../../../../src/xlators/storage/posix/handle-path.js';
import { hash64 } from '../../../../src/xlators/storage/posix/hash64.js';
import {
  decodeMdata,
  encodeMdata,
  laterTimes,
} from '../../../../src/xlators/storage/posix/mdata.js';

const PARENT = '8019e9c8-9d39-46c5-afe4-71c80aa65e0a';

describe('posix: handles', () => {
  const gfid = '7c78dde4-0000-4000-8000-000000000000';

  it('lie below the first two bytes of the gfid', () => {
    assert.equal(handlePath(gfid), `.glusterfs/7c/78/${gfid}`);
    assert.equal(handlePath(ROOT_GFID), `.glusterfs/00/00/${ROOT_GFID}`);
  });

  it('of directories point to the name in the parent', () => {
    const target = directoryTarget(PARENT, 'sub');
    assert.equal(target, `../../80/19/${PARENT}/sub`);
    assert.deepEqual(parseDirectoryTarget(target), { pargfid: PARENT, bname: 'sub' });
  });

  const others: [what: string, target: string][] = [
    ["the root's", '../../..'],
    ['nothing', ''],
    ['an absolute one', `/80/19/${PARENT}/sub`],
    ['another first byte', `../../81/19/${PARENT}/sub`],
    ['no name', `../../80/19/${PARENT}/`],
    ['no parent', '../../80/19/sub'],
    ['two names', `../../80/19/${PARENT}/sub/sub`],
    ['a dot-dot', `../../80/19/${PARENT}/..`],
    ['upper case', `../../80/19/${PARENT.toUpperCase()}/sub`],
    ['a NUL', `../../80/19/${PARENT}/s\0b`],
  ];
  for (const [what, target] of others)
    it(`are not read from ${what}`, () => {
      assert.equal(parseDirectoryTarget(target), undefined);
    });
});

describe('posix: gfid2path', () => {
  it('is keyed by the hash of its value, as GlusterFS has it', () => {
    const value = gfid2pathValue(PARENT, 'file');
    assert.equal(value.toString(), `${PARENT}/file`);
    assert.equal(gfid2pathKey(hash64, value), 'trusted.gfid2path.08e5abdefc822a72');
  });

  it('is read back, whatever the name', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (bytes) => {
        const bname = Buffer.from(bytes).toString('latin1');
        const isName = !/[/\0]/.test(bname) && bname !== '.' && bname !== '..';
        const expected = isName ? { pargfid: PARENT, bname } : undefined;
        assert.deepEqual(parseGfid2path(gfid2pathValue(PARENT, bname)), expected);
      }),
    );
    assert.equal(parseGfid2path(Buffer.from(`${PARENT}file`)), undefined);
    assert.equal(parseGfid2path(Buffer.alloc(0)), undefined);
  });
});

describe('posix: mdata', () => {
  // Seen on a brick of GlusterFS 10.3.
  const hex =
    '01' +
    '0000000000000000' +
    '000000006b0020500000000026628550' +
    '000000006b00205000000000261f5fb9' +
    '000000006b00205000000000260eedfe';
  const times = {
    ctime: 0x6b002050,
    ctimeNsec: 0x26628550,
    mtime: 0x6b002050,
    mtimeNsec: 0x261f5fb9,
    atime: 0x6b002050,
    atimeNsec: 0x260eedfe,
  };

  it('is read and written as GlusterFS does', () => {
    assert.deepEqual(decodeMdata(Buffer.from(hex, 'hex')), times);
    assert.equal(encodeMdata(times).toString('hex'), hex);
  });

  it('of another size, version or with impossible times is not read', () => {
    const bytes = Buffer.from(hex, 'hex');
    for (let size = 0; size < bytes.length; size++)
      assert.equal(decodeMdata(bytes.subarray(0, size)), undefined);
    assert.equal(decodeMdata(Buffer.concat([bytes, Buffer.alloc(1)])), undefined);
    assert.equal(decodeMdata(Buffer.from(`02${hex.slice(2)}`, 'hex')), undefined);
    assert.equal(decodeMdata(Buffer.from(`01${'ff'.repeat(56)}`, 'hex')), undefined);
  });

  it('takes the later of each of the three times', () => {
    const other = { ...times, mtime: times.mtime + 1, mtimeNsec: 0, atimeNsec: 0 };
    const both = { ...times, mtime: other.mtime, mtimeNsec: 0 };
    assert.deepEqual(laterTimes(times, other), both);
    assert.deepEqual(laterTimes(other, times), both);
  });
});

describe('posix: order of a directory', () => {
  const entry = (name: string) => ({ name, ino: 5n, type: 8 });
  const inos = { dot: 1n, dotDot: 2n };
  const byLength: Hash64 = (bytes) => BigInt(bytes.length);

  it('has cookies that grow, also where hashes collide', () => {
    const ordered = orderEntries(byLength, ['b', 'a', 'cc', 'd'].map(entry), inos);
    assert.deepEqual(
      ordered.map(({ name, cookie }) => `${name} ${cookie}`),
      ['. 1', '.. 2', 'a 4', 'b 5', 'd 6', 'cc 7'],
    );
  });

  it('continues after a cookie, whether its name is there or not', () => {
    const ordered = orderEntries(byLength, ['a', 'bbb', 'ccccc'].map(entry), inos);
    const cases: [cookie: bigint, next: number][] = [
      [0n, 0],
      [1n, 1],
      [2n, 2],
      [3n, 2],
      [4n, 3],
      [5n, 3],
      [6n, 4],
      [8n, 5],
      [1n << 60n, 5],
    ];
    for (const [cookie, next] of cases)
      assert.equal(indexAfter(ordered, cookie), next, `${cookie}`);
  });
});

describe('posix: weak checksum', () => {
  it('is Adler-32 that begins with nothing', () => {
    const cases: [data: Buffer, sum: number][] = [
      [Buffer.alloc(0), 0],
      [Buffer.from('a'), 97 * 65_537],
      [Buffer.from('abc'), 294 + 586 * 65_536],
      [Buffer.alloc(100_000), 0],
    ];
    for (const [data, sum] of cases) assert.equal(weakChecksum(data), sum);
  });

  it('does not overflow', () => {
    const data = Buffer.alloc(131_072, 255);
    let [a, b] = [0n, 0n];
    for (const byte of data) {
      a = (a + BigInt(byte)) % 65_521n;
      b = (b + a) % 65_521n;
    }
    assert.equal(BigInt(weakChecksum(data)), b * 65_536n + a);
  });
});
