import type { Dict } from './dict.js';
import type { Fd } from './fd.js';
import type { Gfid } from './gfid.js';
import type { Iatt } from './iatt.js';
import type { ByteString } from './name.js';

/*
 * THE CONTRACT: every fop, what it asks and what it answers. Numbers, order of fields on the wire and
 * rules of each fop are those of GlusterFS 10's "GlusterFS 4.x v1" program (wire reference, sections
 * 9 to 13). Anything that goes wrong is a FopError; a reply is always a success.
 *
 * Who owns bytes: a request's buffers belong to the callee only until its promise settles, and a reply's
 * only until the caller has used it in the same turn. Whoever keeps bytes longer copies them.
 */

interface Fop<Request, Reply> {
  readonly request: Readonly<Request> & { readonly xdata: Dict };
  readonly reply: Readonly<Reply> & { readonly xdata: Dict };
}

type Inode = { gfid: Gfid };
type Entry = { pargfid: Gfid; bname: ByteString };
type OpenFile = { fd: Fd };
type Range = { offset: number; size: number };
type PrePost = { prebuf: Iatt; postbuf: Iatt };
type Parents = { preparent: Iatt; postparent: Iatt };
type NewEntry = { stat: Iatt } & Parents;
type Nothing = Record<never, never>;

/** `lk_flock`: a byte range as the wire has it; `len` 0 reaches to the end of the file. */
export interface Flock {
  /** 0 read, 1 write, 2 unlock. */
  readonly type: number;
  readonly whence: number;
  readonly start: bigint;
  readonly len: bigint;
  readonly pid: number;
  readonly lkOwner: ByteString;
}

/** A held posix lock, as getactivelk lists it. */
export interface ActiveLock {
  readonly flock: Flock;
  readonly client: string;
  readonly lkFlags: number;
}

export interface Lease {
  readonly cmd: number;
  readonly leaseType: number;
  /** 16 bytes. */
  readonly leaseId: Buffer;
  readonly leaseFlags: number;
}

/** `statvfs(3)`, in its units. */
export interface Statfs {
  readonly bsize: number;
  readonly frsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly favail: number;
  readonly fsid: bigint;
  readonly flag: number;
  readonly namemax: number;
}

/** One name of a directory. `offset` is a cookie: hand it back to continue after this name. */
export interface Dirent {
  readonly ino: bigint;
  readonly offset: bigint;
  /** `DT_*` of readdir(3). */
  readonly type: number;
  readonly name: ByteString;
}

export interface DirentPlus extends Dirent {
  readonly stat: Iatt;
  readonly dict: Dict;
}

/** Lock types and commands of inodelk and finodelk: cmd 0 get, 1 try, 2 wait; see Flock.type. */
type InodeLock = {
  cmd: number;
  type: number;
  flock: Flock;
  volume: ByteString;
};
/** entrylk, fentrylk: cmd 0 wait, 1 unlock, 2 try; type 0 read, 1 write; an undefined name is all names. */
type EntryLock = {
  cmd: number;
  type: number;
  name: ByteString | undefined;
  volume: ByteString;
};
type XattropRequest = { flags: number; dict: Dict };
type DictReply = { dict: Dict; prestat: Iatt; poststat: Iatt };
/** `name` undefined lists all. */
type GetxattrRequest = { name: ByteString | undefined };
type SetxattrRequest = { flags: number; dict: Dict };
type SetattrRequest = { stbuf: Iatt; valid: number };

