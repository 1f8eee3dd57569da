import { checkKey, type Key } from '../config/key.js';
import type { Listed } from '../daemon/verbs.js';
import { type ApiAnswer, headerOf, jsonOf } from './api-answer.js';
import type { Context } from './context.js';

/** A value as the API answered it. */
export interface ReadValue {
  readonly kind: 'value';
  readonly key: Key;
  readonly value: Buffer;
  readonly revision: number;
  /** Of a stale read, seconds. */
  readonly age: string | undefined;
}

/** As a listing has it in JSON. */
export type ListedJson = Omit<Listed, 'value'> & {
  readonly value?: string;
  readonly base64?: string;
};

export interface ReadDirectory {
  readonly kind: 'directory';
  readonly key: Key;
  readonly revision: number;
  readonly entries: readonly ListedJson[];
  readonly age: string | undefined;
}

export interface ReadOptions {
  readonly isStale: boolean;
  readonly isRecursive: boolean;
  /** With the values of a directory, all of one revision. */
  readonly isWithValues?: boolean;
}

/** The request path of a key; HFS-1002 for one that cannot be. The empty key is the root. */
export function configPath(key: Key): string {
  if (key !== '') checkKey(key);
  return `/v1/config/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** `site/` means the same directory as `site`. */
export function directoryKey(text: string): Key {
  return text === '/' ? '' : text.replace(/\/$/, '');
}

/** Reads a value or a directory's listing. */
export async function readKey(
  context: Context,
  key: Key,
  options: ReadOptions,
): Promise<ReadValue | ReadDirectory> {
  const flags = [
    options.isStale ? 'stale=1' : '',
    options.isRecursive ? 'recursive=1' : '',
    options.isWithValues ? 'values=1' : '',
  ];
  const query = flags.filter((flag) => flag !== '').join('&');
  const path = configPath(key) + (query === '' ? '' : `?${query}`);
  return found(key, await context.client.ask({ method: 'GET', path }));
}

/** Values have an ETag, listings do not. */
function found(key: Key, answer: ApiAnswer): ReadValue | ReadDirectory {
  const tag = headerOf(answer, 'etag');
  const age = headerOf(answer, 'hfs-age');
  if (tag !== undefined) {
    const revision = Number(tag.replaceAll('"', ''));
    return { kind: 'value', key, value: answer.body, revision, age };
  }
  const { revision, entries } = jsonOf<{ revision: number; entries: readonly ListedJson[] }>(
    answer,
  );
  return { kind: 'directory', key, revision, entries, age };
}
