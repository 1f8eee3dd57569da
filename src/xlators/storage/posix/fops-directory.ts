import type { Fd } from '../../../fop/fd.js';
import type { Dirent, DirentPlus, Request } from '../../../fop/fops.js';
import { inodeNumber, ROOT_GFID } from '../../../fop/gfid.js';
import { isDirectory, NO_IATT, S_IFMT } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import { answersFor, LISTING_ANSWERS, likewise } from './answers.js';
import type { Brick, Inode } from './brick.js';
import { indexAfter, type OrderedDirent, orderEntries } from './directory-order.js';
import { HIDDEN_DIRECTORY } from './handle-path.js';

/** What an entry takes of a reply beside its name, and what no reply exceeds. */
const ENTRY_BYTES = 217;
const MAX_REPLY_BYTES = 128 * 1024;

/** opendir, readdir, readdirp. */
export function directoryFops(brick: Brick): Handlers {
  return {
    async opendir({ gfid, fd }) {
      const inode = brick.handles.resolve(gfid);
      if (!isDirectory(inode.stat)) throw brick.error('ENOTDIR');
      brick.openFiles.openDirectory(fd, gfid);
      return { xdata: null };
    },

    async readdir(request) {
      const { entries, isEof } = part(brick, request, (_inode, entry) => direntOf(entry));
      return { entries, isEof, xdata: null };
    },

    async readdirp(request) {
      const { entries, isEof } = part(brick, request, (inode, entry) =>
        direntPlus(brick, inode, entry, request.xdata),
      );
      return { entries, isEof, xdata: null };
    },
  };
}

/** As many entries after the cookie as fit, at least one; those that have vanished are left out. */
function part<T>(
  brick: Brick,
  { fd, offset, size }: Pick<Request<'readdir'>, 'fd' | 'offset' | 'size'>,
  describe: (directory: Inode, entry: OrderedDirent) => T | undefined,
): { entries: T[]; isEof: boolean } {
  const directory = resolveDirectory(brick, fd);
  const all = listing(brick, fd, directory, offset);
  const room = Math.min(size, MAX_REPLY_BYTES);
  const entries: T[] = [];
  let [index, used] = [indexAfter(all, offset), 0];
  for (let entry = all[index]; entry !== undefined; entry = all[++index]) {
    used += ENTRY_BYTES + entry.name.length;
    if (used > room && entries.length > 0) break;
    const described = describe(directory, entry);
    if (described === undefined) used -= ENTRY_BYTES + entry.name.length;
    else entries.push(described);
  }
  return { entries, isEof: index >= all.length };
}

function resolveDirectory(brick: Brick, fd: Fd): Inode {
  const inode = brick.openFiles.resolve(fd);
  if (!isDirectory(inode.stat)) throw brick.error('ENOTDIR');
  return inode;
}

/** The names as they were when the fd was last read from the beginning. */
function listing(brick: Brick, fd: Fd, directory: Inode, offset: bigint): readonly OrderedDirent[] {
  const open = brick.openFiles.directory(fd);
  if (open?.entries !== undefined && offset !== 0n) return open.entries;
  const isRoot = directory.gfid === ROOT_GFID;
  const names = brick.disk
    .readdir(directory.path)
    .filter(({ name }) => !(isRoot && name === HIDDEN_DIRECTORY));
  const above = isRoot ? directory.stat : brick.disk.lstat(`${directory.path}/..`);
  const inos = { dot: directory.stat.ino, dotDot: above.ino };
  const entries = orderEntries(brick.hash, names, inos);
  if (open !== undefined) open.entries = entries;
  return entries;
}

function direntOf({ name, ino, cookie, type }: OrderedDirent): Dirent {
  return { name, ino, offset: cookie, type };
}

function direntPlus(
  brick: Brick,
  directory: Inode,
  entry: OrderedDirent,
  xdata: Request<'readdirp'>['xdata'],
): DirentPlus | undefined {
  const { name, cookie } = entry;
  if (directory.gfid === ROOT_GFID && name === '..')
    return { ...direntOf(entry), stat: NO_IATT, dict: likewise(xdata) };
  const path = `${directory.path}/${name}`;
  const stat = brick.lstat(path);
  if (stat === undefined) return undefined;
  const type = (stat.mode & S_IFMT) >> 12;
  const gfid = brick.gfidOf(path, stat);
  if (gfid === undefined)
    return { name, ino: stat.ino, offset: cookie, type, stat: NO_IATT, dict: likewise(xdata) };
  const inode = { gfid, path, target: path, stat };
  const dict = answersFor(brick, inode, xdata, LISTING_ANSWERS);
  const ino = inodeNumber(gfid);
  return { name, ino, offset: cookie, type, stat: brick.iattOf(inode), dict };
}
