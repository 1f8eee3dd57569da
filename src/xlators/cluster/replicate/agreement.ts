import type { FopError } from '../../../fop/error.js';
import type { Gfid } from '../../../fop/gfid.js';
import { errorOf } from './errno-rank.js';

/** What a name, or a gfid, is at one subvolume. */
export type NameAnswer =
  | { readonly child: number; readonly gfid: Gfid; readonly type: number }
  | { readonly child: number; readonly error: FopError };

type Found = Extract<NameAnswer, { readonly gfid: Gfid }>;
type Failed = Extract<NameAnswer, { readonly error: FopError }>;

/** What is known of the directory that a name is in. */
export interface ParentEvidence {
  /** Subvolumes whose names in it are good. */
  readonly good: readonly number[];
  /** Names in it were being changed when somebody stopped. */
  readonly isDirty: boolean;
}

export type Verdict =
  /** The subvolumes that have the inode. */
  | { readonly kind: 'found'; readonly children: readonly number[] }
  | { readonly kind: 'failed'; readonly error: FopError }
  /** They disagree; the directory's marks may tell who is right. */
  | { readonly kind: 'unclear' }
  /** Different inodes under one name, and nothing tells which is the right one. */
  | { readonly kind: 'mismatch'; readonly answers: readonly Found[] };

/** What subvolumes say of a gfid: it is where it is found. */
export function agreeOnGfid(answers: readonly NameAnswer[]): Verdict {
  const found = answers.filter(isFound);
  if (found.length === 0) return failed(answers);
  return { kind: 'found', children: found.map(({ child }) => child) };
}

/**
 * What subvolumes say of a name. Where they disagree, in this order: those that are good for the directory are
 * believed; what more than half of all subvolumes say holds, unless a change was under way; a name that only some have
 * is there; two inodes are a mismatch.
 */
export function agreeOnName(
  answers: readonly NameAnswer[],
  count: number,
  parent?: ParentEvidence,
): Verdict {
  const found = answers.filter(isFound);
  if (found.length === 0) return failed(answers);
  const missing = answers.filter(isMissing);
  if (missing.length === 0 && inodesOf(found).size === 1) return foundLike(found, found);
  if (parent === undefined) return { kind: 'unclear' };
  const spoken = [...found, ...missing];
  const good = spoken.filter(({ child }) => parent.good.includes(child));
  return settle(found, good.length > 0 ? good : spoken, parent.isDirty ? undefined : count);
}

/** `count` undefined: a majority proves nothing. */
function settle(
  found: readonly Found[],
  believed: readonly (Found | Failed)[],
  count: number | undefined,
): Verdict {
  const present = believed.filter(isFound);
  const missing = believed.filter(isMissing);
  const isMost = (some: readonly unknown[]): boolean =>
    count !== undefined && some.length * 2 > count;
  if (present.length === 0 || isMost(missing)) return failed(missing);
  const inodes = [...inodesOf(present).values()];
  const winner = inodes.length === 1 ? inodes[0] : inodes.find(isMost);
  return winner ? foundLike(winner, found) : { kind: 'mismatch', answers: present };
}

/** All that have the same inode as `some`: whether their copies are good, the inode's own marks tell. */
function foundLike(some: readonly Found[], found: readonly Found[]): Verdict {
  const [key] = inodesOf(some).keys();
  const same = found.filter((answer) => inodeKey(answer) === key);
  return { kind: 'found', children: same.map(({ child }) => child) };
}

function failed(answers: readonly NameAnswer[]): Verdict {
  const error = errorOf(answers.filter(isFailed).map((answer) => answer.error));
  if (error === undefined) throw new TypeError('nobody was asked');
  return { kind: 'failed', error };
}

function inodesOf(found: readonly Found[]): ReadonlyMap<string, readonly Found[]> {
  const inodes = new Map<string, Found[]>();
  for (const answer of found) {
    const key = inodeKey(answer);
    inodes.set(key, [...(inodes.get(key) ?? []), answer]);
  }
  return inodes;
}

function inodeKey({ gfid, type }: Found): string {
  return `${gfid} ${type}`;
}

function isFound(answer: NameAnswer): answer is Found {
  return 'gfid' in answer;
}

function isFailed(answer: NameAnswer): answer is Failed {
  return 'error' in answer;
}

function isMissing(answer: NameAnswer): answer is Failed {
  return isFailed(answer) && ['ENOENT', 'ESTALE'].includes(answer.error.errno);
}
