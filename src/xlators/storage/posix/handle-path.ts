import { type Gfid, isGfid } from '../../../fop/gfid.js';
import { type ByteString, isComponent } from '../../../fop/name.js';

/*
 * Handles: beside its names each inode has one at `.glusterfs/<aa>/<bb>/<gfid>`, aa and bb being the first two bytes
 * of the gfid. For a directory it is a symlink to `../../<aa>/<bb>/<gfid of parent>/<basename>`, for all else
 * a hard link (engine reference, A.2).
 */

/** The directory in a brick's root that holds what is not the user's. */
export const HIDDEN_DIRECTORY = '.glusterfs';

/** Where the root's handle points. */
export const ROOT_TARGET = '../../..';

/** `.glusterfs/<aa>` and `.glusterfs/<aa>/<bb>`, relative to the brick's root. */
export function handleDirectories(gfid: Gfid): readonly [ByteString, ByteString] {
  const first = `${HIDDEN_DIRECTORY}/${gfid.slice(0, 2)}`;
  return [first, `${first}/${gfid.slice(2, 4)}`];
}

/** The handle's path, relative to the brick's root. */
export function handlePath(gfid: Gfid): ByteString {
  return `${HIDDEN_DIRECTORY}/${gfid.slice(0, 2)}/${gfid.slice(2, 4)}/${gfid}`;
}

/** What the handle of a directory points to. */
export function directoryTarget(pargfid: Gfid, bname: ByteString): ByteString {
  return `../../${pargfid.slice(0, 2)}/${pargfid.slice(2, 4)}/${pargfid}/${bname}`;
}

/** Where each part of a target begins. */
const PARENT = '../../aa/bb/'.length;
const NAME = PARENT + 37;

/** Reads a directory's target; undefined where it is none, such as that of a user's symlink. */
export function parseDirectoryTarget(
  target: ByteString,
): { readonly pargfid: Gfid; readonly bname: ByteString } | undefined {
  const pargfid = target.slice(PARENT, NAME - 1);
  const bname = target.slice(NAME);
  if (!isGfid(pargfid) || !isComponent(bname)) return undefined;
  return target === directoryTarget(pargfid, bname) ? { pargfid, bname } : undefined;
}
