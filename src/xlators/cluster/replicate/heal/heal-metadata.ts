import type { DictValue } from '../../../../fop/dict.js';
import { dictOfBytes } from '../../../../fop/dict.js';
import { FopError } from '../../../../fop/error.js';
import type { Gfid } from '../../../../fop/gfid.js';
import {
  isSymlink,
  SETATTR_ATIME,
  SETATTR_GID,
  SETATTR_MODE,
  SETATTR_MTIME,
  SETATTR_UID,
} from '../../../../fop/iatt.js';
import { xattrChanges } from './attributes.js';
import { HealLocks, holding } from './heal-locks.js';
import { MDATA } from './heal-times.js';
import { type InspectedCopy, inspect } from './inspection.js';
import { MarkBook } from './mark-book.js';
import { planMetadata } from './metadata-plan.js';
import type { HealResult, HealSession } from './session.js';

/** Makes owner, permissions and extended attributes of an inode the same at all subvolumes that have it. */
export function healMetadata(session: HealSession, gfid: Gfid): Promise<HealResult> {
  const locks = new HealLocks(session);
  return holding(locks.metadata(gfid), async (children) => {
    const { copies } = await inspect(session, gfid, children);
    if (copies.length < 2) return 'alone';
    const { replica, settings } = session;
    const shape = { count: replica.count, arbiter: replica.settings.arbiter };
    const plan = planMetadata(copies, shape, settings.policy);
    if (plan.kind === 'clean') return 'clean';
    const source = copies.find(({ child }) => child === plan.source);
    if (source === undefined) throw new TypeError('the source is no copy');
    const book = new MarkBook(session, gfid, copies);
    for (const child of plan.unmarked) await book.accuse(plan.source, child, 'metadata');
    const failed: number[] = [];
    for (const sink of copies.filter(({ child }) => plan.sinks.includes(child)))
      if (!(await healCopy(session, book, source, sink))) failed.push(sink.child);
    const equal = copies.map(({ child }) => child).filter((child) => !failed.includes(child));
    await book.settle(equal, failed, ['metadata']);
    return failed.length > 0 ? 'partly' : 'healed';
  });
}

async function healCopy(
  session: HealSession,
  book: MarkBook,
  source: InspectedCopy,
  sink: InspectedCopy,
): Promise<boolean> {
  try {
    await book.spoil(sink.child, source.child, 'metadata');
    await copyAttributes(session, source, sink, source);
    return true;
  } catch (error) {
    if (error instanceof FopError) return false;
    throw error;
  }
}

/** Gives one copy the attributes of another, and the times of `times`; it can be done again. */
export async function copyAttributes(
  session: HealSession,
  { stat, xattrs }: InspectedCopy,
  sink: Pick<InspectedCopy, 'child' | 'xattrs' | 'stat'>,
  times: Pick<InspectedCopy, 'stat' | 'mdata'>,
): Promise<void> {
  const { replica, frame } = session;
  const { gfid } = sink.stat;
  const { child } = sink;
  const { atime, atimeNsec, mtime, mtimeNsec } = times.stat;
  const stbuf = { ...stat, atime, atimeNsec, mtime, mtimeNsec };
  const mode = isSymlink(stat) ? 0 : SETATTR_MODE;
  const valid = SETATTR_UID | SETATTR_GID | mode | SETATTR_ATIME | SETATTR_MTIME;
  await replica.windTo(child, 'setattr', { gfid, stbuf, valid, xdata: null }, frame);
  const { removed, set } = xattrChanges(sink.xattrs, xattrs);
  if (removed.length > 0) {
    const keys = removed.map((key): [string, DictValue] => [key, { type: 'int', int: 0n }]);
    const request = { gfid, name: '', xdata: new Map(keys) };
    await replica.windTo(child, 'removexattr', request, frame);
  }
  const { mdata } = times;
  const all = mdata === undefined ? set : [...set, [MDATA, mdata] as const];
  if (all.length > 0)
    await replica.windTo(
      child,
      'setxattr',
      { gfid, dict: dictOfBytes(all), flags: 0, xdata: null },
      frame,
    );
}
