import type { Dict } from '../../../../fop/dict.js';
import { type Iatt, isSymlink, S_IFMT } from '../../../../fop/iatt.js';
import type { ByteString } from '../../../../fop/name.js';

/** The attributes of a copy that a heal makes equal. */
export interface Attributes {
  readonly stat: Iatt;
  /** What `list-xattr` has told, less what each brick has for itself. */
  readonly xattrs: ReadonlyMap<ByteString, Buffer>;
}

/** Prefixes of attributes that are one brick's own, or that bookkeeping writes and nobody misses. */
const OWN = [
  'trusted.afr.',
  'trusted.gfid',
  'trusted.pgfid.',
  'trusted.hekafs.',
  'trusted.glusterfs.volume-id',
  'trusted.glusterfs.mdata',
  'security.selinux',
];
const COUNTED =
  /^trusted\.glusterfs\.([0-9a-f-]{36}\..*(xtime|stime)|quota\.(size|dirty|.*contri).*)$/;

/** Whether an attribute is a file's, not one brick's. */
export function isHealed(key: ByteString): boolean {
  if (!/^(trusted|user|security)\.|^system\.posix_acl_/.test(key)) return false;
  return !OWN.some((prefix) => key.startsWith(prefix)) && !COUNTED.test(key);
}

/** The attributes to heal out of the answers of a lookup that asked `list-xattr`. */
export function healedXattrs(xdata: Dict): ReadonlyMap<ByteString, Buffer> {
  const found = new Map<ByteString, Buffer>();
  for (const [key, value] of xdata ?? [])
    if (isHealed(key) && (value.type === 'bytes' || value.type === 'untyped'))
      found.set(key, Buffer.from(value.bytes));
  return found;
}

/**
 * Whether two copies have the same type, owner, permissions and attributes. Times are not compared: what differs in them only
 * is bookkeeping (engine reference, H6). A symlink has no permissions of its own.
 */
export function areAlike(one: Attributes, other: Attributes): boolean {
  const mask = isSymlink(one.stat) ? S_IFMT : 0xffff;
  const [a, b] = [one.stat, other.stat];
  if (a.uid !== b.uid || a.gid !== b.gid || (a.mode & mask) !== (b.mode & mask)) return false;
  const { removed, set } = xattrChanges(one.xattrs, other.xattrs);
  return removed.length === 0 && set.length === 0;
}

/** What makes the attributes `from` those of `to`. */
export function xattrChanges(
  from: Attributes['xattrs'],
  to: Attributes['xattrs'],
): {
  readonly removed: readonly ByteString[];
  readonly set: readonly (readonly [ByteString, Buffer])[];
} {
  const removed = [...from.keys()].filter((key) => !to.has(key));
  const set = [...to].filter(([key, value]) => !from.get(key)?.equals(value));
  return { removed, set };
}

/** Whether the first time is later. */
export function isLater(
  [sec, nsec]: readonly [number, number],
  [otherSec, otherNsec]: readonly [number, number],
): boolean {
  return sec > otherSec || (sec === otherSec && nsec > otherNsec);
}
