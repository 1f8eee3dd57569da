import { isDirectory } from '../../../../fop/iatt.js';
import { isQuorum } from '../quorum.js';
import { direct, isRightElsewhere } from './direction.js';
import type { NamesDirection } from './heal-name.js';
import { IndexReader } from './index-reader.js';
import { inspect } from './inspection.js';
import type { Place } from './new-copy.js';
import type { HealSession } from './session.js';

/**
 * What the marks of a directory say about one of its names, seen under the lock of that name. Undefined where too few have the
 * directory: a single copy proves nothing, fewer than a quorum would only be overruled, and so would those that all lag behind.
 */
export async function namesDirection(
  session: HealSession,
  { pargfid, bname }: Place,
  held: readonly number[],
): Promise<(NamesDirection & { readonly changedAt: readonly number[] }) | undefined> {
  const { replica } = session;
  const { copies } = await inspect(session, pargfid, held);
  const directories = copies.filter(({ stat }) => isDirectory(stat));
  const children = directories.map(({ child }) => child);
  if (children.length < 2 || !isQuorum(children, replica.settings.quorum, replica.count))
    return undefined;
  const direction = direct(directories, 'entry', replica.count);
  if (isRightElsewhere(direction, children, replica.count)) return undefined;
  const { sources, sinks, dirty, isMarked } = direction;
  const index = new IndexReader(session);
  const changedAt: number[] = [];
  if (isMarked && session.settings.isGranular)
    for (const child of children)
      if ((await index.changedNames(child, pargfid)).includes(bname)) changedAt.push(child);
  return {
    children,
    sources: sinks.length > 0 ? sources : [],
    isDirty: dirty.length > 0,
    changedAt,
    holdsAllNames: false,
  };
}
