import { isErrno } from '../../../fop/error.js';
import { type ByteString, readable } from '../../../fop/name.js';
import type { Disk } from '../../../platform/disk.js';
import { absent } from './brick.js';
import {
  GFID_XATTR,
  TRUSTED_NAMESPACE,
  USER_NAMESPACE,
  VOLUME_ID_XATTR,
  type XattrNamespace,
} from './xattr-name.js';

const PROBE = 'trusted.hekafs.probe';

/**
 * How attributes are named on this brick. One that was begun without root's rights stays as it is, whoever runs it;
 * else `trusted.` where the system lets us. Throws where there are no attributes at all.
 */
export function chooseNamespace(disk: Disk, root: ByteString): XattrNamespace {
  if (hasUserNames(disk, root)) return USER_NAMESPACE;
  try {
    disk.setxattr(root, PROBE, Buffer.from('1'), 0);
    disk.removexattr(root, PROBE);
    return TRUSTED_NAMESPACE;
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EACCES')) return tryUserNames(disk, root);
    throw noAttributes(root, error);
  }
}

function hasUserNames(disk: Disk, root: ByteString): boolean {
  return [GFID_XATTR, VOLUME_ID_XATTR].some((name) => {
    const onDisk = USER_NAMESPACE.onDisk(name);
    return absent(() => disk.getxattr(root, onDisk), 'ENODATA', 'EOPNOTSUPP', 'EACCES');
  });
}

function tryUserNames(disk: Disk, root: ByteString): XattrNamespace {
  try {
    disk.setxattr(root, USER_NAMESPACE.onDisk(PROBE), Buffer.from('1'), 0);
    disk.removexattr(root, USER_NAMESPACE.onDisk(PROBE));
    return USER_NAMESPACE;
  } catch (error) {
    throw noAttributes(root, error);
  }
}

function noAttributes(root: ByteString, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `brick ${readable(root)}: its filesystem takes no extended attributes (${why}). ` +
      'A brick needs trusted.* attributes (run as root), or at least user.* ones, as ext4 and xfs have them',
    { cause },
  );
}
