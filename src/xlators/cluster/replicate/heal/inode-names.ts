import { FopError, isErrno } from '../../../../fop/error.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import { HealLocks } from './heal-locks.js';
import type { Place } from './new-copy.js';
import type { HealSession } from './session.js';
import { isPrivate } from './waiting-room.js';

const PATHS_KEY = 'glusterfs.gfid2path';

/** The paths of an inode at one subvolume, but for where it waits for a name; none where the brick does not tell. */
export async function namesOf(
  { replica, frame }: HealSession,
  child: number,
  gfid: Gfid,
): Promise<readonly ByteString[]> {
  try {
    const request = { gfid, name: PATHS_KEY, xdata: null };
    const { dict } = await replica.windTo(child, 'getxattr', request, frame);
    return pathsIn(dict?.get(PATHS_KEY)).filter(
      (path) => !isPrivate(ROOT_GFID, path.split('/')[1] ?? ''),
    );
  } catch (error) {
    if (error instanceof FopError) return [];
    throw error;
  }
}

function pathsIn(value: { readonly type: string } | undefined): readonly ByteString[] {
  const text =
    value === undefined
      ? ''
      : 'text' in value
        ? String(value.text)
        : 'bytes' in value
          ? (value.bytes as Buffer).toString('latin1')
          : '';
  // A colon before a slash ends a path; one inside of a name does not.
  return text
    .replace(/\0+$/, '')
    .split(/:(?=\/)/)
    .filter((path) => path.startsWith('/'));
}

/** Where a path leads at one subvolume: the directory and the name; undefined where it does not. */
export async function placeOf(
  { replica, frame }: HealSession,
  child: number,
  path: ByteString,
): Promise<Place | undefined> {
  const names = path.split('/').filter((name) => name !== '');
  const bname = names.pop();
  if (bname === undefined) return undefined;
  let pargfid = ROOT_GFID;
  try {
    for (const name of names) {
      const request = { gfid: NULL_GFID, pargfid, bname: name, xdata: null };
      pargfid = (await replica.windTo(child, 'lookup', request, frame)).stat.gfid;
    }
  } catch (error) {
    if (error instanceof FopError) return undefined;
    throw error;
  }
  return { pargfid, bname };
}

/**
 * Takes one of several names from an inode at one subvolume, if nobody else works on it. `healed` is the name that is being healed, and
 * `holdsAllNames` whether the whole of its directory is locked.
 */
export async function dropName(
  session: HealSession,
  child: number,
  gfid: Gfid,
  path: ByteString,
  healed: Place,
  holdsAllNames: boolean,
): Promise<void> {
  const place = await placeOf(session, child, path);
  if (place === undefined) return;
  if (place.pargfid === healed.pargfid && place.bname === healed.bname) return;
  const isLocked = holdsAllNames && place.pargfid === healed.pargfid;
  const held = isLocked
    ? undefined
    : await new HealLocks(session.again()).tryName(place.pargfid, place.bname);
  if (!isLocked && held === undefined) return;
  try {
    const { replica, frame } = session;
    const seen = await replica.windTo(
      child,
      'lookup',
      { gfid: NULL_GFID, ...place, xdata: null },
      frame,
    );
    if (seen.stat.gfid !== gfid || seen.stat.nlink < 2) return;
    await replica.windTo(child, 'unlink', { ...place, xflags: 0, xdata: null }, frame);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  } finally {
    await held?.release();
  }
}