export interface Fops {
  /** By name (pargfid and bname) or, with an empty bname, by gfid. Unknown: ENOENT; unknown parent: ESTALE. */
  lookup: Fop<Inode & Entry, { stat: Iatt; postparent: Iatt }>;
  stat: Fop<Inode, { stat: Iatt }>;
  readlink: Fop<Inode & { size: number }, { stat: Iatt; path: ByteString }>;
  access: Fop<Inode & { mask: number }, Nothing>;
  /** The new inode's gfid is `gfid-req` of xdata, without which the answer is EINVAL. */
  mknod: Fop<Entry & { dev: number; mode: number; umask: number }, NewEntry>;
  mkdir: Fop<Entry & { mode: number; umask: number }, NewEntry>;
  symlink: Fop<Entry & { umask: number; linkname: ByteString }, NewEntry>;
  create: Fop<Entry & { flags: number; mode: number; umask: number; fd: Fd }, NewEntry>;
  link: Fop<Inode & { newpargfid: Gfid; newbname: ByteString }, NewEntry>;
  unlink: Fop<Entry & { xflags: number }, Parents>;
  /** `xflags` not 0 removes a directory that is not empty (it goes to the landfill). */
  rmdir: Fop<Entry & { xflags: number }, Parents>;
  rename: Fop<
    {
      oldpargfid: Gfid;
      newpargfid: Gfid;
      oldbname: ByteString;
      newbname: ByteString;
    },
    {
      stat: Iatt;
      preoldparent: Iatt;
      postoldparent: Iatt;
      prenewparent: Iatt;
      postnewparent: Iatt;
    }
  >;
  open: Fop<Inode & { flags: number; fd: Fd }, Nothing>;
  opendir: Fop<Inode & { fd: Fd }, Nothing>;
  /** `isEof`: the end of the file was reached. Fewer bytes than asked for mean the same. `data` is the caller's: nobody below keeps it. */
  readv: Fop<OpenFile & Range & { flags: number }, { stat: Iatt; data: Buffer; isEof: boolean }>;
  /**
   * The whole of `data` is written, or an error. On an O_APPEND fd the offset is not looked at. Once it is answered, the caller may
   * use the bytes of the whole request for something else.
   */
  writev: Fop<
    OpenFile & { offset: number; flags: number; data: Buffer },
    PrePost & { written: number }
  >;
  truncate: Fop<Inode & { offset: number }, PrePost>;
  ftruncate: Fop<OpenFile & { offset: number }, PrePost>;
  statfs: Fop<Inode, { statfs: Statfs }>;
  flush: Fop<OpenFile, Nothing>;
  /** `datasync` not 0: data only. */
  fsync: Fop<OpenFile & { datasync: number }, PrePost>;
  fsyncdir: Fop<OpenFile & { datasync: number }, Nothing>;
  fstat: Fop<OpenFile, { stat: Iatt }>;
  setattr: Fop<Inode & SetattrRequest, PrePost>;
  fsetattr: Fop<OpenFile & SetattrRequest, PrePost>;
  setxattr: Fop<Inode & SetxattrRequest, Nothing>;
  fsetxattr: Fop<OpenFile & SetxattrRequest, Nothing>;
  getxattr: Fop<Inode & GetxattrRequest, { dict: Dict }>;
  fgetxattr: Fop<OpenFile & GetxattrRequest, { dict: Dict }>;
  /** An empty name removes all keys of xdata, missing ones ignored. */
  removexattr: Fop<Inode & { name: ByteString }, Nothing>;
  fremovexattr: Fop<OpenFile & { name: ByteString }, Nothing>;
  xattrop: Fop<Inode & XattropRequest, DictReply>;
  fxattrop: Fop<OpenFile & XattropRequest, DictReply>;
  readdir: Fop<
    OpenFile & { offset: bigint; size: number },
    { entries: readonly Dirent[]; isEof: boolean }
  >;
  /** xdata names the attributes wanted of each entry. */
  readdirp: Fop<
    OpenFile & { offset: bigint; size: number },
    { entries: readonly DirentPlus[]; isEof: boolean }
  >;
  inodelk: Fop<Inode & InodeLock, Nothing>;
  finodelk: Fop<OpenFile & InodeLock, Nothing>;
  entrylk: Fop<Inode & EntryLock, Nothing>;
  fentrylk: Fop<OpenFile & EntryLock, Nothing>;
  lk: Fop<OpenFile & { cmd: number; type: number; flock: Flock }, { flock: Flock }>;
  getactivelk: Fop<Inode, { locks: readonly ActiveLock[] }>;
  setactivelk: Fop<Inode & { locks: readonly ActiveLock[] }, Nothing>;
  lease: Fop<Inode & { lease: Lease }, { lease: Lease }>;
  rchecksum: Fop<
    OpenFile & { offset: number; len: number; flags: number },
    { flags: number; weak: number; strong: Buffer }
  >;
  fallocate: Fop<OpenFile & Range & { mode: number }, PrePost>;
  discard: Fop<OpenFile & Range, PrePost>;
  zerofill: Fop<OpenFile & Range, PrePost>;
  /** `what` 0 data, 1 hole. Past the end: ENXIO. */
  seek: Fop<OpenFile & { offset: number; what: number }, { offset: number }>;
  copy_file_range: Fop<
    {
      fdIn: Fd;
      fdOut: Fd;
      offIn: number;
      offOut: number;
      size: number;
      flags: number;
    },
    NewEntry & { copied: number }
  >;
  ipc: Fop<{ op: number }, Nothing>;
  icreate: Fop<Inode & { mode: number }, { stat: Iatt }>;
  namelink: Fop<Entry, PrePost>;
  /**
   * The whole content of a name at once: readers see the old bytes or the new ones. A name that
   * exists keeps its gfid; a new one takes `gfid-req`. Stock 10.3 bricks have no actor for it.
   */
  put: Fop<
    Entry & {
      mode: number;
      umask: number;
      flags: number;
      offset: number;
      xattr: Dict;
      data: Buffer;
    },
    NewEntry
  >;
  release: Fop<OpenFile, Nothing>;
  releasedir: Fop<OpenFile, Nothing>;
}

