import { ConfigError } from './error.js';

/** A key is a path without leading or trailing slash; the empty key is the root directory. Unicode text. */
export type Key = string;

export const MAX_KEY_BYTES = 1024;
export const MAX_COMPONENT_BYTES = 255;
export const MAX_VALUE_BYTES = 4 * 1024 * 1024;

/** First components that the filesystem keeps for itself. */
const RESERVED = /^(\.hekafs$|\.glusterfs|\.trashcan$)/;

const CHOOSE = 'choose another first component';

/** Says what is wrong with a key, or nothing. */
export function keyFault(key: Key): string | undefined {
  if (key === '') return 'a key is not empty';
  if (/\p{Surrogate}/u.test(key)) return 'it is not valid UTF-8';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  const components = key.split('/');
  for (const component of components) {
    if (component === '') return 'a component is empty (a slash too many?)';
    if (component === '.' || component === '..') return `a component is "${component}"`;
    if (component.includes('\0')) return 'it holds a NUL';
    if (Buffer.byteLength(component) > MAX_COMPONENT_BYTES)
      return `a component is longer than ${MAX_COMPONENT_BYTES} bytes`;
  }
  if (RESERVED.test(components[0] ?? ''))
    return `"${components[0]}" is kept for the filesystem itself`;
  return undefined;
}

/** Throws HFS-1002 for a key that cannot be. */
export function checkKey(key: Key): void {
  const fault = keyFault(key);
  if (fault === undefined) return;
  const next = `use components of up to ${MAX_COMPONENT_BYTES} bytes, separated by single slashes`;
  throw refused(key, fault, RESERVED.test(key.split('/')[0] ?? '') ? CHOOSE : next);
}

/** Throws HFS-1002 for a key that is no user's to change: one that cannot be, or below `volumes/`. */
export function checkWritableKey(key: Key): void {
  checkKey(key);
  if (isWithin(key, 'volumes')) throw refused(key, '"volumes" is kept for hfs_volume', CHOOSE);
}

/** True where a key, or a component of it, has too many bytes. */
export function isTooLong(key: Key): boolean {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return true;
  return key.split('/').some((component) => Buffer.byteLength(component) > MAX_COMPONENT_BYTES);
}

function refused(key: Key, why: string, next: string): ConfigError {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  return new ConfigError('HFS-1002', `key ${JSON.stringify(shown)} refused`, why, next);
}

/** True where `key` is `prefix` itself or lies below it. The root holds everything. */
export function isWithin(key: Key, prefix: Key): boolean {
  return prefix === '' || key === prefix || key.startsWith(`${prefix}/`);
}

/** The directories above a key, outermost first, without the root. */
export function ancestors(key: Key): Key[] {
  const found: Key[] = [];
  for (let at = key.indexOf('/'); at !== -1; at = key.indexOf('/', at + 1))
    found.push(key.slice(0, at));
  return found;
}

/** True where only root may read it: below `private/`. */
export function isPrivate(key: Key): boolean {
  return isWithin(key, 'private');
}
