import type { Dict } from '../../../fop/dict.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_TRUNC } from '../../../fop/fd.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory, isRegular, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import type { Brick, Inode } from './brick.js';
import { type Entry, entryOf } from './entry.js';
import { letGo, tryHold } from './held.js';
import { forgetName, makeInode, noteName, requestedGfid, requireGfid } from './new-inode.js';
import { checkParent } from './parent-check.js';
import { ATTRIBUTES_CHANGED, BYTES_CHANGED, touch } from './times.js';

/** mknod, mkdir, symlink, create, link. */
export function createFops(brick: Brick): Handlers {
  return {
    async mknod(request, frame) {
      const type = request.mode & S_IFMT || S_IFREG;
      if (type === S_IFDIR || type === S_IFLNK) throw brick.error('EPERM');
      const known = isInternal(request.xdata) ? knownFile(brick, request.xdata) : undefined;
      if (known !== undefined) return addName(brick, frame, known, request);
      if (type !== S_IFREG) needsTrust(brick, 'special files');
      const mode = type | (request.mode & 0o7777);
      const make = (path: ByteString) => brick.disk.mknod(path, type | 0o600, request.dev);
      return makeInode(brick, frame, { ...request, mode, make }).reply;
    },

    async mkdir(request, frame) {
      const { parent } = entryOf(brick, request.pargfid, request.bname);
      const xdata = checkParent(brick, parent, request.xdata);
      const make = (path: ByteString) => brick.disk.mkdir(path, 0o700);
      return makeInode(brick, frame, { ...request, xdata, make }).reply;
    },

    async symlink(request, frame) {
      needsTrust(brick, 'symlinks');
      const make = (path: ByteString) => brick.disk.symlink(request.linkname, path);
      return makeInode(brick, frame, { ...request, mode: undefined, make }).reply;
    },

    async create(request, frame) {
      requireGfid(brick, request.xdata);
      const entry = entryOf(brick, request.pargfid, request.bname);
      const isThere = brick.lstat(entry.path) !== undefined;
      if (isThere && (request.flags & O_EXCL) === 0) return openExisting(brick, request, frame);
      if (isThere) throw brick.error('EEXIST');
      const make = (name: ByteString) =>
        brick.disk.close(brick.disk.open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
      const made = makeInode(brick, frame, { ...request, make, entry });
      brick.openFiles.open(request.fd, made.inode, request.flags);
      return { ...made.reply, xdata: request.xdata };
    },

    async link({ gfid, newpargfid, newbname }, frame) {
      const source = brick.handles.resolve(gfid);
      if (isDirectory(source.stat)) throw brick.error('EPERM');
      return addName(brick, frame, source, { pargfid: newpargfid, bname: newbname });
    },
  };
}

type Name = { readonly pargfid: Gfid; readonly bname: ByteString };

/** One more name for an inode that is no directory. */
function addName(
  brick: Brick,
  frame: Frame,
  source: Inode,
  { pargfid, bname }: Name,
): Reply<'link'> {
  const entry = entryOf(brick, pargfid, bname);
  if (brick.lstat(entry.path) !== undefined) throw brick.error('EEXIST');
  if (source.stat.nlink - 1 >= brick.options.maxHardLinks) throw brick.error('EMLINK');
  const preparent = brick.iattOf(entry.parent);
  linkName(brick, source, entry);
  touch(brick, source, frame, ATTRIBUTES_CHANGED);
  touch(brick, entry.parent, frame, BYTES_CHANGED);
  const postparent = brick.iatt(entry.parent);
  return { stat: brick.iatt(source), preparent, postparent, xdata: null };
}

/**
 * cluster/distribute makes a linkto file for each name of a file, all of one gfid, and geo-replication repeats a link as a
 * mknod: then what has that gfid gets one more name.
 */
function knownFile(brick: Brick, xdata: Dict): Inode | undefined {
  const gfid = requestedGfid(xdata);
  const known = gfid === undefined ? undefined : brick.handles.find(gfid);
  return known !== undefined && !isDirectory(known.stat) ? known : undefined;
}

function linkName(brick: Brick, { gfid, path }: Inode, entry: Entry): void {
  const held = tryHold(brick, path, gfid);
  try {
    noteName(brick, path, entry.parent.gfid, entry.bname);
    brick.disk.link(path, entry.path);
  } catch (error) {
    forgetName(brick, path, entry.parent.gfid, entry.bname);
    throw error;
  } finally {
    letGo(brick, held);
  }
}

function isInternal(xdata: Dict): boolean {
  return xdata?.has('glusterfs-internal-fop') ?? false;
}

/** Without trusted attributes these kinds of inodes can carry no gfid. */
function needsTrust(brick: Brick, what: string): void {
  if (!brick.namespace.isTrusted)
    throw brick.error('EOPNOTSUPP', `${what} need a brick run by root`);
}

/** create(2) of a name that is there opens it. */
function openExisting(brick: Brick, request: Request<'create'>, frame: Frame): Reply<'create'> {
  const entry = entryOf(brick, request.pargfid, request.bname);
  const gfid = brick.gfidOf(entry.path);
  if (gfid === undefined) throw brick.error('ENODATA', 'the name has no gfid');
  const inode: Inode = {
    gfid,
    path: entry.path,
    target: entry.path,
    stat: brick.disk.lstat(entry.path),
  };
  brick.openFiles.open(request.fd, inode, request.flags);
  request.fd.opened(gfid);
  if ((request.flags & O_TRUNC) !== 0 && isRegular(inode.stat)) {
    emptyFile(brick, inode);
    touch(brick, inode, frame, BYTES_CHANGED);
  }
  const parent = brick.iattOf(entry.parent);
  const stat = brick.iatt(inode);
  return { stat, preparent: parent, postparent: parent, xdata: request.xdata };
}

/** O_TRUNC, as the caller of open or create wants it. */
export function emptyFile(brick: Brick, inode: Inode): void {
  const file = brick.disk.open(inode.path, O_RDWR | O_NOFOLLOW, 0);
  try {
    brick.disk.truncate(file, 0);
  } finally {
    brick.disk.close(file);
  }
}
