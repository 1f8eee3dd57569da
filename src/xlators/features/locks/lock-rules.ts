import type { Fd } from '../../../fop/fd.js';
import type { ByteString } from '../../../fop/name.js';
import { isSameOwner, type LockRules, type Owned } from './lock-queue.js';
import { type ByteRange, overlaps, touches, without } from './range.js';

export const READ_LOCK = 0;
export const WRITE_LOCK = 1;
export const UNLOCK = 2;

/** inodelk: GlusterFS's own locks. They neither merge nor split. */
export interface InodeLock extends Owned {
  readonly type: number;
  readonly pid: number;
  readonly range: ByteRange;
}

/** entrylk: on one name of a directory, or on all (undefined). */
export interface EntryLock extends Owned {
  readonly type: number;
  readonly pid: number;
  readonly name: ByteString | undefined;
}

/** lk: the locks of fcntl(2). */
export interface PosixLock extends Owned {
  readonly type: number;
  readonly range: ByteRange;
  readonly pid: number;
  /** It was asked for through this one, and ends with it at the latest. */
  readonly fd: Fd;
}

function isExclusive(a: { readonly type: number }, b: { readonly type: number }): boolean {
  return a.type === WRITE_LOCK || b.type === WRITE_LOCK;
}

export const INODE_LOCKS: LockRules<InodeLock> = {
  conflicts: (a, b) => isExclusive(a, b) && overlaps(a.range, b.range),
  grant: (held, lock) => [...held, lock],
};

export const ENTRY_LOCKS: LockRules<EntryLock> = {
  conflicts: (a, b) =>
    isExclusive(a, b) && (a.name === undefined || b.name === undefined || a.name === b.name),
  grant: (held, lock) => [...held, lock],
};

export const POSIX_LOCKS: LockRules<PosixLock> = {
  conflicts: (a, b) => isExclusive(a, b) && overlaps(a.range, b.range),
  grant: (held, lock) => withPosixLock(held, lock),
};

/**
 * What an owner holds after one more fcntl lock: the new one takes its range from the owner's older ones, joins those of
 * its type that it touches, and as an unlock only takes.
 */
export function withPosixLock(held: readonly PosixLock[], lock: PosixLock): readonly PosixLock[] {
  const isMine = (other: PosixLock) => isSameOwner(other, lock);
  const rest = held.flatMap((other) =>
    isMine(other)
      ? without(other.range, lock.range).map((range) => ({ ...other, range }))
      : [other],
  );
  if (lock.type === UNLOCK) return rest;
  const joins = (other: PosixLock) =>
    isMine(other) && other.type === lock.type && touches(other.range, lock.range);
  const joined = rest.filter(joins).map(({ range }) => range);
  return [...rest.filter((other) => !joins(other)), { ...lock, range: span(lock.range, joined) }];
}

/** The range from the first to the last byte of all. */
function span(first: ByteRange, others: readonly ByteRange[]): ByteRange {
  let { start, end } = first;
  for (const range of others) {
    if (range.start < start) start = range.start;
    if (range.end > end) end = range.end;
  }
  return { start, end };
}
