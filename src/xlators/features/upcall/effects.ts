import { type Dict, dictBytes } from '../../../fop/dict.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import { type Iatt, NO_IATT } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import { INVALIDATED } from '../../../fop/upcall.js';

/** An inode that a fop has changed, as its clients are to hear of it. */
export interface Changed {
  readonly gfid: Gfid;
  /** Bits of INVALIDATED. */
  readonly flags: number;
  readonly stat: Iatt;
  readonly parent: Iatt;
  readonly oldParent: Iatt;
  /** Extended attributes that were set, or removed: then without a value. */
  readonly xattrs?: ReadonlyMap<ByteString, Buffer>;
}

/** What a fop that has succeeded means for caches: which inodes its client knows of now, and what others know wrong. */
export interface Effect {
  readonly seen: readonly Gfid[];
  readonly changed: readonly Changed[];
}

const { nlink, mode, owner, size, times, permissions, rename, parentTimes, xattr, xattrRemoved } =
  INVALIDATED;
const BYTES = size | times;
const ATTRIBUTES = mode | owner | size | times | permissions;
const NAMES = nlink | times | parentTimes;

/** The inode that a fop takes a name from, or replaces: it has to be looked up before. */
export type Victim = Iatt | undefined;

export type Effects = {
  readonly [F in FopName]?: (request: Request<F>, reply: Reply<F>, victim: Victim) => Effect;
};

function changed(gfid: Gfid, flags: number, stat: Iatt, parent = NO_IATT): Changed {
  return { gfid, flags, stat, parent, oldParent: NO_IATT };
}

/** A directory in which names have changed. */
function directory(stat: Iatt): readonly Changed[] {
  return stat.gfid === NULL_GFID ? [] : [changed(stat.gfid, times, stat)];
}

function lostName(victim: Victim, parent: Iatt): readonly Changed[] {
  return victim === undefined ? [] : [changed(victim.gfid, NAMES, NO_IATT, parent)];
}

const seenInode = ({ gfid }: { readonly gfid: Gfid }): Effect => ({ seen: [gfid], changed: [] });
const seenFd = ({ fd }: Request<'readv'> | Request<'fstat'> | Request<'fgetxattr'>): Effect =>
  seenInode(fd);

type NewEntry = Pick<Reply<'mkdir'>, 'stat' | 'postparent'>;

function madeEntry(_request: unknown, { stat, postparent }: NewEntry): Effect {
  return { seen: [stat.gfid, postparent.gfid], changed: directory(postparent) };
}

function bytesOf(gfid: Gfid, { postbuf }: { readonly postbuf: Iatt }): Effect {
  return { seen: [gfid], changed: [changed(gfid, BYTES, postbuf)] };
}

/** Where the mode has really changed, ACLs may have. */
function attributesOf(gfid: Gfid, { prebuf, postbuf }: Reply<'setattr'>): Effect {
  const acl = prebuf.mode === postbuf.mode ? 0 : xattr;
  return { seen: [gfid], changed: [changed(gfid, ATTRIBUTES | acl, postbuf)] };
}

function xattrsOf(
  gfid: Gfid,
  flag: number,
  xattrs: ReadonlyMap<ByteString, Buffer>,
  xdata: Dict,
): Effect {
  const after = xdata?.get('virt-gf-poststat');
  const stat = after?.type === 'iatt' ? after.iatt : undefined;
  const flags = stat === undefined ? flag : flag | times;
  return { seen: [], changed: [{ ...changed(gfid, flags, stat ?? NO_IATT), xattrs }] };
}

function valuesIn(dict: Dict): ReadonlyMap<ByteString, Buffer> {
  const names = [...(dict?.keys() ?? [])];
  return new Map(names.map((name) => [name, dictBytes(dict, name) ?? NO_BYTES]));
}

const NO_BYTES = Buffer.alloc(0);

/** An empty name has removed what xdata names. */
function removedNames(name: ByteString, xdata: Dict): ReadonlyMap<ByteString, Buffer> {
  const names = name === '' ? [...(xdata?.keys() ?? [])] : [name];
  return new Map(names.map((one) => [one, NO_BYTES]));
}

