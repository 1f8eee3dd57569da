import { type Dict, type DictValue, EMPTY_DICT, NO_DICT } from '../../../fop/dict.js';
import { O_NOFOLLOW } from '../../../fop/fd.js';
import type { Iatt } from '../../../fop/iatt.js';
import { isRegular } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import { absent, type Brick, type Inode } from './brick.js';
import { MDATA_XATTR } from './mdata.js';
import { fitsPattern, isPattern } from './name-pattern.js';
import { ancestry, openCount } from './virtual-xattr.js';
import { isHidden, isStored } from './xattr-name.js';

/** No more than this of a file is sent along with a lookup, whatever is asked. */
const MAX_CONTENT_BYTES = 1 << 20;

/** An empty dict for a request that came with one, no dict for one without. */
export function likewise(xdata: Dict): Dict {
  return xdata === null ? NO_DICT : EMPTY_DICT;
}

/** Which answers a fop gives beside those that all give. */
export interface AnswerKinds {
  readonly hasContent?: boolean;
  readonly hasList?: boolean;
}

export const LOOKUP_ANSWERS: AnswerKinds = { hasContent: true, hasList: true };
export const STAT_ANSWERS: AnswerKinds = { hasContent: true, hasList: true };
export const FSTAT_ANSWERS: AnswerKinds = { hasList: true };
export const GETXATTR_ANSWERS: AnswerKinds = { hasList: true };
export const LISTING_ANSWERS: AnswerKinds = { hasContent: true };

/** What the xdata of a lookup, stat or listing asks of an inode (wire reference, section 13). */
export function answersFor(
  brick: Brick,
  inode: Inode,
  xdata: Dict,
  { hasContent = false, hasList = false }: AnswerKinds,
): ReadonlyMap<string, DictValue> | null {
  if (xdata === null) return null;
  const answers = new Map<string, DictValue>();
  const present = presentNames(brick, inode, xdata);
  for (const [key, asked] of xdata) {
    if (isPattern(key)) {
      fitting(brick, inode, key, answers);
      continue;
    }
    const answer = isStored(key) ? stored(brick, inode, key, present) : virtual(brick, inode, key);
    if (answer !== undefined) answers.set(key, answer);
    if (key === 'glusterfs.content' && hasContent) content(brick, inode, asked, answers);
    if (key === 'list-xattr' && hasList) list(brick, inode, answers);
  }
  return answers;
}

/** The names of an inode's attributes, where asking for them costs less than for each that may be there; else undefined. */
function presentNames(
  brick: Brick,
  inode: Inode,
  xdata: ReadonlyMap<string, DictValue>,
): readonly ByteString[] | undefined {
  let wanted = 0;
  for (const key of xdata.keys()) if (isStored(key)) wanted += 1;
  if (wanted < LIST_FROM) return undefined;
  return absent(() => brick.knownNames(inode), 'EOPNOTSUPP');
}

/** So many attributes cost more, one by one, than the list of them all. */
const LIST_FROM = 2;

function stored(
  brick: Brick,
  inode: Inode,
  key: ByteString,
  present: readonly ByteString[] | undefined,
): DictValue | undefined {
  if (present?.includes(key) === false) return undefined;
  return bytesOf(absent(() => brick.xattr(inode.target, key), 'EOPNOTSUPP', 'EINVAL', 'ERANGE'));
}

/** performance/md-cache asks so for what its option xattr-cache-list names. */
function fitting(
  brick: Brick,
  inode: Inode,
  pattern: ByteString,
  answers: Map<string, DictValue>,
): void {
  const names = absent(() => brick.knownNames(inode), 'EOPNOTSUPP') ?? [];
  for (const name of names) {
    const value = fitsPattern(name, pattern) ? stored(brick, inode, name, names) : undefined;
    if (value !== undefined) answers.set(name, value);
  }
}

function bytesOf(bytes: Buffer | undefined): DictValue | undefined {
  return bytes === undefined ? undefined : { type: 'bytes', bytes };
}

function virtual(brick: Brick, inode: Inode, key: ByteString): DictValue | undefined {
  switch (key) {
    case 'glusterfs.open-fd-count':
    case 'glusterfs.open-active-fd-count':
      return openCount(brick, inode);
    case 'get-size':
      return sizeAnswer(inode);
    case 'glusterfs.ancestry.path':
      return ancestry(brick, inode);
    default:
      return undefined;
  }
}

/** The size of a file; of nothing else. */
export function sizeAnswer({ stat }: Inode): DictValue | undefined {
  return isRegular(stat) ? { type: 'uint', uint: BigInt(stat.size) } : undefined;
}

function content(
  brick: Brick,
  { path, stat }: Inode,
  asked: DictValue,
  answers: Map<string, DictValue>,
): void {
  const most = Math.min(numberOf(asked), MAX_CONTENT_BYTES);
  if (!isRegular(stat) || stat.size > most) return;
  const bytes = Buffer.alloc(stat.size);
  const file = brick.disk.open(path, O_NOFOLLOW, 0);
  try {
    const size = stat.size === 0 ? 0 : brick.disk.read(file, bytes, 0);
    answers.set('glusterfs.content', { type: 'bytes', bytes: bytes.subarray(0, size) });
  } finally {
    brick.disk.close(file);
  }
}

function list(brick: Brick, inode: Inode, answers: Map<string, DictValue>): void {
  for (const name of brick.xattrNames(inode.target)) {
    const isLeftOut = isHidden(name) && name !== MDATA_XATTR;
    const value = isLeftOut ? undefined : bytesOf(brick.xattr(inode.target, name));
    if (value !== undefined) answers.set(name, value);
  }
}

/** The number in a dict's value, whatever its kind; 0 where it holds none. */
export function numberOf(value: DictValue | undefined): number {
  if (value?.type === 'int') return Number(value.int);
  return value?.type === 'uint' ? Number(value.uint) : 0;
}

/** What setxattr and removexattr tell of the inode before and after. */
export function changeAnswers(before: Iatt, after: Iatt): Dict {
  return new Map<string, DictValue>([
    ['virt-gf-prestat', { type: 'iatt', iatt: before }],
    ['virt-gf-poststat', { type: 'iatt', iatt: after }],
    ['dht-get-iatt-in-xattr', { type: 'iatt', iatt: after }],
  ]);
}
