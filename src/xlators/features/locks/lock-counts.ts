import type { Dict, DictValue } from '../../../fop/dict.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { EntryLock, InodeLock, PosixLock } from './lock-rules.js';
import type { LockTable } from './lock-table.js';

export interface LockTables {
  readonly inode: LockTable<InodeLock>;
  readonly entry: LockTable<EntryLock>;
  readonly posix: LockTable<PosixLock>;
}

/** Behind it stands the whole name of a domain, whatever the key is called; they count only beside SEVERAL_DOMAINS. */
const DOMAIN_PREFIX = 'glusterfs.inodelk-dom-prefix:';
const SEVERAL_DOMAINS = 'glusterfs.multi-dom-lk-cnt-req';
/** Answered under INODELK_COUNT. */
const DOMAIN_COUNT = 'glusterfs.inodelk-dom-count';
const INODELK_COUNT = 'glusterfs.inodelk-count';

/** The name that a request came by, for counts on its directory. */
export interface NamedBy {
  readonly pargfid: Gfid;
  readonly bname: ByteString;
}

/** Adds the counts that `asked` wants to a reply's xdata (wire reference, section 13). */
export function withCounts(
  tables: LockTables,
  asked: Dict,
  xdata: Dict,
  gfid: Gfid,
  by?: NamedBy,
): Dict {
  const counts = countsFor(tables, asked, gfid, by);
  if (counts.length === 0) return xdata;
  // The answer of a create echoes what was asked; of this key 10.3 leaves the count alone.
  const others = [...(xdata ?? [])].filter(([key]) => key !== DOMAIN_COUNT);
  return new Map([...others, ...counts]);
}

/** True where a request asks for any count, so that others cost nothing. */
export function asksForCounts(asked: Dict): boolean {
  if (asked === null) return false;
  for (const key of asked.keys()) if (isCount(key)) return true;
  return false;
}

function isCount(key: string): boolean {
  return KEYS.has(key) || key.startsWith(DOMAIN_PREFIX);
}

const KEYS: ReadonlySet<string> = new Set([
  DOMAIN_COUNT,
  INODELK_COUNT,
  'glusterfs.entrylk-count',
  'glusterfs.posixlk-count',
  'glusterfs.parent-entrylk',
]);

function countsFor(tables: LockTables, asked: Dict, gfid: Gfid, by?: NamedBy) {
  const counts: [string, DictValue][] = [];
  for (const [key, value] of asked ?? []) {
    if (key.startsWith(DOMAIN_PREFIX) && asked?.has(SEVERAL_DOMAINS) !== true) continue;
    const count = isCount(key) ? countOf(tables, key, value, gfid, by) : undefined;
    const under = key === DOMAIN_COUNT ? INODELK_COUNT : key;
    if (count !== undefined) counts.push([under, { type: 'int', int: BigInt(count) }]);
  }
  return counts;
}

function countOf(
  { inode, entry, posix }: LockTables,
  key: string,
  value: DictValue,
  gfid: Gfid,
  by: NamedBy | undefined,
): number | undefined {
  switch (key) {
    case DOMAIN_COUNT:
      return inode.count(gfid, (domain) => value.type === 'string' && domain === value.text);
    case INODELK_COUNT:
      return inode.count(gfid);
    case 'glusterfs.entrylk-count':
      return entry.count(gfid);
    case 'glusterfs.posixlk-count':
      return posix.count(gfid);
    case 'glusterfs.parent-entrylk':
      return by === undefined ? undefined : Number(isNameLocked(entry, by));
    default: {
      const wanted = key.slice(DOMAIN_PREFIX.length);
      return inode.count(gfid, (domain) => domain === wanted);
    }
  }
}

/** By this name; a lock of all names is none of it. */
function isNameLocked(entry: LockTable<EntryLock>, { pargfid, bname }: NamedBy): boolean {
  return entry.heldAnywhere(pargfid).some(({ name }) => name === bname);
}
