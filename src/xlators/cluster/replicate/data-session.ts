import type { Dict, DictValue } from '../../../fop/dict.js';
import type { FopError } from '../../../fop/error.js';
import { Fd } from '../../../fop/fd.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { outcomesOf } from '../../../fop/wind.js';
import type { Timer } from '../../../platform/platform.js';
import type { Begun, Bookkeeping, Noted } from './bookkeeping.js';
import type { HeldLocks, Locking } from './locking.js';
import type { OpenFds } from './open-fds.js';
import type { MarkKind } from './pending.js';
import { type ByteSpan, RangeTurns } from './range-turns.js';
import type { Replica } from './replica.js';
import type { Answers } from './transaction.js';
import { judgeChange } from './verdict.js';

/** One change of an inode's bytes, or of its attributes while its bytes are locked anyway. */
export interface DataChange<Reply> {
  readonly kind: Exclude<MarkKind, 'entry'>;
  /** The bytes that it changes; undefined where it changes none. */
  readonly span: ByteSpan | undefined;
  readonly wind: (child: number) => Promise<Reply>;
  /** It leaves something that a sync would have to follow, or is that sync. */
  readonly leaves?: 'unsynced' | 'synced';
}

export interface SessionParts {
  readonly replica: Replica;
  readonly fds: OpenFds;
  readonly locking: Locking;
  readonly books: Bookkeeping;
  /** What was remembered of the inode's copies holds no more. */
  readonly forget: (gfid: Gfid) => void;
}

const SYNC: Dict = new Map<string, DictValue>([['batch-fsync', { type: 'uint', uint: 1n }]]);

/**
 * The time in which one client has an inode's bytes locked and marked as being changed: as many changes as come share one
 * lock and one mark. It ends a while after the last of them, or as soon as somebody else asks for the lock.
 */
export class DataSession {
  readonly over: Promise<void>;
  private isOver = (): void => undefined;
  private readonly turns = new RangeTurns();
  private readonly noted: Noted;
  private readonly frame: Frame;
  private readonly ready: Promise<Begun>;
  private held: HeldLocks | undefined;
  private begun: Begun | undefined;
  /** Those that have missed something since it began. */
  private readonly missed = new Map<number, Set<MarkKind>>();
  /** Of the children when they were locked. */
  private readonly epochs = new Map<number, number>();
  private blaming: Promise<void> = Promise.resolve();
  private users = 0;
  private isHurried = false;
  private isClosing = false;
  private isTorn = false;
  private needsSync = false;
  private timer: Timer | undefined;

  constructor(
    readonly gfid: Gfid,
    private readonly fd: Fd | undefined,
    private readonly parts: SessionParts,
    frame: Frame,
    private readonly ended: () => void,
  ) {
    this.over = new Promise((resolve) => {
      this.isOver = resolve;
    });
    this.noted = { kind: 'data', marked: [{ gfid, fd }] };
    this.frame = parts.replica.ownFrame(frame);
    this.ready = this.begin();
    // Whoever joins hears of a failure; that nobody may have joined yet is no bug.
    this.ready.catch(() => undefined);
  }

  /** True where the caller may run a change, after which it has to leave. */
  join(): boolean {
    if (this.isHurried || this.isClosing) return false;
    this.timer?.cancel();
    this.users += 1;
    return true;
  }

  leave(): void {
    this.users -= 1;
    if (this.users > 0) return;
    const { isEager, postOpDelayMs } = this.parts.replica.settings;
    if (this.isHurried || !isEager || postOpDelayMs === 0 || this.begun === undefined) this.close();
    else this.timer = this.parts.replica.clock.after(postOpDelayMs, () => this.close());
  }

  /** Ends it as soon as those are done that have joined. */
  hurry(): void {
    this.isHurried = true;
    if (this.users === 0) this.close();
  }

  private async begin(): Promise<Begun> {
    const { replica, locking, books } = this.parts;
    const up = await replica.ready();
    for (const child of up) this.epochs.set(child, replica.children.epoch(child));
    const lockee = { kind: 'inode', gfid: this.gfid, fd: this.fd, start: 0n } as const;
    this.held = await locking.take([lockee], up, this.frame);
    this.begun = await books.begin(this.noted, this.held, [], true);
    return this.begun;
  }

  async run<Reply>(change: DataChange<Reply>): Promise<Answers<Reply>> {
    const begun = await this.ready;
    const end = change.span === undefined ? undefined : await this.turns.take(change.span);
    try {
      if (change.leaves === 'unsynced') this.needsSync = true;
      return await this.wind(change, begun);
    } finally {
      end?.();
    }
  }

