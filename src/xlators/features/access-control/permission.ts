import type { Frame } from '../../../fop/frame.js';
import { type Acl, type NamedEntry, type Permissions, withMode } from './acl.js';

export const READ = 4;
export const WRITE = 2;
export const EXECUTE = 1;
export const S_ISVTX = 0o1000;

/** An inode as far as permissions go. `acl` is undefined where the mode says all. */
export interface Subject {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly acl: Acl | undefined;
}

/** Root, for whom no rule is made. */
export function isRoot({ uid }: Frame): boolean {
  return uid === 0;
}

/** True where nothing is asked: root, and GlusterFS's own workers, whose processes have negative numbers. */
export function isUnbound({ uid, pid }: Frame): boolean {
  return uid === 0 || pid < 0;
}

/**
 * May the caller do all of `wish` to the inode? As acl(5) has it: the owner by the owner's entry; a user by name by its own;
 * otherwise one group's entry has to allow all of it; and only who fits none of these is an other.
 */
export function permits(subject: Subject, frame: Frame, wish: Permissions): boolean {
  if (isUnbound(frame)) return true;
  const acl = subject.acl ?? aclOfMode(subject.mode);
  if (frame.uid === subject.uid) return allows(acl.owner, wish);
  const mask = acl.mask ?? 7;
  const user = acl.users.find(({ id }) => id === frame.uid);
  if (user) return allows(user.permissions & mask, wish);
  const mine = groupsOf(acl, subject.gid).filter(({ id }) => isInGroup(frame, id));
  if (mine.length === 0) return allows(acl.other, wish);
  return mine.some(({ permissions }) => allows(permissions & mask, wish));
}

/** May the caller remove or replace the inode, or give it a name, in this directory? A sticky one says: whose is it? */
export function isStickyFor(parent: Subject, frame: Frame): boolean {
  return !isUnbound(frame) && (parent.mode & S_ISVTX) !== 0 && parent.uid !== frame.uid;
}

export function isInGroup({ gid, groups }: Frame, id: number): boolean {
  return id === gid || groups.includes(id);
}

const NO_ACL: Acl = { owner: 0, users: [], group: 0, groups: [], mask: undefined, other: 0 };

function aclOfMode(mode: number): Acl {
  return withMode(NO_ACL, mode);
}

function groupsOf(acl: Acl, gid: number): readonly NamedEntry[] {
  return [{ id: gid, permissions: acl.group }, ...acl.groups];
}

function allows(permissions: Permissions, wish: Permissions): boolean {
  return (permissions & wish) === wish;
}
