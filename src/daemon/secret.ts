import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares two secrets in a time that says nothing about where they differ, or how long they are. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected)) && expected !== '';
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}
