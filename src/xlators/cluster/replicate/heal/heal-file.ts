import { FopError } from '../../../../fop/error.js';
import { Fd } from '../../../../fop/fd.js';
import type { Gfid } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import { BLOCK_BYTES } from './block-copier.js';
import { attempt, copyRange, type DataCopy, dataCopy } from './data-copy.js';
import { planData } from './data-plan.js';
import { directedBy } from './directed.js';
import { HealLocks, holding } from './heal-locks.js';
import { copyAttributes } from './heal-metadata.js';
import { restoreTimes } from './heal-times.js';
import { type InspectedCopy, inspect } from './inspection.js';
import { MarkBook } from './mark-book.js';
import { type MetadataPlan, planMetadata } from './metadata-plan.js';
import type { HealResult, HealSession } from './session.js';

const WINDOWS_AT_ONCE = 2;

/** A heal of a file that has begun. */
interface FileHeal {
  readonly copies: readonly InspectedCopy[];
  readonly book: MarkBook;
  readonly metadata: MetadataPlan;
  /** Undefined where the bytes are the same, or cannot be made the same. */
  readonly data: DataCopy | undefined;
  /** Where its bytes cannot be made the same. */
  readonly trouble?: HealResult | undefined;
}

/**
 * Makes a regular file the same at all subvolumes that have it. A small one is healed under one lock, which keeps those away too that change
 * attributes; of a larger one only a few blocks at a time are locked, so that its users go on: what they write meanwhile reaches all
 * copies. Names of versions that were kept beside it are added to `conflicts`.
 */
export async function healFile(
  session: HealSession,
  gfid: Gfid,
  conflicts: ByteString[] = [],
): Promise<HealResult> {
  const locks = new HealLocks(session);
  const alone = await locks.tieBreaker(gfid);
  if (alone === undefined) return 'busy';
  try {
    return await healAlone(session, locks, gfid, conflicts);
  } finally {
    await alone.release();
  }
}

async function healAlone(
  session: HealSession,
  locks: HealLocks,
  gfid: Gfid,
  conflicts: ByteString[],
): Promise<HealResult> {
  const window = session.settings.windowBlocks * BLOCK_BYTES;
  const begun = await holding(locks.data(gfid), async (children) => {
    const found = await begin(session, gfid, children, conflicts);
    if (typeof found === 'string') return found;
    await prepare(found);
    if (found.data && found.data.source.stat.size > window) return found;
    if (found.data) await copyRange(session, found.data, 0, window);
    return finish(session, gfid, found);
  });
  if (typeof begun === 'string' || begun.data === undefined) return begun as HealResult;
  await copyWindows(session, locks, begun.data, window);
  if (session.pace.isStopped) return 'partly';
  const { data } = begun;
  return holding(locks.data(gfid), async (children) => {
    dropUnlocked(data, children);
    return finish(session, gfid, begun);
  });
}

/** Copies all of a large file, a few windows at once, each under its own lock. */
async function copyWindows(
  session: HealSession,
  locks: HealLocks,
  data: DataCopy,
  window: number,
): Promise<void> {
  const { gfid, size } = data.source.stat;
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < size && !session.pace.isStopped) {
      if (data.sinks.every(({ hasFailed }) => hasFailed)) return;
      const offset = next;
      next += window;
      await holding(locks.data(gfid, BigInt(offset), BigInt(window)), (children) =>
        copyRange(session, dropUnlocked(data, children), offset, window),
      );
    }
  };
  await Promise.all(Array.from({ length: WINDOWS_AT_ONCE }, run));
}

/** Looks at the copies, and decides. */
async function begin(
  session: HealSession,
  gfid: Gfid,
  children: readonly number[],
  conflicts: ByteString[],
): Promise<FileHeal | HealResult> {
  const { replica, settings } = session;
  const { copies } = await inspect(session, gfid, children);
  if (copies.length < 2) return 'alone';
  const shape = { count: replica.count, arbiter: replica.settings.arbiter };
  const metadata = planMetadata(copies, shape, settings.policy);
  const plan = planData(copies, shape, settings.policy);
  if (metadata.kind === 'clean' && plan.kind === 'clean') return 'clean';
  const book = new MarkBook(session, gfid, copies);
  const heal = { copies, book, metadata, data: undefined };
  if (plan.kind === 'clean') return heal;
  if (plan.kind === 'no-source') return { ...heal, trouble: 'no-source' };
  const directed = await directedBy(session, plan, copies, conflicts);
  const source = copies.find(({ child }) => child === directed?.source);
  if (directed === undefined || source === undefined) return { ...heal, trouble: 'split-brain' };
  const sinks = copies.filter(({ child }) => directed.sinks.includes(child));
  const isAtOnce = source.stat.size <= settings.windowBlocks * BLOCK_BYTES;
  return { ...heal, data: dataCopy(session, book, source, sinks, isAtOnce) };
}

/** Before anything changes: who is to be changed and not accused yet is accused, and sinks become as long as the source. */
async function prepare({ metadata, data, book }: FileHeal): Promise<void> {
  if (metadata.kind === 'heal')
    for (const child of metadata.unmarked) await book.accuse(metadata.source, child, 'metadata');
  await Promise.all(data?.sinks.map((sink) => attempt(sink, () => sink.prepare())) ?? []);
}

/** The sinks have all bytes: these are made to last, attributes follow, and the marks go. */
async function finish(session: HealSession, gfid: Gfid, heal: FileHeal): Promise<HealResult> {
  const { copies, book, metadata, data, trouble } = heal;
  const failed: number[] = [];
  for (const sink of data?.sinks ?? []) if (sink.hasFailed) failed.push(sink.child);
  await Promise.all(
    copies.map(async (copy) => {
      if (failed.includes(copy.child)) return;
      if (!(await finishCopy(session, gfid, heal, copy))) failed.push(copy.child);
    }),
  );
  const equal = copies.map(({ child }) => child).filter((child) => !failed.includes(child));
  const kinds = [
    ...(metadata.kind === 'heal' ? (['metadata'] as const) : []),
    ...(data ? (['data'] as const) : []),
  ];
  await book.settle(equal, failed, kinds);
  if (failed.length > 0) return 'partly';
  return trouble ?? 'healed';
}

/** False where it fails. */
async function finishCopy(
  session: HealSession,
  gfid: Gfid,
  { copies, book, metadata, data }: FileHeal,
  copy: InspectedCopy,
): Promise<boolean> {
  const { child } = copy;
  const { replica, frame, settings } = session;
  const sink = data?.sinks.find((each) => each.child === child);
  try {
    if (sink?.takesBytes && settings.isDurable) {
      const request = { fd: Fd.anonymous(gfid), datasync: 0, xdata: null };
      await replica.windTo(child, 'fsync', request, frame);
    }
    const source =
      metadata.kind === 'heal' && metadata.sinks.includes(child) ? metadata.source : -1;
    const attributes = copies.find((each) => each.child === source);
    if (attributes) {
      await book.spoil(child, source, 'metadata');
      await copyAttributes(session, attributes, copy, (sink && data?.source) ?? attributes);
    } else if (sink && data) await restoreTimes(session, gfid, child, data.source);
    return true;
  } catch (error) {
    if (error instanceof FopError) return false;
    throw error;
  }
}

/** A subvolume that could not be locked takes no part any more. */
function dropUnlocked(data: DataCopy, children: readonly number[]): DataCopy {
  const isSourceLost = !children.includes(data.source.child);
  for (const sink of data.sinks)
    if (isSourceLost || !children.includes(sink.child)) sink.hasFailed = true;
  return data;
}