  private async wind<Reply>(change: DataChange<Reply>, begun: Begun): Promise<Answers<Reply>> {
    const { replica, forget } = this.parts;
    const { settings, count, name } = replica;
    const children = begun.children.filter((child) => this.isIn(child, change.kind));
    const said = await outcomesOf(children.map((child) => change.wind(child)));
    const outcomes = said.map((outcome, index) => ({ child: children[index] ?? -1, outcome }));
    const good = begun.good.filter((child) => children.includes(child));
    const verdict = judgeChange(outcomes, { count, quorum: settings.quorum, good }, name);
    if (verdict.kind === 'torn') this.isTorn = true;
    if (verdict.kind === 'refused' && verdict.isUncertain) this.isTorn = true;
    if (verdict.kind !== 'done') {
      forget(this.gfid);
      throw verdict.error;
    }
    await this.blame(change.kind, verdict.missed, verdict.by, begun);
    if (change.leaves === 'synced' && this.users === 1) this.needsSync = false;
    const replies = outcomes.flatMap(({ child, outcome }) =>
      'reply' in outcome ? [{ child, reply: outcome.reply }] : [],
    );
    return { replies, good, isEverywhere: verdict.missed.length === 0 };
  }

  /** It has missed nothing, and is as connected as when it was locked: else it may have lost what was not synced. */
  private isIn(child: number, kind: MarkKind): boolean {
    const { children } = this.parts.replica;
    return !this.hasMissed(child, kind) && children.epoch(child) === this.epochs.get(child);
  }

  private hasMissed(child: number, kind: MarkKind): boolean {
    return this.missed.get(child)?.has(kind) === true;
  }

  /** One at a time, and each failure once: settles when what this change's caller relies on is noted. */
  private async blame(
    kind: MarkKind,
    missed: readonly number[],
    by: readonly number[],
    begun: Begun,
  ): Promise<void> {
    if (missed.length === 0) return;
    const before = this.blaming;
    let done = (): void => undefined;
    this.blaming = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      await this.note(kind, missed, by, begun);
    } finally {
      done();
    }
  }

  private async note(
    kind: MarkKind,
    missed: readonly number[],
    by: readonly number[],
    begun: Begun,
  ): Promise<void> {
    const blamed = [
      ...(kind === 'data' ? begun.blamed : []),
      ...missed.filter((child) => this.hasMissed(child, kind)),
    ];
    if (missed.every((child) => blamed.includes(child))) return;
    this.parts.forget(this.gfid);
    const noted = { kind, marked: this.noted.marked };
    const now = { ...begun, isDirtied: false, blamed };
    await this.parts.books.end(noted, now, { kind: 'done', by, missed }, this.frame);
    for (const child of missed)
      this.missed.set(child, (this.missed.get(child) ?? new Set()).add(kind));
  }

  private close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.timer?.cancel();
    this.parts.replica.later(this.end());
  }

  private async end(): Promise<void> {
    try {
      if (this.begun !== undefined) await this.settle(this.begun);
      if (this.held !== undefined) await this.parts.locking.give(this.held);
    } finally {
      this.ended();
      this.isOver();
    }
  }

  /** The mark goes once the bytes are on the platter; where that fails, it stays. */
  private async settle(begun: Begun): Promise<void> {
    const { replica, books } = this.parts;
    const left = begun.children.filter((child) => this.isIn(child, 'data'));
    const failed = await this.sync(left);
    const by = left.filter((child) => !failed.includes(child));
    if (!replica.isEnough(begun.good.filter((child) => by.includes(child)))) return;
    if (this.isTorn) return;
    const missed = [...replica.without(by)];
    const known = [...begun.blamed, ...missed.filter((child) => this.hasMissed(child, 'data'))];
    const now = { ...begun, blamed: known };
    try {
      const noted = await books.end(this.noted, now, { kind: 'done', by, missed }, this.frame);
      await noted.rest();
    } catch (error) {
      replica.tell('warn', 'a mark could not be taken off, and stays until a heal', {
        gfid: this.gfid,
        why: String((error as FopError).cause ?? error),
      });
    }
  }

  private async sync(children: readonly number[]): Promise<readonly number[]> {
    const { replica } = this.parts;
    if (!this.needsSync || !replica.settings.isDurable) return [];
    const outcomes = await outcomesOf(children.map((child) => this.syncAt(child)));
    return children.filter((_, index) => {
      const outcome = outcomes[index];
      return outcome !== undefined && 'error' in outcome;
    });
  }

  private syncAt(child: number) {
    const fd = this.fd ?? Fd.anonymous(this.gfid);
    return this.parts.fds.wind(child, 'fsync', fd, { fd, datasync: 0, xdata: SYNC }, this.frame);
  }
}

/** Whether a reply tells that others wait for the lock, or have it: it takes two to be in each other's way. */
export function isContended(xdata: Dict): boolean {
  const value = xdata?.get('glusterfs.inodelk-count');
  return value?.type === 'int' && value.int > 1n;
}
