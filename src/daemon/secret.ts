import { timingSafeEqual } from 'node:crypto';

/** No secret is longer. */
const MAX_BYTES = 256;

/** Compares two secrets in a time that says nothing about where they differ, or how long they are. */
export function isSameSecret(given: string, expected: string): boolean {
  const [one, other] = [padded(given), padded(expected)];
  const isSameLength = given.length === expected.length && given.length <= MAX_BYTES;
  return timingSafeEqual(one, other) && isSameLength && expected !== '';
}

function padded(secret: string): Buffer {
  const bytes = Buffer.alloc(MAX_BYTES);
  bytes.write(secret, 'utf8');
  return bytes;
}
