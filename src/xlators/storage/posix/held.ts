import { isErrno } from '../../../fop/error.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import { absent, type Brick } from './brick.js';

/*
 * What a crash leaves half done is found in one small place. Before a fop changes several of an inode's names, its handle and its
 * notes (`gfid2path`), it gives the inode one more name in `.glusterfs/unlink`, and takes it away when all is done:
 *
 *     unlink/<gfid>                    a file of which a name comes or goes; or one that is open and has lost its last name
 *     unlink/<gfid>-<gfid>             a file that takes the name of the second
 *     unlink/<gfid>-new                an inode that has no name yet
 *     unlink/<gfid>-handle             a directory's handle as it will be (mkdir, rename) or was (rmdir)
 *     unlink/<gfid>-<gfid>-handle      the same of a directory that takes the name of the second
 *
 * The next start looks at each (half-done.ts). GlusterFS empties this directory when it starts, which takes nothing but these names.
 */

const HANDLE = '-handle';

/** Gives the file at `path` its name in `unlink`; answers where. */
export function hold(brick: Brick, path: ByteString, gfid: Gfid, victim?: Gfid): ByteString {
  const held = brick.handles.hidden(`unlink/${gfid}${victim === undefined ? '' : `-${victim}`}`);
  try {
    brick.disk.link(path, held);
    return held;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    return holdBeside(brick, path, held);
  }
}

/** The same for what must go on where the disk has no room for it: then a crash may leave a remnant. */
export function tryHold(
  brick: Brick,
  path: ByteString,
  gfid: Gfid,
  victim?: Gfid,
): ByteString | undefined {
  return absent(() => hold(brick, path, gfid, victim), 'ENOSPC', 'EDQUOT', 'EMLINK', 'EPERM');
}

/** An inode that had this gfid before is still open; or this very one was left here by a fop that failed. */
function holdBeside(brick: Brick, path: ByteString, held: ByteString): ByteString {
  const { ino } = brick.disk.lstat(path);
  if (brick.disk.lstat(held).ino === ino) return held;
  const beside = `${held}-${ino}`;
  absent(() => brick.disk.link(path, beside), 'EEXIST');
  return beside;
}

/** All is done, or nothing was. */
export function letGo(brick: Brick, held: ByteString | undefined): void {
  if (held !== undefined) absent(() => brick.disk.unlink(held), 'ENOENT');
}

/** Where an inode is made before it gets its name. */
export function newPath(brick: Brick, gfid: Gfid): ByteString {
  return brick.handles.hidden(`unlink/${gfid}-new`);
}

/** Where a directory's handle waits. */
export function heldHandlePath(brick: Brick, gfid: Gfid, victim?: Gfid): ByteString {
  const who = victim === undefined ? gfid : `${gfid}-${victim}`;
  return brick.handles.hidden(`unlink/${who}${HANDLE}`);
}

/** What a name in `unlink` says. */
export interface HeldName {
  readonly gfid: Gfid;
  readonly victim: Gfid | undefined;
  readonly isHandle: boolean;
}

const GFID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const HELD = new RegExp(`^(${GFID})(?:-(${GFID}))?(${HANDLE})?`);

/** Undefined where the name is none of these. */
export function parseHeld(name: ByteString): HeldName | undefined {
  const [, gfid, victim, handle] = HELD.exec(name) ?? [];
  if (gfid === undefined) return undefined;
  return { gfid: gfid as Gfid, victim: victim as Gfid | undefined, isHandle: handle !== undefined };
}
