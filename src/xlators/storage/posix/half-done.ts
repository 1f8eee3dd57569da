import type { Gfid } from '../../../fop/gfid.js';
import { isDirectory, isSymlink } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { DiskStat } from '../../../platform/disk.js';
import { absent, type Brick } from './brick.js';
import { GFID2PATH_PREFIX, parseGfid2path } from './gfid2path.js';
import { parseDirectoryTarget } from './handle-path.js';
import { type HeldName, letGo, parseHeld } from './held.js';
import { countLinks, LINK_COUNT_PREFIX } from './link-counts.js';

/** One name in `.glusterfs/unlink` when the brick starts. */
interface Held extends HeldName {
  readonly name: ByteString;
  readonly path: ByteString;
}

/**
 * Finishes or undoes what a crash has left half done: each name in `.glusterfs/unlink` stands for one such inode (held.ts).
 * A file that has a name keeps it, gets its handle back, and only the notes that are true; one without, which nobody can have
 * open now, goes to the landfill with its handle. A directory's handle is put where its directory is. Directories come
 * first, because the notes are judged by way of them; then what has no name, because it may lie where another's handle belongs.
 */
export function settleHalfDone(brick: Brick): void {
  const held: Held[] = [];
  for (const { name } of brick.disk.readdir(brick.handles.hidden('unlink'))) {
    const path = brick.handles.hidden(`unlink/${name}`);
    const said = parseHeld(name);
    if (said === undefined || !said.isHandle)
      held.push({ ...whose(brick, path, said), name, path });
    else settleDirectory(brick, { ...said, name, path });
  }
  for (const each of held) if (!isNamed(brick, each)) discard(brick, each);
  for (const each of held) settleFile(brick, each);
  if (held.length > 0)
    brick.notice('a crash had left changes half done; they are settled', { count: held.length });
}

/** The inode says whose it is, and its name there only where it does not. */
function whose(brick: Brick, path: ByteString, said: HeldName | undefined): HeldName {
  const gfid = brick.gfidOf(path) ?? said?.gfid ?? NOBODY;
  return { gfid, victim: said?.victim, isHandle: false };
}

/** No handle has this gfid. */
const NOBODY: Gfid = '';

/** The name in `unlink` goes last, so that a start that is cut short finds it again. */
function settleDirectory(brick: Brick, { path, gfid, victim }: Held): void {
  if (victim !== undefined) dropDangling(brick, victim);
  if (leadsTo(brick, path, gfid)) brick.disk.rename(path, brick.handles.path(gfid));
  else dropDangling(brick, gfid);
  // A rename between two names of one symlink leaves both.
  letGo(brick, path);
  brick.handles.forget();
}

function leadsTo(brick: Brick, symlink: ByteString, gfid: Gfid): boolean {
  const target = absent(() => brick.disk.readlink(symlink), 'EINVAL');
  const up = target === undefined ? undefined : parseDirectoryTarget(target);
  const parent = up === undefined ? undefined : brick.handles.find(up.pargfid);
  if (up === undefined || parent === undefined) return false;
  const path = `${parent.path}/${up.bname}`;
  const stat = brick.lstat(path);
  return stat !== undefined && isDirectory(stat) && brick.gfidOf(path) === gfid;
}

function dropDangling(brick: Brick, gfid: Gfid): void {
  const path = brick.handles.path(gfid);
  const stat = brick.lstat(path);
  if (stat === undefined || !isSymlink(stat)) return;
  if (!leadsTo(brick, path, gfid)) brick.disk.unlink(path);
}

/** Whether a file has a name beside the one in `unlink` and its handle. */
function isNamed(brick: Brick, { path, gfid }: Held): boolean {
  const stat = brick.disk.lstat(path);
  if (isDirectory(stat)) return false;
  const handles = isHandleOf(brick, gfid, stat) ? 1 : 0;
  return stat.nlink - 1 - handles > 0;
}

function isHandleOf(brick: Brick, gfid: Gfid, { ino }: DiskStat): boolean {
  return gfid !== NOBODY && brick.lstat(brick.handles.path(gfid))?.ino === ino;
}

/** The janitor does the rest: what it finds may be large. */
function discard(brick: Brick, { path, gfid, name }: Held): void {
  const stat = brick.disk.lstat(path);
  if (isHandleOf(brick, gfid, stat)) brick.handles.remove(gfid);
  if (isDirectory(stat) && gfid !== NOBODY) dropDangling(brick, gfid);
  brick.disk.rename(path, brick.handles.hidden(`landfill/${name}-${brick.random.uuid()}`));
}

function settleFile(brick: Brick, { path, gfid, victim }: Held): void {
  if (victim !== undefined) settleVictim(brick, victim);
  const stat = brick.lstat(path);
  if (stat === undefined) return;
  dropFalseNotes(brick, path, stat);
  const isKnown = brick.gfidOf(path) === gfid;
  if (isKnown && brick.lstat(brick.handles.path(gfid)) === undefined)
    brick.handles.link(gfid, path);
  letGo(brick, path);
}

/** A file whose name another has taken: all that may be left of it is its handle. */
function settleVictim(brick: Brick, gfid: Gfid): void {
  const path = brick.handles.path(gfid);
  const stat = brick.lstat(path);
  if (stat === undefined || isDirectory(stat)) return;
  if (stat.nlink > 1) dropFalseNotes(brick, path, stat);
  else brick.disk.rename(path, brick.handles.hidden(`landfill/${gfid}-${brick.random.uuid()}`));
}

/** Each name was noted before it was made and forgotten after it went: so there may be notes too many, never too few. */
function dropFalseNotes(brick: Brick, path: ByteString, { ino }: DiskStat): void {
  if (brick.gfidOf(path) === undefined) return;
  for (const key of brick.xattrNames(path)) {
    const value = key.startsWith(GFID2PATH_PREFIX) ? brick.xattr(path, key) : undefined;
    const noted = value === undefined ? undefined : parseGfid2path(value);
    if (noted === undefined) continue;
    const parent = brick.handles.find(noted.pargfid);
    const found = parent === undefined ? undefined : brick.lstat(`${parent.path}/${noted.bname}`);
    if (found?.ino !== ino) brick.dropXattr(path, key);
    else countLinks(brick, path, noted.pargfid);
  }
  for (const key of brick.xattrNames(path))
    if (key.startsWith(LINK_COUNT_PREFIX))
      countLinks(brick, path, key.slice(LINK_COUNT_PREFIX.length));
}
