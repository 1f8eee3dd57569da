import type { Dict } from '../../../../fop/dict.js';
import { FopError } from '../../../../fop/error.js';
import type { Gfid } from '../../../../fop/gfid.js';
import { isDirectory, isRegular } from '../../../../fop/iatt.js';
import type { ByteString } from '../../../../fop/name.js';
import type { Random } from '../../../../platform/platform.js';
import type { Replica } from '../replica.js';
import { type EntriesReport, healEntries } from './heal-entries.js';
import { healFile } from './heal-file.js';
import { HEAL_INFO, healInfo, SPLIT_BRAIN_STATUS, splitBrainStatus } from './heal-info.js';
import { HealLocks, holding } from './heal-locks.js';
import { healMetadata } from './heal-metadata.js';
import { type HealedName, healName } from './heal-name.js';
import { IndexReader } from './index-reader.js';
import { namesOf, placeOf } from './inode-names.js';
import { inspect } from './inspection.js';
import { refreshIndex } from './mark-book.js';
import { namesDirection } from './names-direction.js';
import type { Place } from './new-copy.js';
import { clearWaitingRoom } from './room-clearing.js';
import { AT_ONCE, type HealResult, HealSession, type HealSettings, type Pace } from './session.js';

/** What became of the heal of one inode. */
export interface InodeHeal {
  readonly gfid: Gfid;
  /** `gone`: no subvolume has it any more. */
  readonly result: HealResult | 'gone';
  readonly isDirectory: boolean;
  /** Versions that were kept under other names. */
  readonly conflicts: readonly ByteString[];
  /** What failed, where it failed with an error. */
  readonly error?: FopError | undefined;
}

/** Of one inode that are healed along with it. */
const MAX_NAMES = 100;

/** From the most that has to be said of an inode to the least. */
const RANK: readonly HealResult[] = [
  'split-brain',
  'no-source',
  'partly',
  'busy',
  'alone',
  'healed',
  'clean',
];

/**
 * Heals inodes of one replica set: takes the locks that GlusterFS's clients and healers take, decides by what it sees under them, and
 * leaves every step such that whoever comes next, this engine or GlusterFS, goes on from there.
 */
export class ReplicaHealer {
  constructor(
    readonly replica: Replica,
    readonly settings: HealSettings,
    private readonly random: Random,
  ) {}

  session(pace: Pace = AT_ONCE): HealSession {
    return new HealSession(this.replica, this.settings, this.random, pace);
  }

  /** The same without telling them apart. */
  async marked(child: number): Promise<readonly Gfid[]> {
    const { names, others } = await this.lists(child);
    return [...new Set([...names, ...others])];
  }

  /** What a subvolume has noted as owed: directories of which names are noted, and whatever else is marked. */
  async lists(
    child: number,
  ): Promise<{ readonly names: readonly Gfid[]; readonly others: readonly Gfid[] }> {
    const index = new IndexReader(this.session());
    const others = new Set<Gfid>();
    for (const list of ['pending', 'dirty'] as const)
      for (const gfid of await index.gfids(child, list)) others.add(gfid);
    return { names: await index.gfids(child, 'names'), others: [...others] };
  }

  /** Heals attributes, and bytes or names, of one inode; errors of bricks are in the answer. */
  async heal(gfid: Gfid, pace: Pace = AT_ONCE, isForced = false): Promise<InodeHeal> {
    try {
      return await this.healInode(gfid, pace, isForced);
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return { gfid, result: 'partly', isDirectory: false, conflicts: [], error };
    }
  }

  private async healInode(gfid: Gfid, pace: Pace, isForced: boolean): Promise<InodeHeal> {
    const session = this.session(pace);
    const { copies, missing } = await inspect(session, gfid, session.up);
    const [first] = copies;
    await this.forgetMissing(session, gfid, missing);
    if (first === undefined) {
      const isGone = missing.length > 0 && missing.length === session.up.length;
      return { gfid, result: isGone ? 'gone' : 'alone', isDirectory: false, conflicts: [] };
    }
    if (missing.length > 0) await this.bringNames(session, gfid, first.child);
    const isNames = isDirectory(first.stat);
    const results: HealResult[] = [];
    const conflicts: ByteString[] = [];
    if (!isRegular(first.stat)) results.push(await healMetadata(session.again(), gfid));
    if (isNames) {
      const entries: EntriesReport = await healEntries(session.again(), gfid, isForced);
      results.push(entries.result);
      conflicts.push(...entries.conflicts);
    } else if (isRegular(first.stat)) {
      results.push(await healFile(session.again(), gfid, conflicts));
    }
    const result = RANK.find((each) => results.includes(each)) ?? 'clean';
    if (result === 'clean')
      await Promise.all(copies.map(({ child }) => refreshIndex(session, gfid, child)));
    return { gfid, result, isDirectory: isNames, conflicts };
  }

