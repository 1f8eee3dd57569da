import { FopError } from '../../../fop/error.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { Outcome } from '../../../fop/wind.js';
import { errorOf } from './errno-rank.js';
import { isQuorum, type QuorumRule } from './quorum.js';

/** What became of a change at one subvolume. */
export interface Said {
  readonly child: number;
  readonly outcome: Outcome<unknown>;
}

export interface Judges {
  readonly count: number;
  readonly quorum: QuorumRule;
  /** The subvolumes whose copies were good when the change began. */
  readonly good: readonly number[];
}

export type ChangeVerdict =
  /** It holds. Those that failed, or were not asked, have missed it. */
  | { readonly kind: 'done'; readonly by: readonly number[]; readonly missed: readonly number[] }
  /** Nobody did it; `isUncertain` where somebody was lost on the way, and may have. */
  | { readonly kind: 'refused'; readonly error: FopError; readonly isUncertain: boolean }
  /** Some did it, but not those whom it takes: it does not hold, and their copies now differ. */
  | { readonly kind: 'torn'; readonly error: FopError; readonly by: readonly number[] };

/**
 * What a change came to. It holds where a quorum of good copies did it: what lags behind may not accuse what does not (engine
 * reference, E 55), nor be the second copy of what was answered.
 */
export function judgeChange(said: readonly Said[], judges: Judges, where: string): ChangeVerdict {
  const by = said.flatMap(({ child, outcome }) => ('reply' in outcome ? [child] : []));
  const errors = said.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
  if (by.length === 0) return refused(errors, where);
  const { count, quorum, good } = judges;
  const believed = by.filter((child) => good.includes(child));
  if (isQuorum(believed, quorum, count)) return { kind: 'done', by, missed: rest(by, count) };
  const ofGood = said.flatMap(({ child, outcome }) =>
    'error' in outcome && good.includes(child) ? [outcome.error] : [],
  );
  const error = errorOf(ofGood) ?? errorOf(errors);
  return { kind: 'torn', by, error: error ?? notEnough(where, by.length) };
}

function refused(errors: readonly FopError[], where: string): ChangeVerdict {
  const isUncertain = errors.some(({ errno }) => errno === 'ENOTCONN');
  return { kind: 'refused', error: errorOf(errors) ?? notEnough(where, 0), isUncertain };
}

function notEnough(where: string, count: number): FopError {
  return new FopError(
    'ENOTCONN',
    where,
    new Error(`${count} subvolumes did it, which are too few`),
  );
}

function rest(by: readonly number[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, child) => child).filter((child) => !by.includes(child));
}

/**
 * The same outcomes, where an answer about another inode than that of the good copies (or else of most) is an error: the
 * name was something else there.
 */
export function agreeOnInode<Reply>(
  said: readonly { readonly child: number; readonly outcome: Outcome<Reply> }[],
  inodeOf: (reply: Reply) => Gfid,
  good: readonly number[],
  where: string,
): readonly { readonly child: number; readonly outcome: Outcome<Reply> }[] {
  const votes = new Map<Gfid, number>();
  for (const { child, outcome } of said)
    if ('reply' in outcome) {
      const gfid = inodeOf(outcome.reply);
      votes.set(gfid, (votes.get(gfid) ?? 0) + (good.includes(child) ? said.length + 1 : 1));
    }
  const [winner] = [...votes].toSorted(([, one], [, other]) => other - one);
  return said.map(({ child, outcome }) => {
    if (!('reply' in outcome) || inodeOf(outcome.reply) === winner?.[0]) return { child, outcome };
    const why = new Error('the name is another inode there');
    return { child, outcome: { error: new FopError('EEXIST', where, why) } };
  });
}
