import { type DesiredValue, derivedValues, desiredValue, VERSION_KEY } from './desired-values.js';
import { inParallel } from './in-parallel.js';
import type { Key } from './key.js';
import type { Store } from './store.js';
import { isTornFrom } from './torn-value.js';
import type { FoundValue, ValuesTree } from './values-tree.js';

/** What is known to stand at a path of the copy. Revision 0: not what any commit has made. */
export interface Stands {
  readonly kind: FoundValue['kind'];
  readonly gfid: string;
  readonly revision: number;
}

/**
 * How a path differs from the state. `late`: as an older commit left it, or not made yet. `torn`: parts of what was committed,
 * and nothing else. `changed`, `added` and `removed` were done by somebody who is no applier.
 */
export type How = 'late' | 'torn' | 'changed' | 'added' | 'removed';

export interface Wrong {
  readonly key: Key;
  readonly how: How;
  /** Of what should be there, or of what is where nothing should be. */
  readonly kind: FoundValue['kind'];
  /** What stands there; undefined where nothing does. */
  readonly found: FoundValue | undefined;
  /** Of the value that the copy should hold, where it should hold one. */
  readonly revision: number | undefined;
}

/** What one walk over a copy has found. */
export interface Look {
  readonly stands: Map<Key, Stands>;
  readonly wrong: readonly Wrong[];
}

export interface LookContext {
  readonly tree: ValuesTree;
  readonly store: Store;
  readonly cluster: string;
  /** What the applier itself has put there since it looked last: whatever is not so any more was changed by others. */
  readonly known: ReadonlyMap<Key, Stands> | undefined;
}

/** Few, so that an append never waits behind many of them. */
const MAX_PARALLEL = 4;

/** Compares everything that stands in a copy with the state. Changes nothing but that bare names get a gfid. */
export async function lookAtValues(context: LookContext): Promise<Look> {
  const { tree, store, cluster } = context;
  const derived = derivedValues(store, cluster);
  const found: (readonly [Key, FoundValue])[] = [];
  for await (const each of tree.walk()) found.push(each);
  const stands = new Map<Key, Stands>();
  const wrong: Wrong[] = [];
  await inParallel(found, MAX_PARALLEL, async ([key, each]) => {
    const desired = derived.get(key) ?? desiredValue(store, cluster, key);
    const isRight = desired !== undefined && (await isAsDesired(tree, key, each, desired));
    stands.set(key, { ...each, revision: isRight ? desired.revision : 0 });
    if (isRight || key === VERSION_KEY) return;
    const how = await howItDiffers(context, key, each, desired);
    const kind = desired?.kind ?? each.kind;
    wrong.push({ key, how, kind, found: each, revision: desired?.revision });
  });
  for (const key of [...store.directoriesWithin(''), ...store.keysWithin(''), ...derived.keys()]) {
    if (stands.has(key)) continue;
    const desired = derived.get(key) ?? desiredValue(store, cluster, key);
    const how = isKnown(context.known, key, desired?.revision) ? 'removed' : 'late';
    const { kind = 'value', revision } = desired ?? {};
    wrong.push({ key, how, kind, found: undefined, revision });
  }
  return { stands, wrong };
}

/** True where the applier had put exactly this revision there. */
function isKnown(
  known: ReadonlyMap<Key, Stands> | undefined,
  key: Key,
  revision: number | undefined,
): boolean {
  return revision !== undefined && known?.get(key)?.revision === revision;
}

/**
 * A value that no commit has made was changed: one without the marks of the applier, or with the time of the newest commit
 * but not its bytes. Bytes of an older commit are ours, and only late.
 */
async function howItDiffers(
  { tree, known }: LookContext,
  key: Key,
  found: FoundValue,
  desired: DesiredValue | undefined,
): Promise<How> {
  if (desired === undefined) return found.isOurs && !known ? 'late' : hadOne(known, key);
  if (found.kind !== desired.kind) return 'changed';
  if (found.kind === 'directory') return found.isOurs ? 'late' : 'changed';
  const isNewest = found.gfid === desired.gfid && found.timeMs === desired.timeMs;
  if (found.isOurs && !isNewest && !isKnown(known, key, desired.revision)) return 'late';
  if (!isNewest || known !== undefined) return 'changed';
  return (await isTornFrom(tree, key, found, desired.value)) ? 'torn' : 'changed';
}

/** A key that is gone from the state and was known here is not removed yet; one that was never known was added. */
function hadOne(known: ReadonlyMap<Key, Stands> | undefined, key: Key): How {
  return (known?.get(key)?.revision ?? 0) > 0 ? 'late' : 'added';
}

async function isAsDesired(
  tree: ValuesTree,
  key: Key,
  found: FoundValue,
  desired: DesiredValue,
): Promise<boolean> {
  if (found.kind !== desired.kind || found.gfid !== desired.gfid) return false;
  if (found.kind === 'directory') return true;
  if (key === VERSION_KEY || found.timeMs !== desired.timeMs) return false;
  return found.size === desired.value.length && (await tree.holds(key, desired.value));
}
