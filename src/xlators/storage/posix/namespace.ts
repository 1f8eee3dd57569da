import { FopError, isErrno } from '../../../fop/error.js';
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
 * else `trusted.` where system and filesystem let us, else `user.`. Throws EOPNOTSUPP where there are no attributes at all.
 */
export function chooseNamespace(disk: Disk, root: ByteString): XattrNamespace {
  if (hasUserNames(disk, root)) return USER_NAMESPACE;
  try {
    disk.setxattr(root, PROBE, Buffer.from('1'), 0);
    disk.removexattr(root, PROBE);
    return TRUSTED_NAMESPACE;
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EACCES', 'EOPNOTSUPP')) return tryUserNames(disk, root);
    throw error;
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
    if (isErrno(error, 'EOPNOTSUPP')) throw noAttributes(root, error);
    throw error;
  }
}

function noAttributes(root: ByteString, cause: FopError): FopError {
  const what = `brick ${readable(root)}: its filesystem takes no extended attributes`;
  return new FopError('EOPNOTSUPP', what, cause);
}
