/*
 * POSIX ACLs (acl(5)) in the form of Linux's `system.posix_acl_access` and `system.posix_acl_default`, all little-endian:
 *
 *   version:4 = 2 | tag:2 permissions:2 id:4 | tag:2 permissions:2 id:4 | …
 *
 * Entries stand in the order of their tags; those of users and groups by name may come in any order among themselves.
 */

export const ACCESS_ACL = 'system.posix_acl_access';
export const DEFAULT_ACL = 'system.posix_acl_default';

const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const NO_ID = 0xffff_ffff;

const OWNER = 0x01;
const USER = 0x02;
const GROUP = 0x04;
const NAMED_GROUP = 0x08;
const MASK = 0x10;
const OTHER = 0x20;

/** Read 4, write 2, execute 1. */
export type Permissions = number;

/** The permissions of a user or group by its number. */
export interface NamedEntry {
  readonly id: number;
  readonly permissions: Permissions;
}

export interface Acl {
  readonly owner: Permissions;
  readonly users: readonly NamedEntry[];
  readonly group: Permissions;
  readonly groups: readonly NamedEntry[];
  /** The most that users by name and all groups may; undefined where there are only the three classes of a mode. */
  readonly mask: Permissions | undefined;
  readonly other: Permissions;
}

/** What bytes say: an ACL; `none`, which takes one away; or why they cannot be one, as Linux puts it. */
export function decodeAcl(bytes: Buffer): Acl | 'none' | 'EINVAL' | 'EOPNOTSUPP' {
  if (bytes.length === 0) return 'none';
  if (bytes.length < HEADER_BYTES) return 'EINVAL';
  if (bytes.readUInt32LE(0) !== VERSION) return 'EOPNOTSUPP';
  const length = bytes.length - HEADER_BYTES;
  if (length % ENTRY_BYTES !== 0) return 'EINVAL';
  return length === 0 ? 'none' : (aclOf(entriesOf(bytes)) ?? 'EINVAL');
}

interface Entry extends NamedEntry {
  readonly tag: number;
}

function entriesOf(bytes: Buffer): readonly Entry[] {
  return Array.from({ length: (bytes.length - HEADER_BYTES) / ENTRY_BYTES }, (_, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    return {
      tag: bytes.readUInt16LE(at),
      permissions: bytes.readUInt16LE(at + 2),
      id: bytes.readUInt32LE(at + 4),
    };
  });
}

function aclOf(entries: readonly Entry[]): Acl | undefined {
  if (!entries.every(isPossible) || !isInOrder(entries)) return undefined;
  const only = (tag: number) => entries.filter((entry) => entry.tag === tag);
  const [owner, group, mask, other] = [only(OWNER), only(GROUP), only(MASK), only(OTHER)];
  if (owner.length !== 1 || group.length !== 1 || other.length !== 1 || mask.length > 1)
    return undefined;
  const [users, groups] = [only(USER), only(NAMED_GROUP)];
  if (users.length + groups.length > 0 && mask.length === 0) return undefined;
  const permissions = (found: readonly Entry[]): Permissions => found[0]?.permissions ?? 0;
  return {
    owner: permissions(owner),
    users: users.map(named),
    group: permissions(group),
    groups: groups.map(named),
    mask: mask[0]?.permissions,
    other: permissions(other),
  };
}

function isPossible({ tag, permissions, id }: Entry): boolean {
  const isNamed = tag === USER || tag === NAMED_GROUP;
  return permissions <= 7 && (!isNamed || id !== NO_ID);
}

const TAGS = [OWNER, USER, GROUP, NAMED_GROUP, MASK, OTHER];

function isInOrder(entries: readonly Entry[]): boolean {
  const ranks = entries.map(({ tag }) => TAGS.indexOf(tag));
  return ranks.every((rank, index) => rank >= 0 && rank >= (ranks[index - 1] ?? 0));
}

function named({ id, permissions }: Entry): NamedEntry {
  return { id, permissions };
}

export function encodeAcl(acl: Acl): Buffer {
  const entries: Entry[] = [
    { tag: OWNER, permissions: acl.owner, id: NO_ID },
    ...acl.users.map((entry) => ({ tag: USER, ...entry })),
    { tag: GROUP, permissions: acl.group, id: NO_ID },
    ...acl.groups.map((entry) => ({ tag: NAMED_GROUP, ...entry })),
    ...(acl.mask === undefined ? [] : [{ tag: MASK, permissions: acl.mask, id: NO_ID }]),
    { tag: OTHER, permissions: acl.other, id: NO_ID },
  ];
  const bytes = Buffer.alloc(HEADER_BYTES + entries.length * ENTRY_BYTES);
  bytes.writeUInt32LE(VERSION, 0);
  for (const [index, { tag, permissions, id }] of entries.entries()) {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(permissions, at + 2);
    bytes.writeUInt32LE(id, at + 4);
  }
  return bytes;
}

/** The nine permission bits of a mode that stand for an ACL: the group's are the mask where there is one. */
export function modeOfAcl({ owner, group, mask, other }: Acl): number {
  return (owner << 6) | ((mask ?? group) << 3) | other;
}

/** True where a mode says all. */
export function isMinimal({ users, groups, mask }: Acl): boolean {
  return mask === undefined && users.length === 0 && groups.length === 0;
}

/** The ACL after chmod: of owner and others the bits as given, the group's bits are the mask's where there is one. */
export function withMode(acl: Acl, mode: number): Acl {
  const [owner, middle, other] = [(mode >> 6) & 7, (mode >> 3) & 7, mode & 7];
  return acl.mask === undefined
    ? { ...acl, owner, group: middle, other }
    : { ...acl, owner, mask: middle, other };
}

/** What a new inode gets of its directory's default ACL: no more than the mode allows that it is made with. */
export function inherited(parent: Acl, mode: number): Acl {
  return withMode(parent, mode & modeOfAcl(parent));
}
