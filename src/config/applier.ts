import type { Clock, Timer } from '../platform/platform.js';
import { type DesiredValue, derivedValues, desiredValue, VERSION_KEY } from './desired-values.js';
import { ancestors, type Key } from './key.js';
import type { Store, Touched } from './store.js';
import type { FoundValue, ValuesTree } from './values-tree.js';

export interface ApplierContext {
  readonly clock: Clock;
  readonly store: Store;
  readonly cluster: string;
  /** Says on the writer's connection whether the export holds everything: others read it only then. */
  setApplied(isApplied: boolean): Promise<void>;
  /** A hand's change is about to be overwritten: keep it. */
  keep(key: Key, value: Buffer, why: string): Promise<void>;
  log(
    level: 'debug' | 'info' | 'warn',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** After a quiet time a pass begins this soon. */
const GATHER_MS = 2;
/**
 * A pass owes this many times the pause that it took. What is owed beyond BURST_MS is paused before the next one: under
 * lasting load more commits are gathered, of which only the last of each key is written, and the log keeps the disk.
 */
const PAUSE_FACTOR = 6;
const BURST_MS = 2000;
const MAX_PAUSE_MS = 2000;
/** Few, so that an append never waits behind many of them. */
const MAX_PARALLEL = 4;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;
/** The version file may be behind the values for so long. */
const VERSION_MS = 500;
/** Readers see a copy only while it is what was committed at most so long ago. */
const MAX_BEHIND_MS = 5000;

type Stands = {
  readonly kind: FoundValue['kind'];
  readonly gfid: string;
  readonly revision: number;
};

/**
 * Brings this node's values export to what the applied state says, and keeps it there. What to do follows
 * from the state and from what stands on the brick, never from a single commit: so a pass may take many commits
 * together, and doing it again does no harm.
 */
export class Applier {
  /** What is known to stand on the brick; undefined until it has been looked at. */
  private stands: Map<Key, Stands> | undefined;
  private dirty = new Set<Key>();
  private tree: ValuesTree | undefined;
  private timer: Timer | undefined;
  private isRunning = false;
  private startedMs = 0;
  private dueMs = 0;
  /** Which revision the version file says, and since when. */
  private version = { revision: 0, sinceMs: Number.NEGATIVE_INFINITY };
  private endedMs = 0;
  private owedMs = 0;
  private pausedUntilMs = 0;
  /** The first commit that is not applied came no earlier; undefined: all are. */
  private behindSinceMs: number | undefined;
  private isOpen = false;
  private isFresh = false;
  /**
   * Whether this node ever knew the newest commits. Before that the brick may hold more than the state: its own log does
   * not say yet that the last records are committed, and what they have made must not be taken back.
   */
  private wasFresh = false;
  private retryMs = FIRST_RETRY_MS;
  private listedMembers = -1;
  /** The revision whose values the brick holds. */
  applied = 0;

  constructor(private readonly context: ApplierContext) {}

  get isCaughtUp(): boolean {
    return this.isOpen;
  }

  /** The brick answers: look at all that is there, and correct it. */
  connected(tree: ValuesTree): void {
    this.tree = tree;
    this.stands = undefined;
    this.isOpen = false;
    this.retryMs = FIRST_RETRY_MS;
    this.pausedUntilMs = 0;
    this.wake(0);
  }

  disconnected(): void {
    this.tree = undefined;
    this.stands = undefined;
    this.isOpen = false;
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Whether this node knows the newest commits; while it does not, nobody may read its copy as if it did. */
  setFresh(isFresh: boolean): void {
    if (this.isFresh === isFresh) return;
    this.isFresh = isFresh;
    this.wasFresh ||= isFresh;
    this.wake(0);
  }

  touched(keys: Touched): void {
    for (const key of keys) this.dirty.add(key);
    this.behindSinceMs ??= this.context.clock.monotonicMs();
    this.wake(GATHER_MS);
  }

  /** Has a pass begin in `ms`, or when the pause after the last one is over; an earlier one that is due stays. */
  private wake(ms: number): void {
    if (this.isRunning || this.tree === undefined || !this.wasFresh) return;
    const { clock } = this.context;
    const dueMs = Math.max(clock.monotonicMs() + ms, this.pausedUntilMs);
    if (this.timer && this.dueMs <= dueMs) return;
    this.timer?.cancel();
    this.dueMs = dueMs;
    this.timer = clock.after(dueMs - clock.monotonicMs(), () => {
      this.timer = undefined;
      this.run();
    });
  }

  private run(): void {
    const { tree } = this;
    if (tree === undefined) return;
    this.isRunning = true;
    this.startedMs = this.context.clock.monotonicMs();
    this.pass(tree).then(
      () => this.ran(tree),
      (error: unknown) => this.failed(tree, error),
    );
  }

  private ran(tree: ValuesTree): void {
    this.isRunning = false;
    if (this.tree !== tree) {
      this.wake(0);
      return;
    }
    this.retryMs = FIRST_RETRY_MS;
    this.pausedUntilMs = this.afterPause();
    const isBehind = this.applied < this.context.store.revision || this.isOpen !== this.isFresh;
    if (this.dirty.size > 0 || isBehind) this.wake(GATHER_MS);
    else if (this.version.revision < this.applied) this.wake(VERSION_MS);
  }

  /** Adds what the pass just over owes to what is left of earlier ones; answers when the next may begin. */
  private afterPause(): number {
    const nowMs = this.context.clock.monotonicMs();
    const leftMs = Math.max(0, this.owedMs - (nowMs - this.endedMs));
    const owedMs = leftMs + PAUSE_FACTOR * (nowMs - this.startedMs);
    this.owedMs = Math.min(BURST_MS + MAX_PAUSE_MS, owedMs);
    this.endedMs = nowMs;
    return nowMs + Math.max(0, this.owedMs - BURST_MS);
  }

  private failed(tree: ValuesTree, error: unknown): void {
    this.isRunning = false;
    this.isOpen = false;
    if (this.tree !== tree) {
      this.wake(0);
      return;
    }
    this.stands = undefined;
    this.context.log('warn', 'values could not be applied; trying again', { error: String(error) });
    this.wake(this.retryMs);
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }

  private async pass(tree: ValuesTree): Promise<void> {
    const { store } = this.context;
    if (store.revision === 0) return;
    if (this.stands === undefined) await this.look(tree);
    else if (this.behindMs > MAX_BEHIND_MS) await this.setOpen(false);
    const revision = store.revision;
    const sinceMs = this.context.clock.monotonicMs();
    const dirty = this.dirty;
    this.dirty = new Set();
    const derived = this.dueDerived(dirty);
    try {
      await this.correct(tree, dirty, derived);
    } catch (error) {
      for (const key of dirty) this.dirty.add(key);
      throw error;
    }
    this.applied = revision;
    this.behindSinceMs = revision < store.revision ? sinceMs : undefined;
    await this.setOpen(this.isFresh);
  }

  private get behindMs(): number {
    if (this.behindSinceMs === undefined) return 0;
    return this.context.clock.monotonicMs() - this.behindSinceMs;
  }

  private async setOpen(isOpen: boolean): Promise<void> {
    if (this.isOpen === isOpen) return;
    await this.context.setApplied(isOpen);
    this.isOpen = isOpen;
    this.context.log(
      'info',
      isOpen ? 'values can be read' : 'values cannot be read: they may lag',
      { revision: this.applied },
    );
  }

  /** Derived files change with the list, and the version with every commit, but is written now and then only. */
  private dueDerived(dirty: Set<Key>): ReadonlyMap<Key, DesiredValue> {
    const { store, cluster } = this.context;
    const derived = derivedValues(store, cluster);
    const nowMs = this.context.clock.monotonicMs();
    if (nowMs - this.version.sinceMs >= VERSION_MS) {
      dirty.add(VERSION_KEY);
      this.version = { revision: store.revision, sinceMs: nowMs };
    }
    if (this.listedMembers === store.membersRevision) return derived;
    for (const key of derived.keys()) dirty.add(key);
    for (const key of this.stands?.keys() ?? [])
      if (key.startsWith('.hekafs/') && !derived.has(key)) dirty.add(key);
    this.listedMembers = store.membersRevision;
    return derived;
  }

  /** Compares everything on the brick with the state; what differs becomes dirty. */
  private async look(tree: ValuesTree): Promise<void> {
    const { store, cluster } = this.context;
    const derived = derivedValues(store, cluster);
    const found: (readonly [Key, FoundValue])[] = [];
    for await (const each of tree.walk()) found.push(each);
    const stands = new Map<Key, Stands>();
    let wrong = 0;
    await inParallel(found, async ([key, each]) => {
      const desired = derived.get(key) ?? desiredValue(store, cluster, key);
      const isRight = desired !== undefined && (await isAsDesired(tree, key, each, desired));
      stands.set(key, { ...each, revision: isRight ? desired.revision : 0 });
      if (isRight) return;
      wrong++;
      this.dirty.add(key);
      if (key !== VERSION_KEY && isByHand(each, desired)) await this.keepHand(tree, key);
    });
    for (const key of [...store.directoriesWithin(''), ...store.keysWithin(''), ...derived.keys()])
      if (!stands.has(key)) this.dirty.add(key);
    this.listedMembers = -1;
    this.version = { revision: 0, sinceMs: Number.NEGATIVE_INFINITY };
    this.stands = stands;
    this.context.log('info', 'values were compared with the state', { stand: stands.size, wrong });
  }

  /** What cannot be kept is not overwritten either: then the pass fails, and says why. */
  private async keepHand(tree: ValuesTree, key: Key): Promise<void> {
    await this.context.keep(key, await tree.read(key), 'changed by hand on the brick');
  }

  /** Removals first, inner before outer; then directories, outer first; then values. */
  private async correct(
    tree: ValuesTree,
    dirty: ReadonlySet<Key>,
    derived: ReadonlyMap<Key, DesiredValue>,
  ): Promise<void> {
    const { store, cluster } = this.context;
    const wanted = new Map<Key, DesiredValue>();
    for (const key of dirty) {
      const desired = derived.get(key) ?? desiredValue(store, cluster, key);
      if (desired) wanted.set(key, desired);
    }
    await this.removeWrong(tree, dirty, wanted);
    const directories = [...wanted].filter(([, { kind }]) => kind === 'directory');
    for (const [key, desired] of directories.sort(([a], [b]) => depth(a) - depth(b)))
      await this.makeDirectory(tree, key, desired);
    const values = [...wanted].filter(([, { kind }]) => kind === 'value');
    await inParallel(values, async ([key, desired]) => this.put(tree, key, desired));
  }

  private async removeWrong(
    tree: ValuesTree,
    dirty: ReadonlySet<Key>,
    wanted: ReadonlyMap<Key, DesiredValue>,
  ): Promise<void> {
    const { stands } = this;
    if (stands === undefined) return;
    const wrong = new Set<Key>();
    for (const key of dirty) {
      const now = stands.get(key);
      if (now && now.gfid !== wanted.get(key)?.gfid) wrong.add(key);
    }
    // A directory that goes takes along whatever stands in it.
    for (const key of wrong.size > 0 ? stands.keys() : [])
      if (ancestors(key).some((above) => wrong.has(above))) wrong.add(key);
    for (const key of [...wrong].sort((a, b) => depth(b) - depth(a))) {
      await tree.remove(key, stands.get(key)?.kind ?? 'value');
      stands.delete(key);
    }
  }

  private async makeDirectory(tree: ValuesTree, key: Key, desired: DesiredValue): Promise<void> {
    if (this.stands?.get(key)?.gfid === desired.gfid) return;
    await tree.makeDirectory(key, desired);
    this.stands?.set(key, { kind: 'directory', gfid: desired.gfid, revision: desired.revision });
  }

  private async put(tree: ValuesTree, key: Key, desired: DesiredValue): Promise<void> {
    const now = this.stands?.get(key);
    if (now?.gfid === desired.gfid && now.revision === desired.revision) return;
    await tree.put(key, desired);
    this.stands?.set(key, { kind: 'value', gfid: desired.gfid, revision: desired.revision });
  }
}

/**
 * True for a value that no commit has made: without the marks of the applier, or with the time of the newest commit but
 * not its bytes. Bytes of an older commit are ours, and only late.
 */
function isByHand(found: FoundValue, desired: DesiredValue | undefined): boolean {
  if (found.kind !== 'value') return false;
  if (!found.isOurs) return true;
  return (
    desired?.kind === 'value' && found.gfid === desired.gfid && found.timeMs === desired.timeMs
  );
}

function depth(key: Key): number {
  return key.split('/').length;
}

async function isAsDesired(
  tree: ValuesTree,
  key: Key,
  found: FoundValue,
  desired: DesiredValue,
): Promise<boolean> {
  if (found.kind !== desired.kind || found.gfid !== desired.gfid) return false;
  if (found.kind === 'directory') return true;
  if (key === VERSION_KEY) return false;
  return found.size === desired.value.length && (await tree.holds(key, desired.value));
}

/** Runs at most MAX_PARALLEL at once; the first failure ends it. */
async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, queue.length) }, worker));
}
