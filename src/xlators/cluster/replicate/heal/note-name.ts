import type { DictValue } from '../../../../fop/dict.js';
import { marksOf } from '../pending.js';
import { changeMarks } from './mark-book.js';
import type { Place } from './new-copy.js';
import type { HealSession } from './session.js';

/** Says that a name is being made of which no list knows yet: a heal that is cut off is gone on with. */
export async function noteName(
  session: HealSession,
  { pargfid, bname }: Place,
  children: readonly number[],
): Promise<void> {
  const dirty = marksOf('entry', 1);
  const xdata = new Map<string, DictValue>([
    ['glusterfs.xattrop-entry-create', { type: 'string', text: bname }],
  ]);
  for (const child of children)
    await changeMarks(session, pargfid, { child, about: [], dirty }, xdata);
}
