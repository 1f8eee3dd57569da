import {
  DERIVED,
  type DesiredValue,
  derivedValues,
  desiredValue,
  VERSION_KEY,
} from '../config/desired-values.js';
import { type Key, MAX_VALUE_BYTES } from '../config/key.js';
import type { Store } from '../config/store.js';
import { isErrno } from '../fop/error.js';
import { NULL_GFID } from '../fop/gfid.js';
import { type Iatt, isDirectory, isRegular } from '../fop/iatt.js';
import type { Volume } from '../mount/volume.js';
import { pathName } from '../mount/volume-path.js';
import { type Clock, sleep } from '../platform/platform.js';
import type { PathDifference } from './verify-report.js';

export interface ContentContext {
  readonly clock: Clock;
  readonly store: Store;
  readonly cluster: string;
  readonly volume: Volume;
  /** A path was looked at. */
  checked(): void;
}

export interface ContentFound {
  readonly same: number;
  readonly differences: readonly PathDifference[];
}

/** What differs is looked at again after so long: the copy may have been a moment behind. */
const AGAIN_MS = [300, 700, 2000, 3000];
/** More are not remembered: a copy of which so much differs is to be repaired as a whole. */
const MAX_DIFFERENCES = 100_000;

/** Compares one copy with the state, path by path, one value in memory at a time. Changes nothing. */
export async function checkContent(context: ContentContext): Promise<ContentFound> {
  const { store } = context;
  const begun = store.revision;
  const derived = derivedValues(store, context.cluster);
  let same = 0;
  let found: PathDifference[] = [];
  const note = (difference: PathDifference | undefined): void => {
    if (difference === undefined) same++;
    else if (found.length < MAX_DIFFERENCES) found.push(difference);
  };
  await checkDirectory(context, derived, '', (difference) => {
    context.checked();
    note(difference);
  });
  for (const ms of AGAIN_MS) {
    if (found.length === 0) break;
    await sleep(context.clock, ms);
    const isCurrent = (await versionOf(context.volume)) >= begun && store.revision === begun;
    const again = found;
    found = [];
    const listings: Listings = new Map();
    for (const { path } of again) note(await checkPath(context, listings, path, begun));
    if (isCurrent) break;
  }
  return { same, differences: found };
}

/** One directory of the copy beside the same of the state; then those in it. */
async function checkDirectory(
  context: ContentContext,
  derived: ReadonlyMap<Key, DesiredValue>,
  directory: Key,
  note: (difference: PathDifference | undefined) => void,
): Promise<void> {
  const found = await listingOf(context.volume, directory);
  const names = new Set([...found.keys(), ...namesIn(context.store, derived, directory)]);
  for (const name of [...names].sort()) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const stat = found.get(name);
    note(await compare(context, path, stat, desiredAt(context, path)));
    const isInside = stat !== undefined && isDirectory(stat) && stat.gfid !== NULL_GFID;
    if (isInside) await checkDirectory(context, derived, path, note);
    else noteBelow(context, path, note);
  }
}

/** What should stand below a directory that is not there is missing too. */
function noteBelow(
  { store }: ContentContext,
  path: Key,
  note: (difference: PathDifference | undefined) => void,
): void {
  if (!store.directory(path)) return;
  for (const key of [...store.directoriesWithin(path), ...store.keysWithin(path)])
    if (key !== path) note({ path: key, kind: 'missing', text: MISSING });
}

function namesIn(
  store: Store,
  derived: ReadonlyMap<Key, DesiredValue>,
  directory: Key,
): Iterable<string> {
  if (directory !== DERIVED && !directory.startsWith(`${DERIVED}/`)) {
    const children = store.directory(directory)?.children ?? [];
    return directory === '' ? [...children, DERIVED] : children;
  }
  const prefix = `${directory}/`;
  const below = [...derived.keys()].filter((key) => key.startsWith(prefix));
  return below.map((key) => key.slice(prefix.length)).filter((name) => !name.includes('/'));
}

function desiredAt({ store, cluster }: ContentContext, path: Key): DesiredValue | undefined {
  if (path !== DERIVED && !path.startsWith(`${DERIVED}/`))
    return desiredValue(store, cluster, path);
  return derivedValues(store, cluster).get(path);
}

type Listings = Map<Key, ReadonlyMap<string, Iatt>>;

/**
 * Looks at a path anew. What was committed since the check began is no business of this check. It is listed and not looked up: a
 * name that a hand has just made has no gfid, and cannot be.
 */
async function checkPath(
  context: ContentContext,
  listings: Listings,
  path: Key,
  begun: number,
): Promise<PathDifference | undefined> {
  const desired = desiredAt(context, path);
  if (desired !== undefined && desired.revision > begun) return undefined;
  const at = path.lastIndexOf('/');
  const directory = path.slice(0, Math.max(0, at));
  const listing = listings.get(directory) ?? (await listingOf(context.volume, directory));
  listings.set(directory, listing);
  return compare(context, path, listing.get(path.slice(at + 1)), desired);
}

async function listingOf(volume: Volume, directory: Key): Promise<ReadonlyMap<string, Iatt>> {
  try {
    return new Map((await volume.list(directory)).map(({ name, stat }) => [pathName(name), stat]));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ESTALE', 'ENODATA')) return new Map();
    throw error;
  }
}

const MISSING = 'committed, and not there';

async function compare(
  { volume }: ContentContext,
  path: Key,
  stat: Iatt | undefined,
  desired: DesiredValue | undefined,
): Promise<PathDifference | undefined> {
  if (stat === undefined) return desired ? { path, kind: 'missing', text: MISSING } : undefined;
  if (desired === undefined) return { path, kind: 'extra', text: 'there, and not committed' };
  const differs = (text: string): PathDifference => ({ path, kind: 'differs', text });
  if (stat.gfid === NULL_GFID) return differs('somebody has put another one there');
  const kind = isDirectory(stat) ? 'directory' : isRegular(stat) ? 'value' : 'special file';
  if (kind !== desired.kind) return differs(`a ${kind}, and a ${desired.kind} was committed`);
  if (stat.gfid !== desired.gfid) return differs(`its gfid is ${stat.gfid}, not ${desired.gfid}`);
  if (kind === 'directory' || path === VERSION_KEY) return undefined;
  if (stat.size !== desired.value.length)
    return differs(`${stat.size} bytes, ${desired.value.length} were committed`);
  return (await holds(volume, path, desired.value))
    ? undefined
    : differs(`its ${stat.size} bytes are not those that were committed`);
}

async function holds(volume: Volume, path: Key, value: Buffer): Promise<boolean> {
  try {
    return (await volume.readFile(path, MAX_VALUE_BYTES)).equals(value);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESTALE', 'EFBIG', 'EIO')) return false;
    throw error;
  }
}

/** The revision that the copy says it holds; 0 where it does not say. */
async function versionOf(volume: Volume): Promise<number> {
  try {
    const { revision } = JSON.parse((await volume.readFile(VERSION_KEY)).toString()) as {
      revision?: unknown;
    };
    return typeof revision === 'number' ? revision : 0;
  } catch {
    return 0;
  }
}
