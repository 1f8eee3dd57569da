import { gfidBytes, gfidFromBytes, ROOT_GFID } from '../../../fop/gfid.js';
import { isDirectory, isSymlink } from '../../../fop/iatt.js';
import { readable } from '../../../fop/name.js';
import { absent, type Brick } from './brick.js';
import { settleHalfDone } from './half-done.js';
import { HIDDEN_DIRECTORY, handleDirectories, ROOT_TARGET } from './handle-path.js';
import { GFID_XATTR, VOLUME_ID_XATTR } from './xattr-name.js';

/** What lies in `.glusterfs` beside the handles, with its permissions (engine reference, A.1). */
const DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ['indices', 0o600],
  ['indices/xattrop', 0o600],
  ['indices/dirty', 0o600],
  ['indices/entry-changes', 0o600],
  ['changelogs', 0o600],
  ['landfill', 0o755],
  ['unlink', 0o600],
];

/** Brings a brick's directory into shape, or says why it cannot be served (engine reference, A.8). */
export function prepareLayout(brick: Brick): void {
  checkVolumeId(brick);
  const made = brick.lstat(brick.handles.hidden('')) === undefined;
  if (made) makeHidden(brick);
  const present = new Set(brick.disk.readdir(brick.handles.hidden('')).map(({ name }) => name));
  for (const [path, mode] of DIRECTORIES) makeDirectory(brick, path, ownMode(brick, mode));
  for (let byte = 0; byte < 256; byte++) {
    const name = byte.toString(16).padStart(2, '0');
    if (!present.has(name)) makeDirectory(brick, name, 0o700);
  }
  checkRootGfid(brick);
  setOwner(brick);
  checkRootHandle(brick);
  settleHalfDone(brick);
}

/** Of a new brick; or of one in use, to which somebody has done that. */
function makeHidden(brick: Brick): void {
  const path = `${brick.root}/${HIDDEN_DIRECTORY}`;
  brick.disk.mkdir(path, ownMode(brick, 0o600));
  if (brick.xattr(brick.root, GFID_XATTR) === undefined) return;
  brick.notice('.glusterfs of a brick in use was gone; it is made again', {
    path: readable(path),
    next: 'in a replicated volume, have everything healed: what was owed to the other bricks is forgotten here',
  });
}

/** Root walks into a directory whatever its mode says; others need their own permission. */
function ownMode(brick: Brick, mode: number): number {
  return brick.namespace.isTrusted ? mode : mode | 0o700;
}

function makeDirectory(brick: Brick, path: string, mode: number): void {
  const full = brick.handles.hidden(path);
  absent(() => {
    brick.disk.mkdir(full, mode);
    brick.disk.chmod(full, mode);
  }, 'EEXIST');
}

/** What lies at the path is not what was made a brick there; perhaps its filesystem is not mounted. */
export class NotTheBrick extends Error {
  override readonly name = 'NotTheBrick';

  constructor(
    readonly path: string,
    why: string,
  ) {
    super(`brick ${path}: ${why}`);
  }
}

/** An error of the brick that an administrator has to solve. */
function refusal(brick: Brick, why: string): NotTheBrick {
  return new NotTheBrick(readable(brick.root), why);
}

function checkVolumeId(brick: Brick): void {
  const { volumeId } = brick.options;
  if (volumeId === undefined) return;
  const bytes = brick.xattr(brick.root, VOLUME_ID_XATTR);
  if (bytes === undefined)
    throw refusal(brick, `${VOLUME_ID_XATTR} is absent: the directory is no brick of a volume`);
  const found = bytes.length === 16 ? gfidFromBytes(bytes) : bytes.toString('hex');
  if (found !== volumeId)
    throw refusal(brick, `it is part of the volume ${found}, and the volfile says ${volumeId}`);
}

function checkRootGfid(brick: Brick): void {
  const bytes = brick.xattr(brick.root, GFID_XATTR);
  if (bytes === undefined) brick.setXattr(brick.root, GFID_XATTR, gfidBytes(ROOT_GFID));
  else if (!bytes.equals(gfidBytes(ROOT_GFID)))
    throw refusal(
      brick,
      `${GFID_XATTR} is ${bytes.toString('hex')}: it is not the root of a brick`,
    );
}

/** As the volfile has it, so that an application's user can write into an empty volume. */
function setOwner({ disk, root, options }: Brick): void {
  const { uid, gid } = options.owner;
  const stat = disk.lstat(root);
  const isSo = (uid ?? stat.uid) === stat.uid && (gid ?? stat.gid) === stat.gid;
  if (!isSo) disk.chown(root, uid ?? -1, gid ?? -1);
}

function checkRootHandle(brick: Brick): void {
  const [, second] = handleDirectories(ROOT_GFID);
  const handle = brick.handles.path(ROOT_GFID);
  const stat = brick.lstat(handle);
  if (stat === undefined) {
    absent(() => brick.disk.mkdir(`${brick.root}/${second}`, 0o700), 'EEXIST');
    brick.disk.symlink(ROOT_TARGET, handle);
    return;
  }
  const isRoot = isSymlink(stat) && brick.disk.stat(handle).ino === brick.disk.stat(brick.root).ino;
  if (!isRoot) throw refusal(brick, `the handle ${readable(handle)} is not the brick's root`);
}

/** The brick's directory must be there before anything is asked of it. */
export function checkDirectory(brick: Brick): void {
  const stat = absent(() => brick.disk.stat(brick.root), 'ENOENT', 'ENOTDIR');
  if (stat === undefined) throw refusal(brick, 'the directory does not exist');
  if (!isDirectory(stat)) throw refusal(brick, 'it is not a directory');
}
