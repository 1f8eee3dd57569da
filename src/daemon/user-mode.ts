import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { USER_NAMESPACE, VOLUME_ID_XATTR } from '../xlators/storage/posix/xattr-name.js';
import type { Log } from './log.js';

/** What it costs that a brick's attributes are `user.` ones, in one sentence. */
export const USER_MODE =
  'without trusted.* attributes: GlusterFS cannot serve this brick, other programs of its user can change it, and it keeps no owners, symlinks or devices';

/**
 * True for a config brick that was begun without root's rights, or on a filesystem without `trusted.*`: it stays that way, whoever runs it.
 * False where that cannot be seen: what is wrong then is said by the brick.
 */
export function isUserMode(disk: Disk, brick: string): boolean {
  try {
    disk.getxattr(byteString(`${brick}/values`), USER_NAMESPACE.onDisk(VOLUME_ID_XATTR));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENODATA', 'EOPNOTSUPP', 'ENOENT', 'ENOTDIR', 'EACCES', 'EIO')) return false;
    throw error;
  }
}

/** Says once per start what that mode costs. */
export function tellUserMode(log: Log, brick: string): void {
  log.warn('the attributes of the brick are user.* ones', {
    code: 'HFS-5104',
    path: brick,
    why: USER_MODE,
    next: 'to have trusted.* ones, run hekafsd as root on ext4, xfs or btrfs and join as a new server',
  });
}
