import { Fd } from '../../../fop/fd.js';
import { type Frame, ROOT_FRAME } from '../../../fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import { outcomesOf } from '../../../fop/wind.js';
import type { Timer } from '../../../platform/platform.js';
import { accusedIn } from './bookkeeping.js';
import { INTENT_PREFIX, intentDomain } from './intents.js';
import { type Marker, NOTHING } from './marker.js';
import { marksOf } from './pending.js';
import type { Replica } from './replica.js';

/** A directory of which more names than this were changed is owed as a whole. */
const MAX_NAMES = 100;
const LEAST_MS = 1000;
const OWED = { ...NOTHING, name: 'owed' } as const;
const ENTRYLK_TRY = 2;
const WRITE = 1;

interface Burst {
  readonly gfid: Gfid;
  readonly begun: Promise<void>;
  readonly over: Promise<void>;
  readonly end: () => void;
  /** The children that were there when it began, and their epochs. */
  readonly epochs: ReadonlyMap<number, number>;
  readonly names: Set<ByteString>;
  users: number;
  isClosing: boolean;
  timer: Timer | undefined;
}

/**
 * The directories whose names this client is changing. Before the first change of a directory its bricks note in their index that it
 * is in this client's hands; a while after the last one they sync it and forget that. So what a client leaves half done when it
 * dies is found without looking at everything (engine reference, H1). It is no mark: GlusterFS's healers,
 * which would bring back what was removed, do nothing about it.
 *
 * A child that was lost meanwhile may have lost names with its power: it is said to have missed them.
 */
export class NamesInHand {
  /** As many as were changed in the last moment. */
  private readonly bursts = new Map<Gfid, Burst>();
  private readonly frame: Frame;
  private isStopped = false;
  /** In which epoch of a child this client has shown there that it lives. */
  private readonly shown = new Map<number, number>();

  constructor(
    private readonly replica: Replica,
    private readonly marker: Marker,
    /** Tells clients apart. */
    private readonly token: ByteString,
  ) {
    this.frame = replica.ownFrame(ROOT_FRAME);
  }

  /** Settles when it is noted that a name is to be changed. Never rejects: a note that fails is no reason not to go on. */
  async enter(gfid: Gfid, name: ByteString): Promise<void> {
    for (;;) {
      const burst = this.bursts.get(gfid) ?? this.begin(gfid);
      if (burst.isClosing) {
        await burst.over;
        continue;
      }
      burst.timer?.cancel();
      burst.users += 1;
      if (burst.names.size <= MAX_NAMES) burst.names.add(name);
      return burst.begun;
    }
  }

  leave(gfid: Gfid): void {
    const burst = this.bursts.get(gfid);
    if (burst === undefined) return;
    burst.users -= 1;
    if (burst.users > 0) return;
    const { clock, settings } = this.replica;
    burst.timer = clock.after(settings.postOpDelayMs, () => this.close(burst));
  }

  stop(): void {
    this.isStopped = true;
    this.hurryAll();
  }

  /** Ends those that nobody is at. */
  hurryAll(): void {
    for (const burst of this.bursts.values()) if (burst.users === 0) this.close(burst);
  }

  private begin(gfid: Gfid): Burst {
    const { children } = this.replica;
    const epochs = new Map(children.up.map((child) => [child, children.epoch(child)]));
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const begun = this.note(gfid, [...epochs.keys()]);
    const state = { users: 0, isClosing: false, timer: undefined };
    const burst: Burst = { gfid, begun, over, end, epochs, names: new Set(), ...state };
    this.bursts.set(gfid, burst);
    return burst;
  }

  private async note(gfid: Gfid, children: readonly number[]): Promise<void> {
    const showing = outcomesOf(children.map((child) => this.show(child)));
    await this.marker.add([this.intent(gfid)], { ...NOTHING, name: 'owed' }, children, this.frame);
    await showing;
  }

