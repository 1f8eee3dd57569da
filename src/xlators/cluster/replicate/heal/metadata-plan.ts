import type { ReplicaShape, SeenCopy } from '../copies.js';
import { type Attributes, areAlike } from './attributes.js';
import { newest } from './data-plan.js';
import { direct } from './direction.js';
import type { Preference } from './favorite.js';

export type SeenAttributes = SeenCopy & Attributes;

/** What a heal of attributes has to do. */
export type MetadataPlan =
  /** They are alike and nothing is marked. */
  | { readonly kind: 'clean' }
  | {
      readonly kind: 'heal';
      readonly source: number;
      /** Copies that get the source's attributes; none where they are alike and only marks are to go. */
      readonly sinks: readonly number[];
      /** Sinks that nobody accuses yet: that has to be noted before the first change. */
      readonly unmarked: readonly number[];
      /** All copies were accused by others: attributes that lost are lost. */
      readonly isDispute: boolean;
    };

/**
 * Which copy gives its attributes to which others. Where nobody is accused, what more than half of all subvolumes have is right, else what
 * changed last; so it is where all are accused, since attributes cannot be kept twice. Copies that differ in times only are equal,
 * whatever the marks say (H6). Where all are accused, the copy that somebody has named wins.
 */
export function planMetadata(
  copies: readonly SeenAttributes[],
  shape: ReplicaShape,
  policy: Preference = 'none',
): MetadataPlan {
  const { sources, isMarked } = direct(copies, 'metadata', shape.count);
  const isDispute = sources.length === 0;
  const good = isDispute ? copies : copies.filter(({ child }) => sources.includes(child));
  const agreed = good.find(
    (copy) => good.filter((other) => areAlike(copy, other)).length * 2 > shape.count,
  );
  const named = typeof policy === 'object' ? policy.child : undefined;
  const chosen = isDispute ? good.find(({ child }) => child === named) : undefined;
  const source = chosen ?? agreed ?? newest(good);
  const sinks = copies.filter((copy) => !areAlike(copy, source));
  if (sinks.length === 0 && !isMarked) return { kind: 'clean' };
  return {
    kind: 'heal',
    source: source.child,
    sinks: sinks.map(({ child }) => child),
    unmarked: sinks.map(({ child }) => child).filter((child) => sources.includes(child)),
    isDispute: isDispute && sinks.length > 0,
  };
}
