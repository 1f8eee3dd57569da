import type { Frame } from '../../../../fop/frame.js';
import type { Gfid } from '../../../../fop/gfid.js';
import type { Random } from '../../../../platform/platform.js';
import type { Replica } from '../replica.js';
import type { Preference } from './favorite.js';

/** GlusterFS's self-heal daemon sends its fops under this process number; bricks let it see what is hidden from others. */
export const HEALER_PID = -6;

/** What the options of a replica set say about healing. */
export interface HealSettings {
  readonly policy: Preference;
  /** Names that are owed are noted one by one. */
  readonly isGranular: boolean;
  /** Names the directory in which inodes wait for their new name; undefined: they do not wait. */
  readonly volumeId: Gfid | undefined;
  /** Which blocks are sent: all, or those whose checksums differ; undefined: the second, unless the sink is empty. */
  readonly algorithm: 'full' | 'diff' | undefined;
  /** Blocks of one step. */
  readonly windowBlocks: number;
  /** Inodes that a worker heals at once. */
  readonly parallel: number;
  /** Between two looks of a worker at all lists. */
  readonly intervalMs: number;
  /** What was healed is on the disk before its marks go. */
  readonly isDurable: boolean;
}

/** What a heal is slowed down by, stopped by, and tells what it has sent. */
export interface Pace {
  /** Settles when so many bytes may be sent; they count as sent. */
  take(bytes: number): Promise<void>;
  /** It is to end as soon as it can. */
  readonly isStopped: boolean;
}

export const AT_ONCE: Pace = { take: async () => undefined, isStopped: false };

/** One heal: a lock owner of its own, the subvolumes that are up when it begins, what it may do. */
export class HealSession {
  readonly frame: Frame;

  constructor(
    readonly replica: Replica,
    readonly settings: HealSettings,
    readonly random: Random,
    readonly pace: Pace = AT_ONCE,
  ) {
    const lkOwner = random.bytes(8).toString('latin1');
    this.frame = { pid: HEALER_PID, uid: 0, gid: 0, groups: [0], lkOwner };
  }

  get up(): readonly number[] {
    return this.replica.children.up;
  }

  get everybody(): boolean {
    return this.up.length === this.replica.count;
  }

  /** Another one for the same purpose, with a lock owner of its own. */
  again(): HealSession {
    return new HealSession(this.replica, this.settings, this.random, this.pace);
  }
}

/** What became of one step of a heal. */
export type HealResult =
  | 'clean'
  | 'healed'
  /** Another healer is at it. */
  | 'busy'
  /** Nobody is up that could be healed, or heal. */
  | 'alone'
  /** Some copies were healed, others failed and stay marked. */
  | 'partly'
  /** Nothing tells which copy is right. */
  | 'split-brain'
  /** The good copies are away. */
  | 'no-source';
