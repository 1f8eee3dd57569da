import { v5 } from 'uuid';
import type { Gfid } from '../fop/gfid.js';
import { isPrivate, type Key } from './key.js';
import type { Store } from './store.js';

/** A file or directory that the values export should hold. Files of equal keys and `created` have equal gfids on all servers. */
export interface DesiredValue {
  readonly kind: 'value' | 'directory';
  readonly gfid: Gfid;
  /** Revision that made it: another one is another inode. */
  readonly created: number;
  /** Revision that changed it last. */
  readonly revision: number;
  readonly mode: number;
  readonly timeMs: number;
  readonly value: Buffer;
}

/** Where derived files live; users' keys never do. */
export const DERIVED = '.hekafs';
export const VERSION_KEY = `${DERIVED}/version`;
export const SERVERS_KEY = `${DERIVED}/servers`;
export const CLUSTER_KEY = `${DERIVED}/cluster`;
const RETIRED_KEY = `${DERIVED}/retired`;

const NO_VALUE = Buffer.alloc(0);

/** The gfid of a key: the same on every server, another one when the key was made anew. */
export function valueGfid(
  cluster: string,
  kind: DesiredValue['kind'],
  key: Key,
  created: number,
): Gfid {
  return v5(`${kind}:${created}:${key}`, cluster);
}

/** What should stand at `key`, or undefined: nothing. */
export function desiredValue(store: Store, cluster: string, key: Key): DesiredValue | undefined {
  const value = store.value(key);
  if (value) {
    const { created, revision, timeMs } = value;
    const gfid = valueGfid(cluster, 'value', key, created);
    return {
      kind: 'value',
      gfid,
      created,
      revision,
      mode: isPrivate(key) ? 0o600 : 0o644,
      timeMs,
      value: value.value,
    };
  }
  const directory = store.directory(key);
  if (directory) return directoryOf(cluster, key, directory.created, directory.timeMs);
  return undefined;
}

function directoryOf(cluster: string, key: Key, created: number, timeMs: number): DesiredValue {
  const gfid = valueGfid(cluster, 'directory', key, created);
  const mode = isPrivate(key) ? 0o700 : 0o755;
  return { kind: 'directory', gfid, created, revision: created, mode, timeMs, value: NO_VALUE };
}

/**
 * The files that say about the filesystem what the log decided: cluster, markers, tombstones, version. They are
 * written from the state and never read to decide anything but whether a copy needs help.
 */
export function derivedValues(store: Store, cluster: string): Map<Key, DesiredValue> {
  const found = new Map<Key, DesiredValue>();
  const { members, membersRevision: revision, membersTimeMs: timeMs } = store;
  for (const key of [DERIVED, SERVERS_KEY, RETIRED_KEY])
    found.set(key, directoryOf(cluster, key, 0, timeMs));
  const file = (key: Key, text: string, at = { revision, timeMs }) =>
    found.set(key, {
      kind: 'value',
      gfid: valueGfid(cluster, 'value', key, 0),
      created: 0,
      ...at,
      mode: 0o644,
      value: Buffer.from(`${text}\n`, 'utf8'),
    });
  file(CLUSTER_KEY, cluster);
  for (const { node, name, address, role, brick, host, port, voter } of members.servers)
    file(
      `${SERVERS_KEY}/${node}`,
      JSON.stringify({ node, name, address, role, brick, host, port, voter }),
    );
  for (const tombstone of members.retired)
    file(`${RETIRED_KEY}/${tombstone.node}`, JSON.stringify(tombstone));
  const { mark } = store;
  const version = {
    revision: mark.revision,
    hash: mark.hash.toString('hex'),
    timeMs: store.timeMs,
  };
  file(VERSION_KEY, JSON.stringify(version), { revision: mark.revision, timeMs: store.timeMs });
  return found;
}
