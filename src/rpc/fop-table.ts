import type { FopName, Reply, Request } from '../fop/fops.js';

/*
 * THE FOPS ON THE WIRE: number, fields of the request and of the reply, each in the order of the wire (wire
 * reference, section 9). A field is `name:kind`, name being that of fops.ts. codec.ts compiles this table;
 * a field's kind says how it is read and written there.
 *
 * Before a reply's fields come op_ret and op_errno. What those say beside success is a field here too, of kind `ret…`
 * or `eof`, and takes no bytes of its own.
 */

/** Kinds that stand for bytes, in requests and replies. */
export type FieldKind =
  | 'u32'
  | 'i32'
  /** 64 bits as a Number. */
  | 'u64'
  /** 64 bits as a bigint. */
  | 'big'
  | 'gfid'
  /** One component of a path. */
  | 'name'
  /** Any other byte string. */
  | 'text'
  | 'opaque'
  | 'dict'
  | 'iatt'
  | 'flock'
  | 'lease'
  | 'statfs'
  | 'dirents'
  | 'dirents-plus'
  | 'locks'
  /** The length of the payload, as u32. */
  | 'length'
  /** The rest of the record. */
  | 'payload';

export type RequestKind =
  | FieldKind
  /** The gfid beside an fd. */
  | 'fd-gfid'
  /** An fd's number on this connection. */
  | 'fd'
  /** No bytes: the Fd that the server makes for an open file, directory or new file. */
  | 'fd-file'
  | 'fd-directory'
  | 'fd-created'
  /** `open(2)` flags as far as the wire has them. */
  | 'open-flags'
  /** Whether the optional text that follows is there, as u32 or u64. */
  | 'flag32'
  | 'flag64'
  | 'optional-text';

export type ReplyKind =
  | FieldKind
  /** op_ret is this number, or the length of these bytes, or the count of these elements. */
  | 'ret'
  | 'ret-length'
  /** op_ret is the length of all values of this dict together. */
  | 'ret-bytes'
  /** op_errno is 2 where this is true. */
  | 'eof';

type RequestField<F extends FopName> = `${keyof Request<F> & string}:${RequestKind}` | 'flags:zero';
type ReplyField<F extends FopName> =
  | `${keyof Reply<F> & string}:${ReplyKind}`
  /** The number that the server gave to the file it opened. */
  | 'new-fd:fd'
  /** Attributes that the wire has room for and nobody looks at: written as zeros. */
  | 'unused:no-iatt';

export type FopTable = {
  readonly [F in FopName]: {
    readonly number: number;
    readonly request: readonly RequestField<F>[];
    readonly reply: readonly ReplyField<F>[];
  };
};

const XDATA = ['xdata:dict'] as const;
const FD = ['fd:fd-gfid', 'fd:fd'] as const;
const STAT = ['xdata:dict', 'stat:iatt'] as const;
const PRE_POST = ['xdata:dict', 'prebuf:iatt', 'postbuf:iatt'] as const;
const PARENTS = ['xdata:dict', 'preparent:iatt', 'postparent:iatt'] as const;
const ENTRY = ['xdata:dict', 'stat:iatt', 'preparent:iatt', 'postparent:iatt'] as const;
const DICT = ['xdata:dict', 'dict:dict', 'prestat:iatt', 'poststat:iatt'] as const;
const GETXATTR = [
  'dict:ret-bytes',
  'xdata:dict',
  'dict:dict',
  'unused:no-iatt',
  'unused:no-iatt',
] as const;
const SETATTR = ['stbuf:iatt', 'valid:i32', 'xdata:dict'] as const;
const SETXATTR = ['flags:u32', 'dict:dict', 'xdata:dict'] as const;
const INODE_LOCK = ['cmd:u32', 'type:u32', 'flock:flock', 'volume:text', 'xdata:dict'] as const;
const ENTRY_LOCK = [
  'cmd:u32',
  'type:u32',
  'name:flag64',
  'name:optional-text',
  'volume:text',
  'xdata:dict',
] as const;
const ONE_XATTR = ['name:flag32', 'name:optional-text', 'xdata:dict'] as const;
const RANGE = ['offset:u64', 'size:u64', 'xdata:dict'] as const;

