import { FopError } from '../../../../fop/error.js';
import { Fd } from '../../../../fop/fd.js';
import type { Gfid } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import { BLOCK_BYTES, BlockCopier, type BlockSink } from './block-copier.js';
import { type DataPlan, newest, planData } from './data-plan.js';
import { HealLocks, holding } from './heal-locks.js';
import { restoreTimes } from './heal-times.js';
import { type InspectedCopy, inspect } from './inspection.js';
import { keepVersion } from './keep-version.js';
import { MarkBook } from './mark-book.js';
import type { HealResult, HealSession } from './session.js';

type Directed = Extract<DataPlan, { kind: 'heal' }>;

/** A heal of bytes that has begun. */
interface DataHeal {
  readonly source: InspectedCopy;
  readonly copies: readonly InspectedCopy[];
  readonly sinks: readonly DataSink[];
  readonly book: MarkBook;
}

interface DataSink extends BlockSink {
  hasFailed: boolean;
}

/**
 * Makes the bytes of a file the same at all subvolumes that have it. A small file is healed under one lock; of a larger one only a
 * few blocks at a time are locked, so that its users go on: what they write meanwhile reaches all copies. Names of versions that
 * were kept beside it are added to `conflicts`.
 */
export async function healData(
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
    if (found.source.stat.size > window) return found;
    await copyRange(session, found, 0, window);
    return finish(session, gfid, found);
  });
  if (typeof begun === 'string') return begun;
  const { size } = begun.source.stat;
  for (let offset = 0; offset < size; offset += window) {
    if (session.pace.isStopped || begun.sinks.every(({ hasFailed }) => hasFailed)) break;
    await holding(locks.data(gfid, BigInt(offset), BigInt(window)), (children) =>
      copyRange(session, dropUnlocked(begun, children), offset, window),
    );
  }
  if (session.pace.isStopped) return 'partly';
  return holding(locks.data(gfid), (children) =>
    finish(session, gfid, dropUnlocked(begun, children)),
  );
}

/** Looks at the copies, decides, and makes the sinks as long as the source. */
async function begin(
  session: HealSession,
  gfid: Gfid,
  children: readonly number[],
  conflicts: ByteString[],
): Promise<DataHeal | HealResult> {
  const { replica, settings } = session;
  const { copies } = await inspect(session, gfid, children);
  if (copies.length < 2) return 'alone';
  const shape = { count: replica.count, arbiter: replica.settings.arbiter };
  const plan = planData(copies, shape, settings.policy);
  if (plan.kind === 'clean' || plan.kind === 'no-source') return plan.kind;
  const directed = await directedBy(session, plan, copies, conflicts);
  if (directed === undefined) return 'split-brain';
  const source = copies.find(({ child }) => child === directed.source);
  if (source === undefined) throw new TypeError('the source is no copy');
  const book = new MarkBook(session, gfid, copies);
  const sinks = copies
    .filter(({ child }) => directed.sinks.includes(child))
    .map((copy) => sinkOf(session, book, source, copy));
  await Promise.all(sinks.map((sink) => attempt(sink, () => sink.prepare())));
  return { source, copies, sinks, book };
}

/** Of a split-brain one version wins: the policy's, or the one changed last after the others have been saved. */
async function directedBy(
  session: HealSession,
  plan: Exclude<DataPlan, { kind: 'clean' | 'no-source' }>,
  copies: readonly InspectedCopy[],
  conflicts: ByteString[],
): Promise<Directed | undefined> {
  if (plan.kind === 'heal') return plan;
  const winner = plan.winner ?? (await winnerOfAll(session, copies, conflicts));
  if (winner === undefined) return undefined;
  const sinks = copies.map(({ child }) => child).filter((child) => child !== winner);
  return { kind: 'heal', source: winner, sinks };
}

/** Only if everybody is there: who is away may know better. */
async function winnerOfAll(
  session: HealSession,
  copies: readonly InspectedCopy[],
  conflicts: ByteString[],
): Promise<number | undefined> {
  const { count, settings } = session.replica;
  if (copies.length < count) return undefined;
  const holders = copies.filter(({ child }) => child !== settings.arbiter);
  const winner = newest(holders);
  const all = copies.map(({ child }) => child);
  for (const loser of holders.filter((copy) => copy !== winner)) {
    const name = await keepVersion(session.again(), loser, all);
    if (name === undefined) return undefined;
    conflicts.push(name);
  }
  return winner.child;
}

function sinkOf(
  session: HealSession,
  book: MarkBook,
  source: InspectedCopy,
  copy: InspectedCopy,
): DataSink & { prepare(): Promise<void> } {
  const { replica, frame } = session;
  const { child, stat } = copy;
  const isArbiter = child === replica.settings.arbiter;
  let spoiling: Promise<void> | undefined;
  const spoil = (): Promise<void> => {
    spoiling ??= book.spoil(child, source.child, 'data');
    return spoiling;
  };
  const { size } = source.stat;
  return {
    child,
    oldSize: stat.size,
    hasFailed: false,
    takesBytes: !isArbiter,
    spoil,
    prepare: async () => {
      if (isArbiter || stat.size === size) return;
      await spoil();
      const request = { gfid: stat.gfid, offset: size, xdata: null };
      await replica.windTo(child, 'truncate', request, frame);
    },
  };
}

/** Brings the blocks of one range over, several at once. */
async function copyRange(
  session: HealSession,
  { source, sinks }: DataHeal,
  offset: number,
  size: number,
): Promise<void> {
  const copier = new BlockCopier(session, source.child, Fd.anonymous(source.stat.gfid));
  const end = Math.min(offset + size, source.stat.size);
  const blocks: number[] = [];
  for (let at = offset; at < end; at += BLOCK_BYTES) blocks.push(at);
  const open = (): readonly DataSink[] =>
    sinks.filter(({ hasFailed, takesBytes }) => takesBytes && !hasFailed);
  await Promise.all(
    blocks.map(async (at) => {
      const length = Math.min(BLOCK_BYTES, end - at);
      const failed = await copier.copy(at, length, open());
      for (const sink of sinks) if (failed.includes(sink.child)) sink.hasFailed = true;
    }),
  );
}

/** The sinks have it all: it is made to last, and the marks go. */
async function finish(
  session: HealSession,
  gfid: Gfid,
  { source, copies, sinks, book }: DataHeal,
): Promise<HealResult> {
  const { replica, frame, settings } = session;
  const fd = Fd.anonymous(gfid);
  await Promise.all(
    sinks.map((sink) =>
      attempt(sink, async () => {
        const { child } = sink;
        if (settings.isDurable && sink.takesBytes)
          await replica.windTo(child, 'fsync', { fd, datasync: 0, xdata: null }, frame);
        await restoreTimes(session, gfid, child, source);
      }),
    ),
  );
  const failed = sinks.filter(({ hasFailed }) => hasFailed).map(({ child }) => child);
  const equal = copies.map(({ child }) => child).filter((child) => !failed.includes(child));
  await book.settle(equal, failed, ['data']);
  return failed.length > 0 ? 'partly' : 'healed';
}

/** A subvolume that could not be locked takes no part any more. */
function dropUnlocked(heal: DataHeal, children: readonly number[]): DataHeal {
  for (const sink of heal.sinks) if (!children.includes(sink.child)) sink.hasFailed = true;
  if (!children.includes(heal.source.child)) for (const sink of heal.sinks) sink.hasFailed = true;
  return heal;
}

async function attempt(sink: DataSink, act: () => Promise<void>): Promise<void> {
  if (sink.hasFailed) return;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    sink.hasFailed = true;
  }
}
