import { isErrno } from '../fop/error.js';
import { type Clock, sleep, type Timer } from '../platform/platform.js';
import { ApplierPace } from './applier-pace.js';
import { type Asked, attempt, type CheckRequest, refuse } from './copy-check.js';
import { type DesiredValue, derivedValues, desiredValue, VERSION_KEY } from './desired-values.js';
import { inParallel } from './in-parallel.js';
import { type Key, MAX_VALUE_BYTES } from './key.js';
import type { Store, Touched } from './store.js';
import { correctValues } from './values-correction.js';
import { type Look, lookAtValues, type Stands, type Wrong } from './values-look.js';
import type { ValuesTree } from './values-tree.js';

export interface ApplierContext {
  readonly clock: Clock;
  readonly store: Store;
  readonly cluster: string;
  /** Says on the writer's connection whether the export holds everything: others read it only then. */
  setApplied(isApplied: boolean): Promise<void>;
  /** A hand's change is about to be overwritten: keep it. `value` is what stands there, as far as that can be read. */
  keep(key: Key, value: Buffer, why: string): Promise<void>;
  /** Values could not be applied, for another reason than before; undefined: now they could. */
  failed(failure: unknown): void;
  log(
    level: 'debug' | 'info' | 'warn',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** A copy that somebody else has changed is looked at again this often: it may have been put right. */
const ALTERED_MS = 10_000;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;
/** The version file may be behind the values for so long. */
const VERSION_MS = 500;
/** Readers see a copy only while it is what was committed at most so long ago. */
const MAX_BEHIND_MS = 5000;

/** Names on a brick can be looked up once they are a second old. */
const LOOK_AGAIN_MS = 300;
const MAX_LOOKS = 6;
const NO_BRICK = 'the brick does not answer';
/** Few keys are named in a log line; the rest are counted. */
const NAMED = 5;

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
  private dueMs = 0;
  private readonly pace: ApplierPace;
  private asked: Asked[] = [];
  /** Which revision the version file says, and since when. */
  private version = { revision: 0, sinceMs: Number.NEGATIVE_INFINITY };
  /** The first commit that is not applied came no earlier; undefined: all are. */
  private behindSinceMs: number | undefined;
  private isOpen = false;
  private isFresh = false;
  /** Somebody else has changed the copy, as the last look saw: nobody reads it for what was committed. */
  private isAltered = false;
  private lookedMs = Number.NEGATIVE_INFINITY;
  /**
   * Whether this node ever knew the newest commits. Before that the brick may hold more than the state: its own log does
   * not say yet that the last records are committed, and what they have made must not be taken back.
   */
  private wasFresh = false;
  private retryMs = FIRST_RETRY_MS;
  private listedMembers = -1;
  /** What the last pass met; undefined where it went well. */
  failure: unknown;
  /** The revision whose values the brick holds. */
  applied = 0;

  constructor(private readonly context: ApplierContext) {
    this.pace = new ApplierPace(context.clock);
  }

  get isCaughtUp(): boolean {
    return this.isOpen || (this.isAltered && this.isFresh);
  }

  private get mayOpen(): boolean {
    return this.isFresh && !this.isAltered;
  }

  /** The brick answers: look at all that is there, and correct it. */
  connected(tree: ValuesTree): void {
    this.tree = tree;
    this.stands = undefined;
    this.isOpen = false;
    this.retryMs = FIRST_RETRY_MS;
    this.pace.hurry();
    this.wake(0);
  }

  disconnected(): void {
    this.tree = undefined;
    this.stands = undefined;
    this.isOpen = false;
    for (const { reject } of this.asked.splice(0)) reject(new Error(NO_BRICK));
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
    this.pace.touched();
    this.wake(this.pace.gatherMs);
  }

  /**
   * Compares the whole copy with the state, alone; with `isRepair` what differs is put right, and what a hand has made is kept.
   * Rejects where it cannot be looked at. Only a pass takes it up, so the asker keeps a deadline.
   */
  check(request: CheckRequest): Promise<Look> {
    return new Promise((resolve, reject) => {
      if (this.tree === undefined) return reject(new Error(NO_BRICK));
      this.asked.push({ ...request, resolve, reject });
      this.pace.hurry();
      this.wake(0);
    });
  }

  /** The bytes that stand at a path of the copy; EFBIG where they are more than a value may have. */
  readCopy(key: Key): Promise<Buffer> {
    if (this.tree === undefined) return Promise.reject(new Error(NO_BRICK));
    return this.tree.read(key, MAX_VALUE_BYTES);
  }

  /** Has a pass begin in `ms`, or when the pause after the last one is over; an earlier one that is due stays. */
  private wake(ms: number): void {
    if (this.isRunning || this.tree === undefined || !this.wasFresh) return;
    const { clock } = this.context;
    const dueMs = Math.max(clock.monotonicMs() + ms, this.pace.pausedUntilMs);
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
    this.pace.began();
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
    this.noteFailure(undefined);
    this.pace.ended();
    const isBehind = this.applied < this.context.store.revision || this.isOpen !== this.mayOpen;
    if (this.asked.length > 0) this.wake(0);
    else if (this.dirty.size > 0 || isBehind) this.wake(this.pace.gatherMs);
    else if (this.version.revision < this.applied) this.wake(VERSION_MS);
    else if (this.isAltered) this.wake(ALTERED_MS);
  }

  /** What could not be applied may be half applied: nobody reads it until a pass has gone through. */
  private failed(tree: ValuesTree, error: unknown): void {
    this.isRunning = false;
    this.isOpen = false;
    this.context.setApplied(false).catch(() => undefined);
    if (this.tree !== tree) {
      this.wake(0);
      return;
    }
    this.stands = undefined;
    this.noteFailure(error);
    this.wake(this.retryMs);
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }

  /** Told when it becomes another one, not with every try. */
  private noteFailure(failure: unknown): void {
    const isNews = String(failure) !== String(this.failure);
    this.failure = failure;
    if (isNews) this.context.failed(failure);
  }

  private async pass(tree: ValuesTree): Promise<void> {
    const { store } = this.context;
    if (store.revision === 0) return;
    if (this.stands === undefined) await this.takeStock(tree, () => true);
    else if (this.behindMs > MAX_BEHIND_MS) await this.setOpen(false);
    const asked = this.asked.splice(0);
    const repairs = asked.filter(({ isRepair }) => isRepair);
    const mayCorrect = (key: Key): boolean => repairs.some(({ only }) => only?.has(key) ?? true);
    const repaired = await attempt(repairs, () => this.takeStock(tree, mayCorrect));
    await this.applyAll(tree).catch((error: unknown) => {
      refuse(asked, error);
      throw error;
    });
    await this.setOpen(this.mayOpen);
    for (const { resolve } of repairs) if (repaired) resolve(repaired);
    await this.lookFor(
      tree,
      asked.filter(({ isRepair }) => !isRepair),
    );
  }

  /** Looks where somebody asks for it, or while the copy is altered: somebody may put it right by hand, or adopt it. */
  private async lookFor(tree: ValuesTree, asked: readonly Asked[]): Promise<void> {
    const sinceMs = this.context.clock.monotonicMs() - this.lookedMs;
    const isDue = this.isAltered && sinceMs >= ALTERED_MS;
    if (asked.length === 0 && !isDue) return;
    const found = await attempt(asked, () => this.look(tree), isDue);
    if (found === undefined) return;
    this.noteAltered(found);
    for (const { resolve } of asked) resolve(found);
    await this.setOpen(this.mayOpen);
  }

  /** What a commit that came meanwhile has touched is late at most. */
  private noteAltered({ wrong }: Look): void {
    this.lookedMs = this.context.clock.monotonicMs();
    this.isAltered = wrong.some(({ key, how }) => how !== 'late' && !this.dirty.has(key));
  }

  private async applyAll(tree: ValuesTree): Promise<void> {
    const { store } = this.context;
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
    for (const [key, { revision }] of this.stands ?? [])
      if (revision > 0 && key.startsWith('.hekafs/') && !derived.has(key)) dirty.add(key);
    this.listedMembers = store.membersRevision;
    return derived;
  }

  /** A name that a hand has made a moment ago cannot be looked up yet: once more, then. */
  private async look(tree: ValuesTree): Promise<Look> {
    const { store, cluster, clock } = this.context;
    for (let tries = 1; ; tries++) {
      try {
        return await lookAtValues({ tree, store, cluster, known: this.stands });
      } catch (error) {
        if (tries >= MAX_LOOKS || !isErrno(error, 'ENOENT', 'ESTALE')) throw error;
      }
      await sleep(clock, LOOK_AGAIN_MS);
    }
  }

  /**
   * Compares everything on the brick with the state; what differs and may be corrected becomes dirty, and what a hand has made of it is
   * kept. Answers that.
   */
  private async takeStock(tree: ValuesTree, mayCorrect: (key: Key) => boolean): Promise<Look> {
    const { stands, wrong: all } = await this.look(tree);
    const look = { stands, wrong: all.filter(({ key }) => mayCorrect(key)) };
    await inParallel(look.wrong, 1, (wrong) => this.keepHand(tree, wrong));
    for (const { key } of look.wrong) this.dirty.add(key);
    const left = all.filter(({ key }) => !mayCorrect(key));
    for (const { key } of left) {
      const before = this.stands?.get(key);
      if (before) stands.set(key, before);
    }
    this.isAltered = left.some(({ how }) => how !== 'late');
    this.listedMembers = -1;
    this.version = { revision: 0, sinceMs: Number.NEGATIVE_INFINITY };
    this.stands = stands;
    this.tell(look);
    return look;
  }

  private tell({ stands, wrong }: Look): void {
    const revision = this.context.store.revision;
    this.context.log('info', 'values were compared with the state', {
      stand: stands.size,
      wrong: wrong.length,
    });
    if (wrong.length === 0 || stands.size === 0) return;
    const counts = new Map<string, number>();
    for (const { how } of wrong) counts.set(how, (counts.get(how) ?? 0) + 1);
    this.context.log('info', 'corrected: values are applied again', {
      cause: [...counts].map(([how, count]) => `${count} ${how}`).join(', '),
      effect: `they become those of revision ${revision}`,
      revision,
      keys: wrong.slice(0, NAMED).map(({ key }) => key),
    });
  }

  /** What cannot be kept is not overwritten either: then the pass fails, and says why. */
  private async keepHand(tree: ValuesTree, { key, how, found }: Wrong): Promise<void> {
    if (found === undefined || (how !== 'changed' && how !== 'added')) return;
    if (found.kind === 'directory' || (await this.holdsCommitted(tree, key))) return;
    const { what, content } = await tree.readAny(key, found);
    await this.context.keep(key, content, `${how} by hand on the brick${what}`);
  }

  /** Adopted meanwhile: the same bytes are committed. */
  private async holdsCommitted(tree: ValuesTree, key: Key): Promise<boolean> {
    const committed = this.context.store.value(key)?.value;
    return committed !== undefined && tree.holds(key, committed);
  }

  private async correct(
    tree: ValuesTree,
    dirty: ReadonlySet<Key>,
    derived: ReadonlyMap<Key, DesiredValue>,
  ): Promise<void> {
    const { store, cluster } = this.context;
    if (this.stands === undefined) return;
    await correctValues(
      tree,
      this.stands,
      dirty,
      (key) => derived.get(key) ?? desiredValue(store, cluster, key),
    );
  }
}
