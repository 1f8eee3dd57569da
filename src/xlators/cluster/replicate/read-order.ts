import type { Gfid } from '../../../fop/gfid.js';
import type { Copies } from './copies.js';

/** How the subvolume that is read first is chosen; numbers of GlusterFS's read-hash-mode. */
export type HashMode = 0 | 1 | 2 | 3;

export interface ReadPolicy {
  readonly preferred: number | undefined;
  readonly hashMode: HashMode;
  readonly count: number;
  /** Tells processes apart, for mode 2. */
  readonly salt: number;
  /** Reads under way at a subvolume, for mode 3. */
  readonly load: (child: number) => number;
}

/**
 * The good copies in the order in which to try them. One whose bytes and attributes are both good comes before any
 * other, so that what belongs together is read from one place.
 */
export function readOrder(
  copies: Copies,
  kind: 'data' | 'metadata',
  gfid: Gfid,
  policy: ReadPolicy,
): readonly number[] {
  // The names of a directory can be read even where everybody accuses everybody.
  const isSplit = copies.data.length === 0 && copies.isDirectory;
  const good = isSplit ? copies.metadata : copies[kind];
  const whole = good.filter(
    (child) => copies.data.includes(child) && copies.metadata.includes(child),
  );
  const first = firstOf(whole.length > 0 ? whole : good, gfid, policy);
  const rest = [...whole, ...good.filter((child) => !whole.includes(child))];
  return first === undefined ? rest : [first, ...rest.filter((child) => child !== first)];
}

function firstOf(good: readonly number[], gfid: Gfid, policy: ReadPolicy): number | undefined {
  const { preferred, hashMode, count } = policy;
  if (preferred !== undefined && good.includes(preferred)) return preferred;
  if (hashMode === 3) return leastLoaded(good, policy.load);
  if (hashMode === 0) return good[0];
  const salt = hashMode === 2 ? policy.salt : 0;
  const chosen = (gfidNumber(gfid) ^ salt) >>> 0;
  return good.includes(chosen % count) ? chosen % count : good[0];
}

/** Gfids are random: any 32 bits of one will do for a hash. */
function gfidNumber(gfid: Gfid): number {
  return Number.parseInt(gfid.slice(-8), 16);
}

function leastLoaded(good: readonly number[], load: (child: number) => number): number | undefined {
  return good.toSorted((one, other) => load(one) - load(other))[0];
}
