import type { ConfigDatabase } from '../config/database.js';
import { ConfigError } from '../config/error.js';
import type { Key } from '../config/key.js';
import type { Store } from '../config/store.js';
import type { Found, Listed, ReadOptions } from './verbs.js';

/** What the values of one listing may come to: an answer is made at once, and held until it has been read. */
const MAX_LISTED_BYTES = 16 * 1024 * 1024;

/** Answers a read from a node's applied state; whoever wants the newest has had it catch up before. */
export function readFound(database: ConfigDatabase, key: Key, options: ReadOptions): Found {
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
  const shown = options.values ? withValues(store, key, entries) : entries;
  return { kind: 'directory', key, entries: shown, storeRevision: store.revision, ageMs };
}

function withValues(store: Store, key: Key, entries: readonly Listed[]): readonly Listed[] {
  const bytes = entries.reduce((sum, { size }) => sum + (size ?? 0), 0);
  if (bytes > MAX_LISTED_BYTES)
    throw new ConfigError(
      'HFS-1012',
      `the values below ${key === '' ? 'the root' : key} are too many for one answer`,
      `they have ${bytes} bytes, ${MAX_LISTED_BYTES} are allowed`,
      'read them one by one, or directory by directory',
    );
  return entries.map((entry) => {
    const value = store.value(entry.key)?.value;
    return value === undefined ? entry : { ...entry, value };
  });
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