export type FopName = keyof Fops;
export type Request<F extends FopName> = Fops[F]['request'];
export type Reply<F extends FopName> = Fops[F]['reply'];

/** What a fop does to what, so that a translator can treat alike what is alike. */
export type FopKind =
  | 'lookup'
  | 'inode-read'
  | 'inode-write'
  | 'entry-read'
  | 'entry-write'
  | 'fd'
  | 'lock';

export const FOP_KIND = {
  lookup: 'lookup',
  stat: 'inode-read',
  readlink: 'inode-read',
  access: 'inode-read',
  mknod: 'entry-write',
  mkdir: 'entry-write',
  symlink: 'entry-write',
  create: 'entry-write',
  link: 'entry-write',
  unlink: 'entry-write',
  rmdir: 'entry-write',
  rename: 'entry-write',
  open: 'fd',
  opendir: 'fd',
  readv: 'inode-read',
  writev: 'inode-write',
  truncate: 'inode-write',
  ftruncate: 'inode-write',
  statfs: 'inode-read',
  flush: 'fd',
  fsync: 'fd',
  fsyncdir: 'fd',
  fstat: 'inode-read',
  setattr: 'inode-write',
  fsetattr: 'inode-write',
  setxattr: 'inode-write',
  fsetxattr: 'inode-write',
  getxattr: 'inode-read',
  fgetxattr: 'inode-read',
  removexattr: 'inode-write',
  fremovexattr: 'inode-write',
  xattrop: 'inode-write',
  fxattrop: 'inode-write',
  readdir: 'entry-read',
  readdirp: 'entry-read',
  inodelk: 'lock',
  finodelk: 'lock',
  entrylk: 'lock',
  fentrylk: 'lock',
  lk: 'lock',
  getactivelk: 'lock',
  setactivelk: 'lock',
  lease: 'lock',
  rchecksum: 'inode-read',
  fallocate: 'inode-write',
  discard: 'inode-write',
  zerofill: 'inode-write',
  seek: 'inode-read',
  copy_file_range: 'inode-write',
  ipc: 'fd',
  icreate: 'entry-write',
  namelink: 'entry-write',
  put: 'entry-write',
  release: 'fd',
  releasedir: 'fd',
} as const satisfies Record<FopName, FopKind>;

export const FOP_NAMES = Object.keys(FOP_KIND) as readonly FopName[];
