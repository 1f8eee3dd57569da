import type { Sighting } from './server-evidence.js';

/** Who answers at the address that the committed list has for this node. */
export type Reached =
  | { readonly kind: 'self' }
  | { readonly kind: 'double'; readonly address: string; readonly instance: string }
  | { readonly kind: 'unknown' };

export interface FenceInput {
  readonly instance: string;
  /** That others dial, as this process has it. */
  readonly address: string;
  /** That the list has for this node. */
  readonly listed: string;
  readonly reached: Reached;
  /** Other processes of this node's id that members hear at the same time as this one. */
  readonly others: readonly Sighting[];
}

export interface FenceVerdict {
  /** This process has to stop: the list means the other one. */
  readonly isFenced: boolean;
  /** Where the other one is; null where there is none. */
  readonly other: string | null;
}

/**
 * Two processes run with one node's id, after a state directory was copied. The one that the committed list does not reach has to stop. Where
 * nobody knows whom it reaches, neither stops: the log lets only one of two lead at a time in any case. Pure.
 */
export function fenceVerdict(input: FenceInput): FenceVerdict {
  const { reached, listed, address, instance } = input;
  if (reached.kind === 'double') return { isFenced: true, other: reached.address };
  const others = input.others.filter((each) => each.instance !== instance);
  const [first] = others;
  const other = first?.address ?? null;
  if (reached.kind === 'self' || address === listed) return { isFenced: false, other };
  const isListed = others.some((each) => each.address === listed);
  return { isFenced: isListed, other };
}
