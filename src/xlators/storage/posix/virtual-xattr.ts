import type { DictValue } from '../../../fop/dict.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Brick, Inode } from './brick.js';
import { GFID2PATH_PREFIX, parseGfid2path } from './gfid2path.js';

const REAL_FILENAME = 'glusterfs.get_real_filename:';

/** Attributes that are computed, or undefined where `name` is not one of them. */
export function virtualXattr(brick: Brick, inode: Inode, name: ByteString): DictValue | undefined {
  if (name === 'glusterfs.gfid2path') return { type: 'string', text: paths(brick, inode) };
  if (!name.startsWith(REAL_FILENAME)) return undefined;
  return { type: 'string', text: realName(brick, inode, name.slice(REAL_FILENAME.length)) };
}

/** Every path of an inode from the root of the volume, with colons between. */
function paths(brick: Brick, inode: Inode): ByteString {
  if (isDirectory(inode.stat)) return fromRoot(brick, inode.path);
  const found = brick.xattrNames(inode.target).flatMap((name) => {
    const value = name.startsWith(GFID2PATH_PREFIX) ? brick.xattr(inode.target, name) : undefined;
    const place = value === undefined ? undefined : parseGfid2path(value);
    const parent = place === undefined ? undefined : brick.handles.find(place.pargfid);
    if (place === undefined || parent === undefined) return [];
    return [fromRoot(brick, `${parent.path}/${place.bname}`)];
  });
  if (found.length === 0) throw brick.error('ENODATA', 'no name is noted');
  return found.sort().join(':');
}

function fromRoot(brick: Brick, path: ByteString): ByteString {
  return path.slice(brick.root.length) || '/';
}

/** The name in a directory that differs in the case of its letters only. */
function realName(brick: Brick, inode: Inode, wanted: ByteString): ByteString {
  if (!isDirectory(inode.stat)) throw brick.error('ENOTDIR');
  const lower = wanted.toLowerCase();
  const found = brick.disk.readdir(inode.path).find(({ name }) => name.toLowerCase() === lower);
  if (found === undefined) throw brick.error('ENOENT');
  return found.name;
}
