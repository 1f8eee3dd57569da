import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import type { Brick } from './brick.js';
import type { Entry } from './entry.js';
import { letGo } from './held.js';
import { forgetName } from './new-inode.js';
import { ATTRIBUTES_CHANGED, touch } from './times.js';

/** A file as it was before one of its names went. */
export interface LeftFile {
  readonly gfid: Gfid;
  readonly stat: DiskStat;
  /** Where it is held meanwhile (held.ts). */
  readonly held: ByteString | undefined;
}

/** Goes on after a name of a file has gone: with the last one goes the handle, with another one its note. */
export function afterName(brick: Brick, file: LeftFile, { parent, bname }: Entry, frame: Frame) {
  const { gfid, stat, held } = file;
  const handle = brick.handles.path(gfid);
  const isHandle = brick.lstat(handle)?.ino === stat.ino;
  const target = isHandle ? handle : held;
  const namesLeft = stat.nlink - (isHandle ? 2 : 1);
  if (namesLeft < 1) {
    retireHandle(brick, file, isHandle);
    return;
  }
  if (target !== undefined) {
    forgetName(brick, target, parent.gfid, bname);
    touch(brick, { target, stat }, frame, ATTRIBUTES_CHANGED);
  }
  letGo(brick, held);
}

/** Ends the handle of an inode that has lost its last name. What somebody has open stays in `.glusterfs/unlink` until the last fd goes. */
export function retireHandle(brick: Brick, { gfid, stat, held }: LeftFile, isHandle: boolean) {
  const handle = brick.handles.path(gfid);
  const open = brick.openFiles.inode(stat.ino);
  if (open !== undefined && held !== undefined) open.aside = held;
  else if (open !== undefined && isHandle) {
    open.aside = asidePath(brick, gfid, stat.ino);
    brick.disk.rename(handle, open.aside);
    return;
  }
  if (isHandle) brick.disk.unlink(handle);
  if (open === undefined) letGo(brick, held);
}

function asidePath(brick: Brick, gfid: Gfid, ino: bigint): ByteString {
  const path = brick.handles.hidden(`unlink/${gfid}`);
  return brick.lstat(path) === undefined ? path : `${path}-${ino}`;
}
