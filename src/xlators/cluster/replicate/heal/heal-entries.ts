import type { Dict } from '../../../../fop/dict.js';
import type { Gfid } from '../../../../fop/gfid.js';
import { isDirectory } from '../../../../fop/iatt.js';
import type { ByteString } from '../../../../fop/name.js';
import { intentOf } from '../intents.js';
import { direct, isRightElsewhere } from './direction.js';
import { HealLocks, holding } from './heal-locks.js';
import { healName, type NamesDirection } from './heal-name.js';
import { IndexReader, listNames } from './index-reader.js';
import { type InspectedCopy, inspect } from './inspection.js';
import { MarkBook } from './mark-book.js';
import type { HealResult, HealSession } from './session.js';
import { isPrivate } from './waiting-room.js';

/** Names that are healed under one lock of their directory. */
const BATCH = 16;

/** Has a brick forget the names that it has noted, with the marks that it forgets. */
const PURGE_NAMES: Dict = new Map([['glusterfs.xattrop-purge-index', { type: 'int', int: 1n }]]);

/** What is known of a directory when its heal begins. */
interface NamesHeal {
  readonly names: ReadonlySet<ByteString>;
  /** By name: who has noted it as changed. */
  readonly changedAt: ReadonlyMap<ByteString, readonly number[]>;
  readonly isFull: boolean;
}

export interface EntriesReport {
  readonly result: HealResult;
  /** Versions that were kept under other names. */
  readonly conflicts: readonly ByteString[];
}

/**
 * Makes a directory have the same names, for the same inodes, at all subvolumes that have it. Only names that were noted as changed
 * are looked at, where they are noted; else all of them. `isForced`: all of them, marked or not.
 */
export async function healEntries(
  session: HealSession,
  gfid: Gfid,
  isForced = false,
): Promise<EntriesReport> {
  const locks = new HealLocks(session);
  const alone = await locks.namesTieBreaker(gfid);
  if (alone === undefined) return { result: 'busy', conflicts: [] };
  try {
    return await new EntriesHeal(session, locks, gfid, isForced).run();
  } finally {
    await alone.release();
  }
}

class EntriesHeal {
  private readonly failed = new Set<ByteString>();
  private readonly done = new Set<ByteString>();
  private readonly conflicts: ByteString[] = [];
  private readonly index: IndexReader;
  /** A client has died while it changed names: all are looked at, and its note goes. */
  private isAbandoned = false;
  /** Clients that live and are at its names: what they have noted of themselves stays. */
  private alive: ReadonlySet<ByteString> = new Set();

  constructor(
    private readonly session: HealSession,
    private readonly locks: HealLocks,
    private readonly gfid: Gfid,
    private readonly isForced: boolean,
  ) {
    this.index = new IndexReader(session);
  }

  async run(): Promise<EntriesReport> {
    const begun = await holding(this.locks.names(this.gfid), (children) => this.begin(children));
    if (typeof begun === 'string') return this.report(begun);
    const { children, heal } = begun;
    const names = [...heal.names];
    while (names.length > 0) {
      if (this.session.pace.isStopped) return this.report('partly');
      const batch = names.splice(0, BATCH);
      const result = await holding(this.locks.names(this.gfid), (held) =>
        this.heal(batch, heal, children, held),
      );
      if (result !== undefined) return this.report(result);
    }
    return this.report(
      await holding(this.locks.names(this.gfid), (held) => this.finish(children, held, heal)),
    );
  }

  private report(result: HealResult): EntriesReport {
    return { result, conflicts: this.conflicts };
  }

  private async begin(
    children: readonly number[],
  ): Promise<HealResult | { readonly children: readonly number[]; readonly heal: NamesHeal }> {
    const { copies } = await inspect(this.session, this.gfid, children);
    const directories = copies.filter(({ stat }) => isDirectory(stat));
    if (directories.length < 2) return 'alone';
    const { count } = this.session.replica;
    const direction = direct(directories, 'entry', count);
    const { isMarked } = direction;
    const numbers = directories.map(({ child }) => child);
    if (isRightElsewhere(direction, numbers, count)) return 'no-source';
    const clients = await this.clientsAt(numbers);
    this.alive = await this.livingOf(clients);
    this.isAbandoned = clients.size > this.alive.size && numbers.length === count;
    if (!isMarked && !this.isForced && !this.isAbandoned) {
      await this.forgetNames(numbers);
      return 'clean';
    }
    return { children: numbers, heal: await this.names(directories) };
  }

