import type { Dict, DictValue } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { ACCESS_ACL, DEFAULT_ACL, encodeAcl, inherited, isMinimal, modeOfAcl } from './acl.js';
import type { Guard } from './guard.js';

/** What is about to be made, with what mode. */
interface Wanted {
  readonly pargfid: Gfid;
  readonly mode: number;
  readonly umask: number;
  readonly xdata: Dict;
}

const PERMISSIONS = 0o777;

/**
 * The request as its directory will have it: a default ACL there takes the umask's place, cuts the mode, and goes to the new
 * inode; directories hand it on.
 */
export async function inherit<R extends Wanted>(
  guard: Guard,
  request: R,
  frame: Frame,
  isForDirectory: boolean,
): Promise<R> {
  const { pargfid, mode, umask } = request;
  const parent = await guard.defaultAcl(pargfid, frame);
  if (parent === undefined) return umask === 0 ? request : { ...request, mode: mode & ~umask };
  const acl = inherited(parent, mode);
  const xdata = new Map<string, DictValue>(request.xdata);
  if (!isMinimal(acl)) xdata.set(ACCESS_ACL, { type: 'bytes', bytes: encodeAcl(acl) });
  if (isForDirectory) xdata.set(DEFAULT_ACL, { type: 'bytes', bytes: encodeAcl(parent) });
  return { ...request, mode: (mode & ~PERMISSIONS) | modeOfAcl(acl), xdata };
}
