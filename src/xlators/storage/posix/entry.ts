import { type Gfid, ROOT_GFID } from '../../../fop/gfid.js';
import { isDirectory } from '../../../fop/iatt.js';
import { type ByteString, isComponent, MAX_NAME_BYTES } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Brick, Inode } from './brick.js';
import { HIDDEN_DIRECTORY } from './handle-path.js';

/** A name in a directory, whether there is something of that name or not. */
export interface Entry {
  readonly parent: Inode;
  readonly bname: ByteString;
  readonly path: ByteString;
}

/** An entry with what it names. */
export interface FoundEntry extends Entry {
  readonly stat: DiskStat;
}

/** Checks a name and its directory: EPERM for what is the brick's own, ESTALE where there is no such directory. */
export function entryOf(brick: Brick, pargfid: Gfid, bname: ByteString): Entry {
  checkName(brick, pargfid, bname);
  const parent = brick.handles.resolve(pargfid);
  if (!isDirectory(parent.stat)) throw brick.error('ENOTDIR');
  return { parent, bname, path: `${parent.path}/${bname}` };
}

/** What an entry names, or ENOENT. */
export function existing(brick: Brick, entry: Entry): FoundEntry {
  const stat = brick.lstat(entry.path);
  if (stat === undefined) throw brick.error('ENOENT');
  return { ...entry, stat };
}

function checkName(brick: Brick, pargfid: Gfid, bname: ByteString): void {
  if (bname.length > MAX_NAME_BYTES) throw brick.error('ENAMETOOLONG');
  if (bname.includes('/')) throw brick.error('EPERM');
  if (!isComponent(bname)) throw brick.error('EINVAL');
  if (pargfid === ROOT_GFID && bname === HIDDEN_DIRECTORY) throw brick.error('EPERM');
}
