import { FopError } from '../../src/fop/error.js';
import type { ByteString } from '../../src/fop/name.js';
import {
  ACCESS_ACL,
  type Acl,
  DEFAULT_ACL,
  decodeAcl,
  encodeAcl,
  inherited,
  isMinimal,
  modeOfAcl,
  withMode,
} from '../../src/xlators/features/access-control/acl.js';
import type { SimInode } from './disk-inode.js';

/*
 * POSIX ACLs as Linux's filesystems keep them: an ACL and the mode follow each other, one that says no more than the mode is
 * not kept, and what is made in a directory with a default ACL inherits it.
 */

export function isAclName(name: ByteString): boolean {
  return name === ACCESS_ACL || name === DEFAULT_ACL;
}

/** What setxattr(2) of an ACL does to an inode. */
export function setAcl(inode: SimInode, name: ByteString, value: Uint8Array): void {
  const acl = decodeAcl(Buffer.from(value));
  if (acl === 'EINVAL' || acl === 'EOPNOTSUPP') throw new FopError(acl, 'setxattr');
  if (!inode.isDirectory && !inode.isRegular) throw new FopError('EOPNOTSUPP', 'setxattr');
  if (name === DEFAULT_ACL && !inode.isDirectory && acl !== 'none')
    throw new FopError('EACCES', 'setxattr');
  if (acl === 'none') inode.xattrs.delete(name);
  else if (name === DEFAULT_ACL) inode.xattrs.set(name, encodeAcl(acl));
  else keep(inode, acl);
}

/** The ACL of an inode whose mode has been changed follows. */
export function followMode(inode: SimInode): void {
  const acl = aclOf(inode, ACCESS_ACL);
  if (acl !== undefined) keep(inode, withMode(acl, inode.mode));
}

/** What a new inode has of its directory. */
export function inheritAcl(directory: SimInode, inode: SimInode): void {
  const parent = aclOf(directory, DEFAULT_ACL);
  if (parent === undefined || (!inode.isDirectory && !inode.isRegular)) return;
  if (inode.isDirectory) inode.xattrs.set(DEFAULT_ACL, encodeAcl(parent));
  keep(inode, inherited(parent, inode.mode));
}

function keep(inode: SimInode, acl: Acl): void {
  inode.mode = (inode.mode & ~0o777) | modeOfAcl(acl);
  if (isMinimal(acl)) inode.xattrs.delete(ACCESS_ACL);
  else inode.xattrs.set(ACCESS_ACL, encodeAcl(acl));
}

function aclOf(inode: SimInode, name: ByteString): Acl | undefined {
  const bytes = inode.xattrs.get(name);
  const acl = bytes && decodeAcl(bytes);
  return typeof acl === 'object' ? acl : undefined;
}
