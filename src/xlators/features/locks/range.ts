/** A range of bytes; both ends belong to it. */
export interface ByteRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** The last byte that a file can have. */
export const LAST_BYTE = (1n << 63n) - 1n;

/** The range of a flock, `len` 0 reaching to the end; undefined where it is none. */
export function byteRange(start: bigint, len: bigint): ByteRange | undefined {
  if (start < 0n || start > LAST_BYTE || len < 0n || len > LAST_BYTE) return undefined;
  const end = start + len - 1n;
  return { start, end: len === 0n || end > LAST_BYTE ? LAST_BYTE : end };
}

/** `len` of a flock for the range. */
export function lengthOf({ start, end }: ByteRange): bigint {
  return end === LAST_BYTE ? 0n : end - start + 1n;
}

export function overlaps(a: ByteRange, b: ByteRange): boolean {
  return a.start <= b.end && b.start <= a.end;
}

export function isSameRange(a: ByteRange, b: ByteRange): boolean {
  return a.start === b.start && a.end === b.end;
}

/** True where the two together are one range. */
export function touches(a: ByteRange, b: ByteRange): boolean {
  return overlaps(a, b) || a.end + 1n === b.start || b.end + 1n === a.start;
}

/** What is left of `from` without `taken`: nothing, one piece, or two. */
export function without(from: ByteRange, taken: ByteRange): readonly ByteRange[] {
  if (!overlaps(from, taken)) return [from];
  const left = { start: from.start, end: taken.start - 1n };
  const right = { start: taken.end + 1n, end: from.end };
  return [left, right].filter(({ start, end }) => start <= end);
}
