import type { Dict, DictValue } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import { absent, type Brick } from './brick.js';
import { entryOf, existing, type FoundEntry } from './entry.js';
import { forgetName } from './new-inode.js';
import { retireHandle } from './removal.js';
import { ATTRIBUTES_CHANGED, BYTES_CHANGED, touch } from './times.js';

/** unlink, rmdir. */
export function removeFops(brick: Brick): Handlers {
  return {
    async unlink({ pargfid, bname, xdata }, frame) {
      const entry = existing(brick, entryOf(brick, pargfid, bname));
      if (isDirectory(entry.stat)) throw brick.error('EISDIR');
      checkConditions(brick, entry, xdata);
      const preparent = brick.iattOf(entry.parent);
      removeName(brick, entry, frame);
      touch(brick, entry.parent, frame, BYTES_CHANGED);
      const postparent = brick.iatt(entry.parent);
      return { preparent, postparent, xdata: linkCount(entry, xdata) };
    },

    async rmdir({ pargfid, bname, xflags }, frame) {
      const entry = existing(brick, entryOf(brick, pargfid, bname));
      if (!isDirectory(entry.stat)) throw brick.error('ENOTDIR');
      const preparent = brick.iattOf(entry.parent);
      const gfid = brick.gfidOf(entry.path);
      if (xflags === 0) brick.disk.rmdir(entry.path);
      else toLandfill(brick, entry, gfid);
      if (gfid !== undefined) brick.handles.remove(gfid);
      brick.handles.forget();
      touch(brick, entry.parent, frame, BYTES_CHANGED);
      return { preparent, postparent: brick.iatt(entry.parent), xdata: null };
    },
  };
}

/** Takes a name from an inode that is no directory, and with the last one the handle. */
export function removeName(brick: Brick, entry: FoundEntry, frame: Frame): void {
  const { path, stat, parent, bname } = entry;
  const gfid = brick.gfidOf(path);
  brick.disk.unlink(path);
  if (gfid === undefined) return;
  const isLast = stat.nlink <= 2;
  if (isLast) {
    retireHandle(brick, gfid, stat);
    return;
  }
  const handle = brick.handles.path(gfid);
  forgetName(brick, handle, parent.gfid, bname);
  touch(brick, { target: handle, stat }, frame, ATTRIBUTES_CHANGED);
}

/** A directory that is not empty is put where the janitor finds it. */
function toLandfill(brick: Brick, { path, stat }: FoundEntry, gfid: Gfid | undefined): void {
  const name = gfid ?? brick.random.uuid();
  const there = brick.handles.hidden(`landfill/${name}`);
  const isFree = brick.lstat(there) === undefined;
  brick.disk.rename(path, isFree ? there : `${there}-${stat.ino}`);
}

const STICKY_ONLY = 0o1000;
const LINKTO_XATTR = 'trusted.glusterfs.dht.linkto';

/** Conditions that cluster/distribute sends along: refused with EBUSY where they do not hold. */
function checkConditions(brick: Brick, { path, stat }: FoundEntry, xdata: Dict): void {
  const isOpen = brick.openFiles.count(stat.ino) > 0;
  const onlyLinkto = xdata?.has('unlink-only-if-dht-linkto-file') ?? false;
  if (isOpen && (onlyLinkto || xdata?.has('dont-unlink-for-open-fd'))) throw brick.error('EBUSY');
  if (!onlyLinkto) return;
  const isLinkto =
    (stat.mode & 0o7777) === STICKY_ONLY &&
    absent(() => brick.xattr(path, LINKTO_XATTR), 'EOPNOTSUPP') !== undefined;
  if (!isLinkto) throw brick.error('EBUSY');
}

/** The names there were before, where the request asks for that; 10.3 answers 0 where it does not. */
function linkCount({ stat }: FoundEntry, xdata: Dict): Dict {
  const uint = BigInt(Math.max(stat.nlink - 1, 0));
  const asked = xdata?.has('get-link-count') ? uint : 0n;
  const answers = new Map<string, DictValue>([['get-link-count', { type: 'uint', uint: asked }]]);
  if (xdata?.has('gf_request_link_count'))
    answers.set('gf_response_link_count', { type: 'uint', uint });
  return answers;
}
