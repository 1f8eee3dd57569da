import type { ByteString } from '../../../fop/name.js';

/** Keys that stand for every attribute they fit: `*` is any text, `?` any one character. */
export function isPattern(key: ByteString): boolean {
  return key.includes('*') || key.includes('?');
}

/** In time that grows with both lengths and no more, whatever a client sends. */
export function fitsPattern(name: ByteString, pattern: ByteString): boolean {
  let [at, inPattern] = [0, 0];
  let [star, restart] = [-1, 0];
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      [star, restart] = [inPattern, at];
      inPattern += 1;
    } else if (wanted === '?' || (wanted !== undefined && wanted === name[at])) {
      at += 1;
      inPattern += 1;
    } else if (star >= 0) {
      restart += 1;
      [at, inPattern] = [restart, star + 1];
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}
