import fc from 'fast-check';
import type { DictValue } from '../../../src/fop/dict.js';
import { Fd } from '../../../src/fop/fd.js';
import type { FopName, Reply, Request } from '../../../src/fop/fops.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import { FOP_TABLE } from '../../../src/rpc/fop-table.js';

/* Anything that the wire can carry, made from the table of fops. */

/** An object as a literal makes it. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const U32 = fc.integer({ min: 0, max: 0xffff_ffff });
const I32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const U64 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const I64 = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const BIG = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const BYTES = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const TEXT = BYTES.map((bytes) => bytes.toString('latin1'));
const KEY = fc.stringMatching(/^[a-z.-]{1,20}$/);

export const GFID: fc.Arbitrary<Gfid> = fc.oneof(
  fc.constantFrom(NULL_GFID, ROOT_GFID),
  fc.uuid({ version: [1, 4] }),
);

const IATT = plain({
  gfid: GFID,
  dev: U64,
  rdev: U32,
  size: U64,
  blocks: U64,
  blksize: U32,
  mode: U32,
  nlink: U32,
  uid: U32,
  gid: U32,
  atime: I64,
  atimeNsec: U32,
  mtime: I64,
  mtimeNsec: U32,
  ctime: I64,
  ctimeNsec: U32,
});

const MDATA = plain({
  atime: I64,
  atimeNsec: U32,
  mtime: I64,
  mtimeNsec: U32,
  ctime: I64,
  ctimeNsec: U32,
});

const VALUE: fc.Arbitrary<DictValue> = fc.oneof(
  plain({ type: fc.constant('untyped' as const), bytes: BYTES }),
  plain({
    type: fc.constant('int' as const),
    int: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  plain({ type: fc.constant('uint' as const), uint: BIG }),
  plain({ type: fc.constant('double' as const), double: fc.double({ noNaN: true }) }),
  plain({ type: fc.constant('string' as const), text: KEY }),
  plain({ type: fc.constant('bytes' as const), bytes: BYTES }),
  plain({ type: fc.constant('gfid' as const), gfid: GFID }),
  plain({ type: fc.constant('iatt' as const), iatt: IATT }),
  plain({ type: fc.constant('mdata' as const), times: MDATA }),
);

export const DICT = fc.option(
  fc.array(fc.tuple(KEY, VALUE), { maxLength: 4 }).map((pairs) => new Map(pairs)),
);

const FLOCK = plain({
  type: U32,
  whence: U32,
  start: BIG,
  len: BIG,
  pid: U32,
  lkOwner: TEXT,
});

const DIRENT = { ino: BIG, offset: BIG, type: U32, name: TEXT };

const OF_KIND: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  u32: U32,
  i32: I32,
  u64: U64,
  big: BIG,
  gfid: GFID,
  name: TEXT,
  text: TEXT,
  opaque: BYTES,
  dict: DICT,
  iatt: IATT,
  flock: FLOCK,
  lease: plain({
    cmd: U32,
    leaseType: U32,
    leaseId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
    leaseFlags: U32,
  }),
  statfs: plain({
    bsize: U64,
    frsize: U64,
    blocks: U64,
    bfree: U64,
    bavail: U64,
    files: U64,
    ffree: U64,
    favail: U64,
    fsid: BIG,
    flag: U64,
    namemax: U64,
  }),
  dirents: fc.array(plain(DIRENT), { maxLength: 4 }),
  'dirents-plus': fc.array(plain({ ...DIRENT, stat: IATT, dict: DICT }), { maxLength: 4 }),
  locks: fc.array(plain({ flock: FLOCK, client: TEXT, lkFlags: U32 }), { maxLength: 4 }),
  payload: BYTES,
  fd: fc.tuple(GFID, fc.integer({ min: 0, max: 100_000 })).map(([gfid]) => new Fd(gfid, 0)),
  'open-flags': fc.constantFrom(0, 0o2, 0o101, 0o12001, 0o200000),
  'optional-text': fc.option(TEXT, { nil: undefined }),
  ret: fc.integer({ min: 0, max: 0x7fff_ffff }),
  eof: fc.boolean(),
};

function recordOf(fields: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of fields) {
    const [name = '', kind = ''] = field.split(':');
    const arbitrary = OF_KIND[kind];
    if (arbitrary !== undefined && name !== 'new-fd') model[name] = arbitrary;
  }
  return plain(model);
}

/** A request of the fop, without the Fd that its server makes. */
export function requestOf<F extends FopName>(fop: F): fc.Arbitrary<Request<F>> {
  return recordOf(FOP_TABLE[fop].request) as unknown as fc.Arbitrary<Request<F>>;
}

export function replyOf<F extends FopName>(fop: F): fc.Arbitrary<Reply<F>> {
  return recordOf(FOP_TABLE[fop].reply) as unknown as fc.Arbitrary<Reply<F>>;
}