function removedEntry(_request: unknown, { postparent }: Reply<'unlink'>, victim: Victim): Effect {
  return {
    seen: [postparent.gfid],
    changed: [...lostName(victim, postparent), ...directory(postparent)],
  };
}

/**
 * By fop, with the flags that GlusterFS's brick sends. Beyond those, whoever knows a directory hears of every change of its
 * names: there only makers of new inodes tell it, and a listing stays old after unlink, rename and link.
 */
export const EFFECTS: Effects = {
  lookup: (_request, { stat, postparent }) => ({
    seen: postparent.gfid === NULL_GFID ? [stat.gfid] : [stat.gfid, postparent.gfid],
    changed: [],
  }),
  stat: seenInode,
  access: seenInode,
  open: seenInode,
  opendir: seenInode,
  readlink: seenInode,
  getxattr: seenInode,
  fstat: seenFd,
  readv: seenFd,
  fgetxattr: seenFd,
  readdirp: ({ fd }, { entries }) => ({
    seen: [fd.gfid, ...entries.map(({ stat }) => stat.gfid).filter((gfid) => gfid !== NULL_GFID)],
    changed: [],
  }),
  create: madeEntry,
  mkdir: madeEntry,
  mknod: madeEntry,
  symlink: madeEntry,
  put: (_request, { stat, postparent }) => ({
    seen: [stat.gfid, postparent.gfid],
    changed: [changed(stat.gfid, BYTES, stat), ...directory(postparent)],
  }),
  link: ({ gfid }, { stat, postparent }) => ({
    seen: [gfid, postparent.gfid],
    changed: [changed(gfid, NAMES, stat, postparent), ...directory(postparent)],
  }),
  unlink: removedEntry,
  rmdir: removedEntry,
  rename: (_request, { stat, postoldparent, postnewparent }, victim) => ({
    seen: [stat.gfid, postoldparent.gfid, postnewparent.gfid],
    changed: [
      {
        gfid: stat.gfid,
        flags: rename | parentTimes,
        stat,
        parent: postnewparent,
        oldParent: postoldparent,
      },
      ...lostName(victim, postnewparent),
      ...directory(postoldparent),
      ...(postnewparent.gfid === postoldparent.gfid ? [] : directory(postnewparent)),
    ],
  }),
  writev: ({ fd }, reply) => bytesOf(fd.gfid, reply),
  truncate: ({ gfid }, reply) => bytesOf(gfid, reply),
  ftruncate: ({ fd }, reply) => bytesOf(fd.gfid, reply),
  fallocate: ({ fd }, reply) => bytesOf(fd.gfid, reply),
  discard: ({ fd }, reply) => bytesOf(fd.gfid, reply),
  zerofill: ({ fd }, reply) => bytesOf(fd.gfid, reply),
  copy_file_range: ({ fdIn, fdOut }, { postparent }) => ({
    seen: [fdIn.gfid, fdOut.gfid],
    changed: [changed(fdOut.gfid, BYTES, postparent)],
  }),
  setattr: ({ gfid }, reply) => attributesOf(gfid, reply),
  fsetattr: ({ fd }, reply) => attributesOf(fd.gfid, reply),
  setxattr: ({ gfid, dict }, { xdata }) => xattrsOf(gfid, xattr, valuesIn(dict), xdata),
  fsetxattr: ({ fd, dict }, { xdata }) => xattrsOf(fd.gfid, xattr, valuesIn(dict), xdata),
  removexattr: ({ gfid, name, xdata }, reply) =>
    xattrsOf(gfid, xattrRemoved, removedNames(name, xdata), reply.xdata),
  fremovexattr: ({ fd, name, xdata }, reply) =>
    xattrsOf(fd.gfid, xattrRemoved, removedNames(name, xdata), reply.xdata),
  xattrop: ({ gfid }, { dict }) => xattrsOf(gfid, xattr, valuesIn(dict), null),
  fxattrop: ({ fd }, { dict }) => xattrsOf(fd.gfid, xattr, valuesIn(dict), null),
};
