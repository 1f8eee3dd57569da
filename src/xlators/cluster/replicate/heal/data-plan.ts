import { type Iatt, isRegular } from '../../../../fop/iatt.js';
import type { ReplicaShape, SeenCopy } from '../copies.js';
import { isLater } from './attributes.js';
import { direct } from './direction.js';
import type { Preference } from './favorite.js';
import { favorite } from './favorite.js';

/** What a heal of a file's bytes has to do. */
export type DataPlan =
  /** Nothing is owed. */
  | { readonly kind: 'clean' }
  | { readonly kind: 'heal'; readonly source: number; readonly sinks: readonly number[] }
  /** All copies are accused; `winner` is undefined where nothing tells one. */
  | { readonly kind: 'split-brain'; readonly winner: number | undefined }
  /** The only good copy has no bytes: those with bytes are away. */
  | { readonly kind: 'no-source' };

/**
 * Which copy of a file gives its bytes to which others. Of sources whose sizes differ those are right that more than half of all
 * subvolumes agree with, while no write was under way, else the largest. Where a write began and was not seen
 * to end, all other copies are compared with the source as well.
 */
export function planData(
  copies: readonly SeenCopy[],
  shape: ReplicaShape,
  policy: Preference,
): DataPlan {
  const { sources, dirty, isMarked } = direct(copies, 'data', shape.count);
  const holders = copies.filter(({ child }) => child !== shape.arbiter);
  const good = holders.filter(({ child }) => sources.includes(child));
  if (good.length === 0) {
    if (holders.every(({ stat }) => stat.size === 0)) return fromFirst(copies, holders);
    if (sources.length > 0) return { kind: 'no-source' };
    return { kind: 'split-brain', winner: favorite(holders, policy, shape.count) };
  }
  const source = bestOf(good, dirty, shape.count);
  const sameSize = copies.every(
    ({ child, stat }) => child === shape.arbiter || stat.size === source.stat.size,
  );
  if (!isMarked && sameSize) return { kind: 'clean' };
  const isAlike = ({ child, stat }: SeenCopy): boolean =>
    sources.includes(child) &&
    dirty.length === 0 &&
    (child === shape.arbiter || stat.size === source.stat.size);
  const others = copies.filter(({ child }) => child !== source.child);
  return heal(
    source,
    others.filter((copy) => !isAlike(copy)),
  );
}

function heal(source: SeenCopy, sinks: readonly SeenCopy[]): DataPlan {
  return { kind: 'heal', source: source.child, sinks: sinks.map(({ child }) => child) };
}

/** All are empty: whoever accuses whom, they are equal. */
function fromFirst(copies: readonly SeenCopy[], holders: readonly SeenCopy[]): DataPlan {
  const [first] = holders;
  return first
    ? heal(
        first,
        copies.filter((copy) => copy !== first),
      )
    : { kind: 'no-source' };
}

function bestOf(good: readonly SeenCopy[], dirty: readonly number[], count: number): SeenCopy {
  const agreed = good.filter(
    ({ stat }) => good.filter((other) => other.stat.size === stat.size).length * 2 > count,
  );
  const largest = Math.max(...good.map(({ stat }) => stat.size));
  const chosen =
    dirty.length === 0 && agreed.length > 0
      ? agreed
      : good.filter(({ stat }) => !isRegular(stat) || stat.size === largest);
  const witnesses = chosen.filter(({ child }) => dirty.includes(child));
  return newest(witnesses.length > 0 ? witnesses : chosen);
}

/** The copy whose attributes changed last; the first of equals. */
export function newest<Copy extends { readonly stat: Iatt }>(copies: readonly Copy[]): Copy {
  const [first, ...rest] = copies;
  if (first === undefined) throw new TypeError('the newest of nothing');
  const time = ({ stat }: Copy) => [stat.ctime, stat.ctimeNsec] as const;
  return rest.reduce((best, copy) => (isLater(time(copy), time(best)) ? copy : best), first);
}
