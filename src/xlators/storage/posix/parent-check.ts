import { type Dict, type DictValue, dictBytes } from '../../../fop/dict.js';
import { FopError } from '../../../fop/error.js';
import type { ByteString } from '../../../fop/name.js';
import type { Brick, Inode } from './brick.js';

const PARENT_KEY = 'glusterfs.preop.parent.key';
const CHECK_FAILED = 'glusterfs.preop.check.failed';

/**
 * cluster/distribute makes a directory where its parent's layout says, and names the attribute that it has read that from: where
 * the parent has another value meanwhile, the answer is EIO, and `glusterfs.preop.check.failed` with it tells that client to look
 * again. Answers what of the xdata is for the new directory itself.
 */
export function checkParent(brick: Brick, parent: Inode, xdata: Dict): Dict {
  const asked = xdata?.get(PARENT_KEY);
  if (xdata === null || asked?.type !== 'string') return xdata;
  const key: ByteString = asked.text;
  const wanted = dictBytes(xdata, key);
  const found = brick.xattr(parent.target, key);
  if (found === undefined) throw brick.error('ENODATA', `${key} of the parent`);
  if (wanted === undefined || !found.equals(wanted))
    throw new FopError('EIO', `${brick.name}: ${key} of the parent has changed`, undefined, FAILED);
  return new Map([...xdata].filter(([name]) => name !== key && name !== PARENT_KEY));
}

const FAILED: Dict = new Map<string, DictValue>([[CHECK_FAILED, { type: 'int', int: 1n }]]);
