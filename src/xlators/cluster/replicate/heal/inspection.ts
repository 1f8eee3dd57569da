import type { Dict, DictValue } from '../../../../fop/dict.js';
import { dictBytes } from '../../../../fop/dict.js';
import { isErrno } from '../../../../fop/error.js';
import { type Gfid, NULL_GFID } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import { outcomeOf } from '../../../../fop/wind.js';
import { healedXattrs } from './attributes.js';
import { MDATA } from './heal-times.js';
import type { SeenAttributes } from './metadata-plan.js';
import type { HealSession } from './session.js';

/** A copy of an inode as a heal sees it. */
export interface InspectedCopy extends SeenAttributes {
  /** The times that features/utime keeps, as they stand on the brick. */
  readonly mdata: Buffer | undefined;
}

export interface Inspection {
  readonly copies: readonly InspectedCopy[];
  /** Subvolumes that answered that they have no such inode. */
  readonly missing: readonly number[];
}

/** Asks some subvolumes for an inode, with its marks and all its attributes. Those that fail otherwise are not in the answer. */
export async function inspect(
  session: HealSession,
  gfid: Gfid,
  children: readonly number[],
): Promise<Inspection> {
  const found = await Promise.all(
    children.map((child) => lookAt(session, child, { gfid, pargfid: NULL_GFID, bname: '' })),
  );
  return {
    copies: found.flatMap((seen) =>
      typeof seen === 'object' && seen.stat.gfid === gfid ? [seen] : [],
    ),
    missing: children.filter((_, index) => found[index] === 'missing'),
  };
}

/** What one subvolume has: a copy, nothing, a name without a gfid, or no answer. */
export async function lookAt(
  { replica, frame }: HealSession,
  child: number,
  at: { readonly gfid: Gfid; readonly pargfid: Gfid; readonly bname: ByteString },
  more: ReadonlyMap<string, DictValue> = new Map(),
): Promise<InspectedCopy | 'missing' | 'gfidless' | undefined> {
  const asked = new Map<string, DictValue>([
    ['list-xattr', { type: 'int', int: 1n }],
    [MDATA, { type: 'int', int: 0n }],
    ...more,
  ]);
  const xdata = replica.settings.keys.ask(asked);
  const outcome = await outcomeOf(replica.windTo(child, 'lookup', { ...at, xdata }, frame));
  if ('error' in outcome) {
    if (isErrno(outcome.error, 'ENOENT', 'ESTALE')) return 'missing';
    return isErrno(outcome.error, 'ENODATA') ? 'gfidless' : undefined;
  }
  const { stat, xdata: answers } = outcome.reply;
  return {
    child,
    stat,
    testimony: replica.settings.keys.testimony(answers),
    xattrs: healedXattrs(answers),
    mdata: copyOf(answers, MDATA),
  };
}

function copyOf(answers: Dict, key: string): Buffer | undefined {
  const bytes = dictBytes(answers, key);
  return bytes && Buffer.from(bytes);
}
