import type { ConfigDatabase } from '../config/database.js';
import { ConfigError } from '../config/error.js';
import type { Key } from '../config/key.js';
import type { Store } from '../config/store.js';
import type { Found, Listed } from './verbs.js';

/** Answers a read from a node's applied state; whoever wants the newest has had it catch up before. */
export function readFound(
  database: ConfigDatabase,
  key: Key,
  options: { readonly stale: boolean; readonly recursive: boolean },
): Found {
  const { store } = database;
  const ageMs = options.stale ? (database.ageMs ?? 'unknown') : null;
  const stored = store.value(key);
  if (stored)
    return {
      kind: 'value',
      key,
      value: stored.value,
      revision: stored.revision,
      storeRevision: store.revision,
      modifiedMs: stored.timeMs,
      ageMs,
    };
  if (!store.directory(key))
    throw new ConfigError(
      'HFS-1004',
      `no key ${key}`,
      'nothing has that name',
      'hfs_config list shows what there is',
    );
  const entries = options.recursive ? allWithin(store, key) : childrenOf(store, key);
  return { kind: 'directory', key, entries, storeRevision: store.revision, ageMs };
}

function childrenOf(store: Store, key: Key): Listed[] {
  const names = [...(store.directory(key)?.children ?? [])].sort();
  return names.map((name) => listed(store, key === '' ? name : `${key}/${name}`));
}

function allWithin(store: Store, key: Key): Listed[] {
  return [...store.keysWithin(key)].map((each) => listed(store, each));
}

function listed(store: Store, key: Key): Listed {
  const value = store.value(key);
  if (value) return { key, kind: 'value', revision: value.revision, size: value.value.length };
  return { key: `${key}/`, kind: 'directory', revision: null, size: null };
}
