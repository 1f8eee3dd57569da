import type { Gfid } from '../../../../fop/gfid.js';
import { isDirectory, isRegular } from '../../../../fop/iatt.js';
import { planData } from './data-plan.js';
import { direct } from './direction.js';
import { HealLocks } from './heal-locks.js';
import { type InspectedCopy, inspect } from './inspection.js';
import { planMetadata } from './metadata-plan.js';
import type { HealSession } from './session.js';

/** Attributes that GlusterFS's tools ask a replica set for (engine reference, B.10). */
export const SPLIT_BRAIN_STATUS = 'replica.split-brain-status';
export const SPLIT_BRAIN_FINALIZE = 'replica.split-brain-heal-finalize';
export const HEAL_INFO = 'glusterfs.heal-info';

interface Split {
  readonly data: boolean;
  readonly metadata: boolean;
}

/** Whether each copy of a file has missed what another one has; of directories that is never told. Ends with a NUL, as C has it. */
export async function splitBrainStatus(session: HealSession, gfid: Gfid): Promise<string> {
  const { copies } = await inspect(session, gfid, session.up);
  const split = splitOf(session, copies);
  if (!split.data && !split.metadata) return 'The file is not under data or metadata split-brain\0';
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  const { arbiter } = session.replica.settings;
  const choices = copies
    .filter(({ child }) => child !== arbiter)
    .map(({ child }) => session.replica.child(child).name);
  return `data-split-brain:${yes(split.data)}    metadata-split-brain:${yes(split.metadata)}    Choices:${choices.join(',')}\0`;
}

function splitOf(session: HealSession, copies: readonly InspectedCopy[]): Split {
  const { count, settings } = session.replica;
  const shape = { count, arbiter: settings.arbiter };
  const areFiles = copies.length > 0 && copies.every(({ stat }) => !isDirectory(stat));
  if (!areFiles) return { data: false, metadata: false };
  const metadata = planMetadata(copies, shape);
  const isFile = copies.every(({ stat }) => isRegular(stat));
  return {
    data: isFile && planData(copies, shape, 'none').kind === 'split-brain',
    metadata: metadata.kind === 'heal' && metadata.isDispute,
  };
}

/**
 * What an inode waits for: `no-heal`, `heal`, `possibly-healing` (a healer is at it) or `split-brain`, with `-pending` behind it where
 * a brick accuses a copy. A change under way that nobody is accused of is none to be healed while somebody holds its lock.
 */
export async function healInfo(session: HealSession, gfid: Gfid): Promise<string> {
  const { copies } = await inspect(session, gfid, session.up);
  const kinds = ['data', 'metadata', 'entry'] as const;
  const found = kinds.map((kind) => direct(copies, kind, session.replica.count));
  if (!found.some(({ isMarked }) => isMarked)) return 'no-heal';
  const { data, metadata } = splitOf(session, copies);
  const isAccused = found.some(({ sinks }) => sinks.length > 0);
  const pending = isAccused ? '-pending' : '';
  if (data || metadata) return `split-brain${pending}`;
  const locks = new HealLocks(session);
  const alone = await locks.tieBreaker(gfid);
  if (alone === undefined) return `possibly-healing${pending}`;
  try {
    if (!isAccused && (await isBusy(locks, gfid))) return 'no-heal';
    return `heal${pending}`;
  } finally {
    await alone.release();
  }
}

async function isBusy(locks: HealLocks, gfid: Gfid): Promise<boolean> {
  const held = await locks.tryData(gfid);
  await held?.release();
  return held === undefined;
}