  /** An inode that some do not have is made where its names are healed; no list may say which these are. */
  private async bringNames(session: HealSession, gfid: Gfid, holder: number): Promise<void> {
    for (const path of (await namesOf(session, holder, gfid)).slice(0, MAX_NAMES)) {
      const place = await placeOf(session, holder, path);
      if (place !== undefined) await this.healName(place);
    }
  }

  /** A brick that does not have an inode names it in its lists for nothing. */
  private async forgetMissing(
    session: HealSession,
    gfid: Gfid,
    missing: readonly number[],
  ): Promise<void> {
    const index = new IndexReader(session);
    for (const child of missing) {
      for (const list of ['pending', 'dirty'] as const) await index.remove(child, list, gfid);
      await index.removeNames(child, gfid);
    }
  }

  /** Removes what waits for a name that it does not get any more; answers how much that was. Needs everybody to be there. */
  clearWaitingRoom(): Promise<number> {
    return clearWaitingRoom(this.session());
  }

  /** What GlusterFS's tools ask by an attribute; undefined where it is none of these. */
  async virtualXattr(gfid: Gfid, name: ByteString | undefined): Promise<Dict | undefined> {
    if (name === HEAL_INFO) {
      const text = await healInfo(this.session(), gfid);
      // GlusterFS's own tool looks under the second name.
      return new Map([name, 'heal-info'].map((key) => [key, { type: 'string', text }] as const));
    }
    if (name !== SPLIT_BRAIN_STATUS) return undefined;
    const bytes = Buffer.from(await splitBrainStatus(this.session(), gfid));
    return new Map([[name, { type: 'bytes', bytes }]]);
  }

  /**
   * Has the copy at one subvolume win a split-brain, and answers when it has. EINVAL where there is none, or no such subvolume;
   * EBUSY, ENOTCONN and EIO where it could not be healed.
   */
  async finalize(gfid: Gfid, subvolume: string): Promise<void> {
    const { replica, random } = this;
    const child = replica.children.all.findIndex(({ name }) => name === subvolume);
    const split = await splitBrainStatus(this.session(), gfid);
    if (child === -1) throw replica.error('EINVAL', `${subvolume} is none of the subvolumes`);
    if (!split.startsWith('data-')) throw replica.error('EINVAL', 'the file is in no split-brain');
    const settings = { ...this.settings, policy: { child } };
    const { result } = await new ReplicaHealer(replica, settings, random).heal(gfid);
    if (result === 'healed') return;
    const errno = result === 'busy' ? 'EBUSY' : result === 'alone' ? 'ENOTCONN' : 'EIO';
    throw replica.error(errno, `the heal ends with: ${result}`);
  }

  /** Heals one name. Errors of bricks are a failure. */
  async healName(place: Place): Promise<HealedName> {
    const { healed } = await this.healNameThen(place, async () => undefined);
    return healed;
  }

  /**
   * Heals one name, for a lookup that has found it to be different things, and looks at it while nobody else can change it: it may be
   * changed all the time. `seen` is undefined where the heal has failed. Throws what `look` throws.
   */
  async healNameThen<Seen>(
    place: Place,
    look: () => Promise<Seen>,
  ): Promise<{ readonly healed: HealedName; readonly seen?: Seen }> {
    const session = this.session();
    const locks = new HealLocks(session);
    return holding(locks.names(place.pargfid, place.bname), async (held) => {
      const healed = await this.healLocked(session, place, held);
      return healed.result === 'failed' ? { healed } : { healed, seen: await look() };
    });
  }

  private async healLocked(
    session: HealSession,
    place: Place,
    held: readonly number[],
  ): Promise<HealedName> {
    try {
      const direction = await namesDirection(session, place, held);
      if (direction === undefined) return { result: 'failed', conflicts: [] };
      return await healName(session, place, direction, direction.changedAt);
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return { result: 'failed', conflicts: [] };
    }
  }
}