  /** The names to look at. All of them where somebody has missed everything, or where names are not noted one by one. */
  private async names(copies: readonly InspectedCopy[]): Promise<NamesHeal> {
    const children = copies.map(({ child }) => child);
    const changedAt = new Map<ByteString, number[]>();
    for (const child of children)
      for (const name of await this.index.changedNames(child, this.gfid))
        if (intentOf(name) === undefined)
          changedAt.set(name, [...(changedAt.get(name) ?? []), child]);
    const hasMissedAll = copies.some(({ testimony }) =>
      testimony.about.some(({ data }) => data !== 0),
    );
    const { sinks, sources } = direct(copies, 'entry', this.session.replica.count);
    const isDirected = sinks.length > 0 && sources.length > 0;
    const isNoted = this.session.settings.isGranular && isDirected && changedAt.size > 0;
    if (isNoted && !hasMissedAll && !this.isForced && !this.isAbandoned)
      return { names: new Set(changedAt.keys()), changedAt, isFull: false };
    const names = new Set(changedAt.keys());
    for (const child of children)
      for (const name of await listNames(this.session, child, this.gfid)) names.add(name);
    return { names, changedAt, isFull: true };
  }

  /** Heals some names under a lock of the directory; a result ends the heal. */
  private async heal(
    names: readonly ByteString[],
    { changedAt }: NamesHeal,
    begun: readonly number[],
    held: readonly number[],
  ): Promise<HealResult | undefined> {
    const direction = await this.direction(begun, held);
    if (direction === undefined) return 'partly';
    const heal = async (bname: ByteString): Promise<boolean> => {
      this.done.add(bname);
      if (isPrivate(this.gfid, bname)) return true;
      const place = { pargfid: this.gfid, bname };
      const noted = changedAt.get(bname) ?? [];
      const { result, conflicts } = await healName(this.session, place, direction, noted);
      this.conflicts.push(...conflicts);
      return result !== 'failed';
    };
    const healed = await Promise.all(names.map(heal));
    // One name may have waited for another: a directory that was moved has lost its old one by now.
    for (const bname of names.filter((_, index) => !healed[index]))
      if (!(await heal(bname))) this.failed.add(bname);
    return undefined;
  }

  /** Undefined where a subvolume that took part is lost: the rest is for another round. */
  private async direction(
    begun: readonly number[],
    held: readonly number[],
  ): Promise<(NamesDirection & { readonly copies: readonly InspectedCopy[] }) | undefined> {
    const { copies } = await inspect(this.session, this.gfid, held);
    const children = copies.map(({ child }) => child);
    if (begun.some((child) => !children.includes(child))) return undefined;
    const part = copies.filter(({ child }) => begun.includes(child));
    const { sources, sinks, dirty } = direct(part, 'entry', this.session.replica.count);
    return {
      copies: part,
      children: begun,
      sources: sinks.length > 0 ? sources : [],
      isDirty: dirty.length > 0,
      holdsAllNames: true,
    };
  }

  /** Takes the marks off, unless a name failed or was noted since. */
  private async finish(
    begun: readonly number[],
    held: readonly number[],
    heal: NamesHeal,
  ): Promise<HealResult> {
    const direction = await this.direction(begun, held);
    if (direction === undefined) return 'partly';
    const late = heal.isFull ? [] : await this.lateNames(begun);
    if (late.length > 0 && (await this.heal(late, heal, begun, held)) !== undefined)
      return 'partly';
    if (this.failed.size > 0) return 'partly';
    const { count } = this.session.replica;
    const book = new MarkBook(this.session, this.gfid, direction.copies);
    // Whoever is away needs the names yet. The bytes of a directory stand for all of its names.
    const isEverybody = begun.length === count;
    const isPurged = isEverybody && this.alive.size === 0;
    await book.settle(begun, [], ['entry', 'data'], isPurged ? PURGE_NAMES : null);
    if (this.isAbandoned || !isPurged) await this.forgetNames(begun);
    return 'healed';
  }

  private async lateNames(children: readonly number[]): Promise<readonly ByteString[]> {
    const late: ByteString[] = [];
    for (const child of children)
      for (const name of await this.index.changedNames(child, this.gfid))
        if (!this.done.has(name) && intentOf(name) === undefined) late.push(name);
    return [...new Set(late)];
  }

  /** The clients that have noted to be at the directory's names. */
  private async clientsAt(children: readonly number[]): Promise<ReadonlySet<ByteString>> {
    const clients = new Set<ByteString>();
    for (const child of children)
      for (const name of await this.index.changedNames(child, this.gfid)) {
        const client = intentOf(name);
        if (client !== undefined) clients.add(client);
      }
    return clients;
  }

  private async livingOf(clients: Iterable<ByteString>): Promise<ReadonlySet<ByteString>> {
    const alive = new Set<ByteString>();
    for (const client of clients) if (await this.locks.isAlive(client)) alive.add(client);
    return alive;
  }

  /** Names that were healed, or that a heal has left which was cut off before its end, and notes of clients that are gone. */
  private async forgetNames(children: readonly number[]): Promise<void> {
    if (children.length < this.session.replica.count) return;
    const isAlive = (name: ByteString): boolean => this.alive.has(intentOf(name) ?? '');
    for (const child of children) await this.index.removeNames(child, this.gfid, isAlive);
  }
}