export const FOP_TABLE: FopTable = {
  stat: { number: 1, request: ['gfid:gfid', ...XDATA], reply: STAT },
  readlink: {
    number: 2,
    request: ['gfid:gfid', 'size:u32', 'xdata:dict'],
    reply: ['path:ret-length', 'xdata:dict', 'stat:iatt', 'path:text'],
  },
  mknod: {
    number: 3,
    request: ['pargfid:gfid', 'dev:u64', 'mode:u32', 'umask:u32', 'bname:name', 'xdata:dict'],
    reply: ENTRY,
  },
  mkdir: {
    number: 4,
    request: ['pargfid:gfid', 'mode:u32', 'umask:u32', 'bname:name', 'xdata:dict'],
    reply: ENTRY,
  },
  unlink: {
    number: 5,
    request: ['pargfid:gfid', 'bname:name', 'xflags:u32', 'xdata:dict'],
    reply: PARENTS,
  },
  rmdir: {
    number: 6,
    request: ['pargfid:gfid', 'xflags:i32', 'bname:name', 'xdata:dict'],
    reply: PARENTS,
  },
  symlink: {
    number: 7,
    request: ['pargfid:gfid', 'bname:name', 'umask:u32', 'linkname:text', 'xdata:dict'],
    reply: ENTRY,
  },
  rename: {
    number: 8,
    request: ['oldpargfid:gfid', 'newpargfid:gfid', 'oldbname:name', 'newbname:name', 'xdata:dict'],
    reply: [
      'xdata:dict',
      'stat:iatt',
      'preoldparent:iatt',
      'postoldparent:iatt',
      'prenewparent:iatt',
      'postnewparent:iatt',
    ],
  },
  link: {
    number: 9,
    request: ['gfid:gfid', 'newpargfid:gfid', 'newbname:name', 'xdata:dict'],
    reply: ENTRY,
  },
  truncate: { number: 10, request: ['gfid:gfid', 'offset:u64', 'xdata:dict'], reply: PRE_POST },
  open: {
    number: 11,
    request: ['gfid:gfid', 'flags:open-flags', 'xdata:dict', 'fd:fd-file'],
    reply: ['xdata:dict', 'new-fd:fd'],
  },
  readv: {
    number: 12,
    request: [...FD, 'offset:u64', 'size:u32', 'flags:u32', 'xdata:dict'],
    reply: [
      'data:ret-length',
      'isEof:eof',
      'stat:iatt',
      'data:length',
      'xdata:dict',
      'data:payload',
    ],
  },
  writev: {
    number: 13,
    request: [...FD, 'offset:u64', 'data:length', 'flags:u32', 'xdata:dict', 'data:payload'],
    reply: ['written:ret', ...PRE_POST],
  },
  statfs: { number: 14, request: ['gfid:gfid', ...XDATA], reply: ['xdata:dict', 'statfs:statfs'] },
  flush: { number: 15, request: [...FD, 'xdata:dict'], reply: XDATA },
  fsync: { number: 16, request: [...FD, 'datasync:u32', 'xdata:dict'], reply: PRE_POST },
  setxattr: { number: 17, request: ['gfid:gfid', ...SETXATTR], reply: XDATA },
  getxattr: {
    number: 18,
    request: ['gfid:gfid', ...ONE_XATTR],
    reply: GETXATTR,
  },
  removexattr: { number: 19, request: ['gfid:gfid', 'name:text', 'xdata:dict'], reply: XDATA },
  opendir: {
    number: 20,
    request: ['gfid:gfid', 'xdata:dict', 'fd:fd-directory'],
    reply: ['xdata:dict', 'new-fd:fd'],
  },
  fsyncdir: { number: 21, request: [...FD, 'datasync:i32', 'xdata:dict'], reply: XDATA },
  access: { number: 22, request: ['gfid:gfid', 'mask:u32', 'xdata:dict'], reply: XDATA },
  create: {
    number: 23,
    request: [
      'pargfid:gfid',
      'flags:open-flags',
      'mode:u32',
      'umask:u32',
      'bname:name',
      'xdata:dict',
      'fd:fd-created',
    ],
    reply: ['xdata:dict', 'stat:iatt', 'new-fd:fd', 'preparent:iatt', 'postparent:iatt'],
  },
  ftruncate: { number: 24, request: [...FD, 'offset:u64', 'xdata:dict'], reply: PRE_POST },
  fstat: { number: 25, request: [...FD, 'xdata:dict'], reply: STAT },
  lk: {
    number: 26,
    request: [...FD, 'cmd:u32', 'type:u32', 'flock:flock', 'xdata:dict'],
    reply: ['xdata:dict', 'flock:flock'],
  },
  lookup: {
    number: 27,
    request: ['gfid:gfid', 'pargfid:gfid', 'flags:zero', 'bname:name', 'xdata:dict'],
    reply: ['xdata:dict', 'stat:iatt', 'postparent:iatt'],
  },
  readdir: {
    number: 28,
    request: [...FD, 'offset:big', 'size:u32', 'xdata:dict'],
    reply: ['entries:ret-length', 'isEof:eof', 'xdata:dict', 'entries:dirents'],
  },
  inodelk: { number: 29, request: ['gfid:gfid', ...INODE_LOCK], reply: XDATA },
  finodelk: { number: 30, request: [...FD, ...INODE_LOCK], reply: XDATA },
  entrylk: { number: 31, request: ['gfid:gfid', ...ENTRY_LOCK], reply: XDATA },
  fentrylk: { number: 32, request: [...FD, ...ENTRY_LOCK], reply: XDATA },
  xattrop: { number: 33, request: ['gfid:gfid', ...SETXATTR], reply: DICT },
  fxattrop: { number: 34, request: [...FD, ...SETXATTR], reply: DICT },
  fgetxattr: {
    number: 35,
    request: [...FD, ...ONE_XATTR],
    reply: GETXATTR,
  },
  fsetxattr: { number: 36, request: [...FD, ...SETXATTR], reply: XDATA },
  rchecksum: {
    number: 37,
    request: [...FD, 'offset:u64', 'len:u32', 'flags:u32', 'xdata:dict'],
    reply: ['xdata:dict', 'flags:u32', 'weak:u32', 'strong:opaque'],
  },
  setattr: { number: 38, request: ['gfid:gfid', ...SETATTR], reply: PRE_POST },
  fsetattr: { number: 39, request: [...FD, ...SETATTR], reply: PRE_POST },
  readdirp: {
    number: 40,
    request: [...FD, 'offset:big', 'size:u32', 'xdata:dict'],
    reply: ['entries:ret-length', 'isEof:eof', 'xdata:dict', 'entries:dirents-plus'],
  },
  release: { number: 41, request: [...FD, 'xdata:dict'], reply: XDATA },
  releasedir: { number: 42, request: [...FD, 'xdata:dict'], reply: XDATA },
  fremovexattr: { number: 43, request: [...FD, 'name:text', 'xdata:dict'], reply: XDATA },
  fallocate: { number: 44, request: [...FD, 'mode:u32', ...RANGE], reply: PRE_POST },
  discard: { number: 45, request: [...FD, ...RANGE], reply: PRE_POST },
  zerofill: { number: 46, request: [...FD, ...RANGE], reply: PRE_POST },
  ipc: { number: 47, request: ['op:i32', 'xdata:dict'], reply: XDATA },
  seek: {
    number: 48,
    request: [...FD, 'offset:u64', 'what:i32', 'xdata:dict'],
    reply: ['xdata:dict', 'offset:u64'],
  },
  lease: {
    number: 50,
    request: ['gfid:gfid', 'lease:lease', 'xdata:dict'],
    reply: ['xdata:dict', 'lease:lease'],
  },
  getactivelk: {
    number: 51,
    request: ['gfid:gfid', ...XDATA],
    reply: ['locks:ret-length', 'xdata:dict', 'locks:locks'],
  },
  setactivelk: { number: 52, request: ['gfid:gfid', 'locks:locks', 'xdata:dict'], reply: XDATA },
  icreate: { number: 53, request: ['gfid:gfid', 'mode:u32', 'xdata:dict'], reply: STAT },
  namelink: { number: 54, request: ['pargfid:gfid', 'bname:name', 'xdata:dict'], reply: PRE_POST },
  put: {
    number: 55,
    request: [
      'pargfid:gfid',
      'bname:name',
      'mode:u32',
      'umask:u32',
      'flags:u32',
      'offset:u64',
      'data:length',
      'xattr:dict',
      'xdata:dict',
      'data:payload',
    ],
    reply: ENTRY,
  },
  copy_file_range: {
    number: 56,
    request: [
      'fdIn:fd-gfid',
      'fdOut:fd-gfid',
      'fdIn:fd',
      'fdOut:fd',
      'offIn:u64',
      'offOut:u64',
      'size:u32',
      'flags:u32',
      'xdata:dict',
    ],
    reply: ['copied:ret', ...ENTRY],
  },
};
