import { type Iatt, NO_IATT, S_IFREG } from '../../../../src/fop/iatt.js';
import type { SeenCopy } from '../../../../src/xlators/cluster/replicate/copies.js';
import {
  type MarkKind,
  type Marks,
  NO_MARKS,
  type Testimony,
} from '../../../../src/xlators/cluster/replicate/pending.js';

/** What a brick says in the words of a test: '1' accuses subvolume 1, 'd' says dirty, each once for its count. */
export function says(words: string, kind: MarkKind, count: number): Testimony {
  const marks = (is: boolean): Marks => (is ? { ...NO_MARKS, [kind]: 1 } : NO_MARKS);
  return {
    about: Array.from({ length: count }, (_, child) => marks(words.includes(String(child)))),
    dirty: marks(words.includes('d')),
  };
}

/** Copies by what their bricks say; undefined for a brick that is away. */
export function copiesThatSay(
  words: readonly (string | undefined)[],
  kind: MarkKind,
  stats: readonly Partial<Iatt>[] = [],
): SeenCopy[] {
  return words.flatMap((said, child) =>
    said === undefined
      ? []
      : [
          {
            child,
            stat: { ...NO_IATT, mode: S_IFREG | 0o644, ...stats[child] },
            testimony: says(said, kind, words.length),
          },
        ],
  );
}
