import type { Frame } from '../../../fop/frame.js';
import type { Options } from '../../../graph/spec.js';

/** Processes of GlusterFS that stay who they are where their client has logged in: gsyncd, rebalance, mounts of its own, heal. */
const EXEMPT_PIDS: readonly number[] = [-1, -3, -4, -5, -6];

/** Who counts as whom (wire reference, section 8.4). */
export interface Squash {
  readonly users: 'nobody' | 'root' | 'all';
  /** Whom the squashed become. */
  readonly uid: number;
  readonly gid: number;
}

export function squashOf(options: Options): Squash {
  const users = options.bool('all-squash')
    ? 'all'
    : options.bool('root-squash')
      ? 'root'
      : 'nobody';
  return { users, uid: options.int('anonuid'), gid: options.int('anongid') };
}

/**
 * The frame as the server believes it. Where users are squashed, a client that has not logged in does not pass for a worker of
 * GlusterFS either: its negative process numbers would open everything. (GlusterFS's brick lets them.)
 */
export function squashed(frame: Frame, squash: Squash, isLoggedIn: boolean): Frame {
  const { users, uid, gid } = squash;
  if (users === 'nobody' || (isLoggedIn && EXEMPT_PIDS.includes(frame.pid))) return frame;
  const pid = isLoggedIn ? frame.pid : Math.max(0, frame.pid);
  const isMeant = (id: number): boolean => users === 'all' || id === 0;
  return {
    ...frame,
    pid,
    uid: isMeant(frame.uid) ? uid : frame.uid,
    gid: isMeant(frame.gid) ? gid : frame.gid,
    groups: frame.groups.map((group) => (isMeant(group) ? gid : group)),
  };
}
