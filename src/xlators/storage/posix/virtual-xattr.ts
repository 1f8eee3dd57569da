import { hostname } from 'node:os';
import type { DictValue } from '../../../fop/dict.js';
import { isDirectory } from '../../../fop/iatt.js';
import { type ByteString, byteString } from '../../../fop/name.js';
import type { Brick, Inode } from './brick.js';
import { GFID2PATH_PREFIX, parseGfid2path } from './gfid2path.js';

const REAL_FILENAME = 'glusterfs.get_real_filename:';

/** Attributes that are computed, or undefined where `name` is not one of them. */
export function virtualXattr(brick: Brick, inode: Inode, name: ByteString): DictValue | undefined {
  if (name.startsWith(REAL_FILENAME))
    return text(realName(brick, inode, name.slice(REAL_FILENAME.length)));
  return COMPUTED[name]?.(brick, inode);
}

type Compute = (brick: Brick, inode: Inode) => DictValue | undefined;

const COMPUTED: Readonly<Record<string, Compute>> = Object.assign(Object.create(null), {
  'glusterfs.gfid2path': (brick, inode) => text(paths(brick, inode)),
  'glusterfs.gfidtopath': gfidToPath,
  'glusterfs.ancestry.path': requiredAncestry,
  'glusterfs.open-fd-count': openCount,
  'trusted.glusterfs.pathinfo': (brick, inode) => text(pathInfo(brick, inode)),
  'trusted.glusterfs.node-uuid': nodeUuid,
} satisfies Record<string, Compute>);

function text(value: ByteString): DictValue {
  return { type: 'string', text: value };
}

/** How often an inode is open. */
export function openCount(brick: Brick, { stat }: Inode): DictValue {
  return { type: 'uint', uint: BigInt(brick.openFiles.count(stat.ino)) };
}

/** The path of a directory from the root of the volume; undefined for all else. */
export function ancestry(brick: Brick, { path, stat }: Inode): DictValue | undefined {
  return isDirectory(stat) ? text(fromRoot(brick, path)) : undefined;
}

function requiredAncestry(brick: Brick, inode: Inode): DictValue {
  const found = ancestry(brick, inode);
  if (found === undefined) throw brick.error('ENODATA');
  return found;
}

/** As 10.3 has it: text for a directory, bytes for what may have several names. */
function gfidToPath(brick: Brick, inode: Inode): DictValue {
  const found = paths(brick, inode);
  return isDirectory(inode.stat)
    ? text(found)
    : { type: 'bytes', bytes: Buffer.from(found, 'latin1') };
}

/** Where the inode lies: on which brick, which host and under which path there. */
function pathInfo(brick: Brick, inode: Inode): ByteString {
  const own = inode.path === brick.handles.path(inode.gfid);
  const [first = inode.path] = own ? namesOf(brick, inode).map((name) => brick.root + name) : [];
  const path = inode.path === brick.root ? `${brick.root}/` : first;
  const { hasUuidInPathinfo, nodeUuid: uuid } = brick.options;
  const host = hasUuidInPathinfo && uuid !== undefined ? uuid : byteString(hostname());
  return `<POSIX(${brick.root}):${host}:${path}>`;
}

function nodeUuid(brick: Brick): DictValue {
  const { nodeUuid: uuid } = brick.options;
  if (uuid === undefined) throw brick.error('ENODATA', 'no glusterd-uuid in the volfile');
  return text(uuid);
}

/** Every path of an inode from the root of the volume, with colons between. */
function paths(brick: Brick, inode: Inode): ByteString {
  if (isDirectory(inode.stat)) return fromRoot(brick, inode.path);
  const found = namesOf(brick, inode);
  if (found.length === 0) throw brick.error('ENODATA', 'no name is noted');
  return found.join(brick.options.pathSeparator);
}

function namesOf(brick: Brick, inode: Inode): readonly ByteString[] {
  const found = brick.xattrNames(inode.target).flatMap((name) => {
    const value = name.startsWith(GFID2PATH_PREFIX) ? brick.xattr(inode.target, name) : undefined;
    const place = value === undefined ? undefined : parseGfid2path(value);
    const parent = place === undefined ? undefined : brick.handles.find(place.pargfid);
    if (place === undefined || parent === undefined) return [];
    return [fromRoot(brick, `${parent.path}/${place.bname}`)];
  });
  return found.sort();
}

function fromRoot(brick: Brick, path: ByteString): ByteString {
  return path.slice(brick.root.length) || '/';
}

/** The name in a directory that differs in the case of its letters only; none is ENODATA, as 10.3 has it. */
function realName(brick: Brick, inode: Inode, wanted: ByteString): ByteString {
  if (!isDirectory(inode.stat)) throw brick.error('ENOTDIR');
  const lower = wanted.toLowerCase();
  const found = brick.disk.readdir(inode.path).find(({ name }) => name.toLowerCase() === lower);
  if (found === undefined) throw brick.error('ENODATA');
  return found.name;
}