  /** A lock that is held for as long as this client is connected: whoever finds a note of it can tell whether it lives. */
  private async show(child: number): Promise<void> {
    const { replica, token } = this;
    const epoch = replica.children.epoch(child);
    if (this.shown.get(child) === epoch) return;
    this.shown.set(child, epoch);
    const lock = { gfid: ROOT_GFID, name: token, cmd: ENTRYLK_TRY, type: WRITE };
    const volume = intentDomain(replica.name);
    await replica.windTo(child, 'entrylk', { ...lock, volume, xdata: null }, this.frame);
  }

  private intent(gfid: Gfid) {
    return { gfid, name: `${INTENT_PREFIX}${this.token}` };
  }

  /** As of a client that is dead: what was lost on the way to all bricks may have been done at some. */
  private doubt(gfid: Gfid) {
    return { gfid, name: `${INTENT_PREFIX}${this.token}-lost` };
  }

  /** Nobody is there to be told anything: another time. */
  private await(burst: Burst): void {
    burst.isClosing = false;
    const { clock, settings } = this.replica;
    const ms = Math.max(settings.postOpDelayMs, LEAST_MS);
    if (burst.users === 0) burst.timer = clock.after(ms, () => this.close(burst));
  }

  private close(burst: Burst): void {
    if (burst.isClosing) return;
    burst.isClosing = true;
    burst.timer?.cancel();
    this.replica.later(this.finish(burst));
  }

  private async finish(burst: Burst): Promise<void> {
    const { children } = this.replica;
    const { gfid, epochs } = burst;
    const there = [...epochs.keys()].filter((child) => children.up.includes(child));
    if (there.length === 0 && !this.isStopped) {
      this.await(burst);
      return;
    }
    const failed = await this.sync(gfid, there);
    const isKept = (child: number): boolean =>
      !failed.includes(child) && children.epoch(child) === epochs.get(child);
    const kept = there.filter(isKept);
    const lost = [...epochs.keys()].filter((child) => !isKept(child));
    const isBlamed = lost.length === 0 || (await this.blame(burst, lost, kept));
    if (!isBlamed) await this.marker.add([this.doubt(gfid)], OWED, there, this.frame);
    await this.marker.add([this.intent(gfid)], { ...NOTHING, name: 'settled' }, there, this.frame);
    this.bursts.delete(gfid);
    burst.end();
  }

  /** Who says that it could not; a brick that cannot sync a directory nobody has open has nothing to say. */
  private async sync(gfid: Gfid, children: readonly number[]): Promise<readonly number[]> {
    if (!this.replica.settings.isDurable) return [];
    const fd = Fd.anonymous(gfid);
    const request = { fd, datasync: 0, xdata: null };
    const outcomes = await outcomesOf(
      children.map((child) => this.replica.windTo(child, 'fsyncdir', request, this.frame)),
    );
    return children.filter((_, index) => {
      const outcome = outcomes[index];
      return outcome && 'error' in outcome && ['EIO', 'ENOTCONN'].includes(outcome.error.errno);
    });
  }

  /** Copies that lag behind themselves may not accuse one that may be the last good one. */
  private async blame(
    { gfid, names }: Burst,
    lost: readonly number[],
    kept: readonly number[],
  ): Promise<boolean> {
    const markings = await this.marker.add([{ gfid }], NOTHING, kept, this.frame);
    const accused = accusedIn(markings, 'entry');
    if (!this.replica.isEnough(kept.filter((child) => !accused.has(child)))) return false;
    const isAll = names.size > MAX_NAMES;
    const marks = { ...marksOf('entry', 1), data: isAll ? 1 : 0 };
    const inodes = isAll ? [{ gfid }] : [...names].map((name) => ({ gfid, name }));
    const addition = { ...NOTHING, about: lost, marks, name: 'owed' } as const;
    await this.marker.add(inodes, addition, kept, this.frame);
    return true;
  }
}
