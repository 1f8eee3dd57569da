import type { Dict } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import {
  type Iatt,
  SETATTR_ATIME,
  SETATTR_ATIME_NOW,
  SETATTR_CTIME,
  SETATTR_GID,
  SETATTR_MODE,
  SETATTR_MTIME,
  SETATTR_MTIME_NOW,
  SETATTR_UID,
} from '../../../fop/iatt.js';
import { ACCESS_ACL, DEFAULT_ACL, decodeAcl } from './acl.js';
import { isInGroup, isRoot, permits, type Subject, WRITE } from './permission.js';

const TIMES = SETATTR_ATIME | SETATTR_MTIME | SETATTR_CTIME | SETATTR_ATIME_NOW | SETATTR_MTIME_NOW;
const S_ISGID = 0o2000;

export interface Change {
  readonly stbuf: Iatt;
  readonly valid: number;
}

/**
 * Why the caller may not change these attributes, or undefined. Owners may change mode and group, the latter to one of their own;
 * times may be set by whoever may write, to any value: clients with features/utime send the time where programs said "now".
 */
export function setattrFault(
  subject: Subject,
  frame: Frame,
  { stbuf, valid }: Change,
): 'EPERM' | 'EACCES' | undefined {
  if (isRoot(frame)) return undefined;
  const isOwner = frame.uid === subject.uid;
  if ((valid & SETATTR_MODE) !== 0 && !isOwner) return 'EPERM';
  if ((valid & SETATTR_UID) !== 0 && !(isOwner && stbuf.uid === subject.uid)) return 'EPERM';
  if ((valid & SETATTR_GID) !== 0 && !(isOwner && isInGroup(frame, stbuf.gid))) return 'EPERM';
  if ((valid & TIMES) !== 0 && !isOwner && !permits(subject, frame, WRITE)) return 'EACCES';
  return undefined;
}

/** The change as it is done: who is not in the inode's group cannot give away that group's rights. */
export function permittedChange(subject: Subject, frame: Frame, change: Change): Change {
  const { stbuf, valid } = change;
  const keeps = isRoot(frame) || isInGroup(frame, subject.gid);
  if (keeps || (valid & SETATTR_MODE) === 0 || (stbuf.mode & S_ISGID) === 0) return change;
  return { valid, stbuf: { ...stbuf, mode: stbuf.mode & ~S_ISGID } };
}

export function isAclName(name: string): boolean {
  return name === ACCESS_ACL || name === DEFAULT_ACL;
}

/** Why the caller may not set or remove attributes with these names, or undefined. ACLs are their owner's business. */
export function xattrFault(
  subject: Subject,
  frame: Frame,
  names: readonly string[],
): 'EPERM' | 'EACCES' | undefined {
  if (isRoot(frame)) return undefined;
  if (names.some(isAclName) && frame.uid !== subject.uid) return 'EPERM';
  if (names.every(isAclName) || permits(subject, frame, WRITE)) return undefined;
  return 'EACCES';
}

/** What is wrong with the ACLs that a request brings, if anything. */
export function aclFault(dict: Dict): 'EINVAL' | 'EOPNOTSUPP' | undefined {
  for (const name of [ACCESS_ACL, DEFAULT_ACL]) {
    const value = dict?.get(name);
    if (value === undefined) continue;
    if (value.type !== 'bytes' && value.type !== 'untyped') return 'EINVAL';
    const acl = decodeAcl(value.bytes);
    if (acl === 'EINVAL' || acl === 'EOPNOTSUPP') return acl;
  }
  return undefined;
}
