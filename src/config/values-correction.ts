import { type DesiredValue, VERSION_KEY } from './desired-values.js';
import { inParallel } from './in-parallel.js';
import { ancestors, type Key } from './key.js';
import type { Stands } from './values-look.js';
import type { ValuesTree } from './values-tree.js';

/** Few, so that an append never waits behind many of them. */
const MAX_PARALLEL = 2;

/** What should stand at a path; undefined: nothing. */
export type DesiredOf = (key: Key) => DesiredValue | undefined;

/**
 * Makes the paths `dirty` of a copy what they should be. `stands` is what is known of the copy, and follows. Removals first,
 * inner before outer; then directories, outer first; then values; the version last, which says that all the others are there.
 */
export async function correctValues(
  tree: ValuesTree,
  stands: Map<Key, Stands>,
  dirty: ReadonlySet<Key>,
  desiredOf: DesiredOf,
): Promise<void> {
  const removed = await removeWrong(tree, stands, dirty, desiredOf);
  const wanted = new Map<Key, DesiredValue>();
  for (const key of [...dirty, ...removed]) {
    const desired = desiredOf(key);
    if (desired) wanted.set(key, desired);
  }
  const directories = [...wanted].filter(([, { kind }]) => kind === 'directory');
  for (const [key, desired] of directories.sort(([a], [b]) => depth(a) - depth(b)))
    await makeDirectory(tree, stands, key, desired);
  const version = wanted.get(VERSION_KEY);
  wanted.delete(VERSION_KEY);
  const values = [...wanted].filter(([, { kind }]) => kind === 'value');
  await inParallel(values, MAX_PARALLEL, ([key, desired]) => put(tree, stands, key, desired));
  if (version) await put(tree, stands, VERSION_KEY, version);
}

/** Answers what it took away: a directory that goes takes along whatever stands in it, right or wrong. */
async function removeWrong(
  tree: ValuesTree,
  stands: Map<Key, Stands>,
  dirty: ReadonlySet<Key>,
  desiredOf: DesiredOf,
): Promise<ReadonlySet<Key>> {
  const wrong = new Set<Key>();
  for (const key of dirty) {
    const now = stands.get(key);
    if (now && now.gfid !== desiredOf(key)?.gfid) wrong.add(key);
  }
  for (const key of wrong.size > 0 ? stands.keys() : [])
    if (ancestors(key).some((above) => wrong.has(above))) wrong.add(key);
  for (const key of [...wrong].sort((a, b) => depth(b) - depth(a))) {
    await tree.remove(key, stands.get(key)?.kind ?? 'value');
    stands.delete(key);
  }
  return wrong;
}

async function makeDirectory(
  tree: ValuesTree,
  stands: Map<Key, Stands>,
  key: Key,
  desired: DesiredValue,
): Promise<void> {
  const { gfid, revision } = desired;
  if (stands.get(key)?.gfid === gfid) return;
  await tree.makeDirectory(key, desired);
  stands.set(key, { kind: 'directory', gfid, revision });
}

async function put(
  tree: ValuesTree,
  stands: Map<Key, Stands>,
  key: Key,
  desired: DesiredValue,
): Promise<void> {
  const { gfid, revision } = desired;
  const now = stands.get(key);
  if (now?.gfid === gfid && now.revision === revision) return;
  await tree.put(key, desired);
  stands.set(key, { kind: 'value', gfid, revision });
}

function depth(key: Key): number {
  return key.split('/').length;
}
