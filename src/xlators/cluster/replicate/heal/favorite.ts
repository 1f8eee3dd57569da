import type { Iatt } from '../../../../fop/iatt.js';
import { isLater } from './attributes.js';

/** favorite-child-policy: which copy wins where nothing else decides. */
export const FAVORITE_POLICIES = ['none', 'size', 'ctime', 'mtime', 'majority'] as const;
export type FavoritePolicy = (typeof FAVORITE_POLICIES)[number];

/** A policy, or the subvolume that somebody has named. */
export type Preference = FavoritePolicy | { readonly child: number };

export interface Candidate {
  readonly child: number;
  readonly stat: Iatt;
}

/** The number of the copy that the policy prefers; undefined where it has none, or several are as good. */
export function favorite(
  candidates: readonly Candidate[],
  policy: Preference,
  count: number,
): number | undefined {
  if (typeof policy === 'object')
    return candidates.find(({ child }) => child === policy.child)?.child;
  if (policy === 'none') return undefined;
  if (policy === 'majority') return inMajority(candidates, count);
  const isBetter = BETTER[policy];
  const best = candidates.filter(
    ({ stat }) => !candidates.some((other) => isBetter(other.stat, stat)),
  );
  return best.length === 1 ? best[0]?.child : undefined;
}

const BETTER = {
  size: (one: Iatt, other: Iatt) => one.size > other.size,
  ctime: (one: Iatt, other: Iatt) =>
    isLater([one.ctime, one.ctimeNsec], [other.ctime, other.ctimeNsec]),
  mtime: (one: Iatt, other: Iatt) =>
    isLater([one.mtime, one.mtimeNsec], [other.mtime, other.mtimeNsec]),
} as const;

/** Of those that more than half of all subvolumes agree with: same inode, size and time. */
function inMajority(candidates: readonly Candidate[], count: number): number | undefined {
  const isSame = (one: Iatt, other: Iatt): boolean =>
    one.gfid === other.gfid && one.size === other.size && one.mtime === other.mtime;
  return candidates.find(
    ({ stat }) => candidates.filter((other) => isSame(stat, other.stat)).length * 2 > count,
  )?.child;
}
