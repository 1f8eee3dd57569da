import { FAILED_SYNC_XATTR } from '../../../fop/keys.js';
import type { ByteString } from '../../../fop/name.js';
import { GFID2PATH_PREFIX } from './gfid2path.js';
import { MDATA_XATTR } from './mdata.js';

export const GFID_XATTR = 'trusted.gfid';
export const VOLUME_ID_XATTR = 'trusted.glusterfs.volume-id';

/**
 * How the names of attributes look on the disk. As root they stand there as they are. Who is not root has no
 * `trusted.` attributes: then every name is put behind `user.`, which also keeps apart what users set themselves.
 */
export interface XattrNamespace {
  readonly isTrusted: boolean;
  onDisk(name: ByteString): ByteString;
  /** Undefined for an attribute that is not the brick's. */
  fromDisk(name: ByteString): ByteString | undefined;
}

export const TRUSTED_NAMESPACE: XattrNamespace = {
  isTrusted: true,
  onDisk: (name) => name,
  fromDisk: (name) => name,
};

export const USER_NAMESPACE: XattrNamespace = {
  isTrusted: false,
  onDisk: (name) => `user.${name}`,
  fromDisk: (name) => (/^user\..+\../s.test(name) ? name.slice(5) : undefined),
};

/** Left out where a client lists attributes. */
export function isHidden(name: ByteString): boolean {
  return isOwn(name) || name === MDATA_XATTR || name.startsWith(GFID2PATH_PREFIX);
}

/** What the brick is known by: nobody changes that from outside. */
export function isOwn(name: ByteString): boolean {
  return name === GFID_XATTR || name === VOLUME_ID_XATTR;
}

/** What a client may neither set nor remove: the errno, or undefined where it may. */
export function whyNotChange(name: ByteString): 'EPERM' | 'EOPNOTSUPP' | undefined {
  if (isOwn(name) || name === FAILED_SYNC_XATTR) return 'EPERM';
  return name.startsWith(GFID2PATH_PREFIX) ? 'EOPNOTSUPP' : undefined;
}

const ACL_PREFIX = 'system.posix_acl_';
const STORED_PREFIXES = ['trusted.', 'user.', 'security.', ACL_PREFIX];

/** The kernel keeps these in step with the mode, under their own names only. */
export function isAcl(name: ByteString): boolean {
  return name.startsWith(ACL_PREFIX);
}

/** Keys of a request's xdata that mean stored attributes. */
export function isStored(key: ByteString): boolean {
  return STORED_PREFIXES.some((prefix) => key.startsWith(prefix));
}
