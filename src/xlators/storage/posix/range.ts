import type { Brick } from './brick.js';

/** No reply carries more. */
export const MAX_IO_BYTES = 16 * 1024 * 1024;

/** Reads of this size and above go to the thread pool: what is not in memory would hold up every other client. */
export const LARGE_BYTES = 64 * 1024;

/** The same for writes, which are in memory: one of 128 KiB, FUSE's largest, is copied in the time that the way to the pool takes. */
export const LARGE_WRITE_BYTES = 256 * 1024;

/** Refuses offsets that the system cannot take. */
export function checkOffset(brick: Brick, offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw brick.error('EINVAL', 'offset');
}

/** Refuses ranges that are empty or end beyond what a file can be. */
export function checkRange(brick: Brick, offset: number, size: number): void {
  checkOffset(brick, offset);
  if (!Number.isSafeInteger(size) || size <= 0) throw brick.error('EINVAL', 'size');
  if (!Number.isSafeInteger(offset + size)) throw brick.error('EFBIG');
}
