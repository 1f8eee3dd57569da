/** Beyond so many wrong letters a word was not a typing error of another. */
const MAX_DISTANCE = 2;

/** Those of `candidates` that somebody may have meant who typed `word`: the nearest, at most three. */
export function nearest(word: string, candidates: readonly string[]): readonly string[] {
  const allowed = Math.min(MAX_DISTANCE, Math.floor(word.length / 2));
  const ranks = candidates.map((candidate) => rank(word, candidate));
  const least = Math.min(allowed, ...ranks);
  return candidates.filter((_, index) => ranks[index] === least).slice(0, 3);
}

/** A beginning counts as near, whatever is missing. */
function rank(word: string, candidate: string): number {
  const isBeginning = word.length >= 3 && candidate.startsWith(word);
  return isBeginning ? 0.5 : distance(word.toLowerCase(), candidate.toLowerCase());
}

/** Letters to insert, leave out, replace or swap with their neighbour (optimal string alignment). */
function distance(from: string, to: string): number {
  let before: readonly number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (line[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwap ? (before[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = above;
    above = line;
  }
  return above[to.length] ?? 0;
}

/** `; did you mean status?`, or nothing where nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
}
