import { FopError } from '../../src/fop/error.js';
import { isSymlink } from '../../src/fop/iatt.js';
import { type ByteString, MAX_NAME_BYTES, MAX_PATH_BYTES } from '../../src/fop/name.js';
import type { SimInode } from './disk-inode.js';

const MAX_SYMLINKS = 40;

/** Where a path leads: the directory and the name in it; `inode` is undefined where there is none yet. */
export interface Place {
  readonly directory: SimInode;
  readonly name: ByteString;
  readonly inode: SimInode | undefined;
}

/** Path resolution as `path_resolution(7)` has it, for a caller whom nothing is forbidden. */
export function walk(root: SimInode, path: ByteString, call: string, isFollowing = false): Place {
  if (path.includes('\0')) throw new FopError('EINVAL', call);
  if (!path.startsWith('/')) throw new FopError('ENOENT', call);
  if (path.length >= MAX_PATH_BYTES) throw new FopError('ENAMETOOLONG', call);
  return step({ root, call, isFollowing, links: { count: 0 } }, root, path);
}

interface Walk {
  readonly root: SimInode;
  readonly call: string;
  readonly isFollowing: boolean;
  readonly links: { count: number };
}

function step(state: Walk, start: SimInode, path: ByteString): Place {
  let at = path.startsWith('/') ? state.root : start;
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  let place: Place = { directory: at, name: '', inode: at };
  for (const [index, name] of names.entries()) {
    place = enter(state, at, name, index === names.length - 1);
    if (index === names.length - 1) break;
    if (place.inode === undefined) throw new FopError('ENOENT', state.call);
    at = place.inode;
  }
  return place;
}

function enter(state: Walk, at: SimInode, name: ByteString, isLast: boolean): Place {
  if (!at.isDirectory) throw new FopError('ENOTDIR', state.call);
  if (name.length > MAX_NAME_BYTES) throw new FopError('ENAMETOOLONG', state.call);
  const inode = name === '..' ? (at.parent ?? state.root) : at.children.get(name);
  const place = { directory: at, name, inode };
  if (inode === undefined || !isSymlink(inode) || (isLast && !state.isFollowing)) return place;
  state.links.count += 1;
  if (state.links.count > MAX_SYMLINKS) throw new FopError('ELOOP', state.call);
  return step({ ...state, isFollowing: true }, at, inode.target);
}
