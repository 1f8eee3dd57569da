import type { Dirent } from '../../../fop/fops.js';

/**
 * Whether two bricks give a directory's names the same cookies, as far as names that both have tell. `.` and `..` tell
 * nothing: their cookies are the same on bricks that share nothing else.
 */
export function compareCookies(
  known: readonly Dirent[],
  seen: readonly Dirent[],
): 'same' | 'different' | 'unknown' {
  const cookies = new Map(known.map(({ name, offset }) => [name, offset]));
  let verdict: 'same' | 'unknown' = 'unknown';
  for (const { name, offset } of seen) {
    const cookie = name === '.' || name === '..' ? undefined : cookies.get(name);
    if (cookie === undefined) continue;
    if (cookie !== offset) return 'different';
    verdict = 'same';
  }
  return verdict;
}
