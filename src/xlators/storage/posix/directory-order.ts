import type { ByteString } from '../../../fop/name.js';
import type { DiskDirent } from '../../../platform/disk.js';
import type { Hash64 } from './gfid2path.js';

/** A name with the cookie that continues after it. */
export interface OrderedDirent extends DiskDirent {
  readonly cookie: bigint;
}

const COOKIE_BITS = 54;
const DOT = 1n;
const DOT_DOT = 2n;

/**
 * Puts names into the order of a hash of theirs, which is their cookie too. So a cookie stays good when names
 * come and go, and in another opendir after a reconnection; and cookies stay below 2^55, as
 * clients with several bricks need it. Two names of one hash follow each other by one.
 */
export function orderEntries(
  hash: Hash64,
  entries: readonly DiskDirent[],
  inos: { readonly dot: bigint; readonly dotDot: bigint },
): readonly OrderedDirent[] {
  const hashed = entries.map((entry) => ({ ...entry, cookie: cookieOf(hash, entry.name) }));
  hashed.sort((a, b) => compare(a.cookie, b.cookie) || compare(a.name, b.name));
  const ordered: OrderedDirent[] = [
    { name: '.', ino: inos.dot, type: DT_DIR, cookie: DOT },
    { name: '..', ino: inos.dotDot, type: DT_DIR, cookie: DOT_DOT },
  ];
  let last = DOT_DOT;
  for (const entry of hashed) {
    last = entry.cookie > last ? entry.cookie : last + 1n;
    ordered.push({ ...entry, cookie: last });
  }
  return ordered;
}

const DT_DIR = 4;

function cookieOf(hash: Hash64, name: ByteString): bigint {
  return BigInt.asUintN(COOKIE_BITS, hash(Buffer.from(name, 'latin1'))) + DOT_DOT + 1n;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The index of the first entry after `cookie`. */
export function indexAfter(entries: readonly OrderedDirent[], cookie: bigint): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.cookie <= cookie) low = middle + 1;
    else high = middle;
  }
  return low;
}
