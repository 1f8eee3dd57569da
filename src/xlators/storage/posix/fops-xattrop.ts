import { type Dict, type DictValue, dictOfBytes } from '../../../fop/dict.js';
import type { Fops } from '../../../fop/fops.js';
import { NO_IATT } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import { sizeAnswer } from './answers.js';
import type { Brick, Inode } from './brick.js';
import { whyNotChange } from './xattr-name.js';
import { xattropOutcome } from './xattrop-sum.js';

type DictReply = Fops['xattrop']['reply'];

/** xattrop, fxattrop. */
export function xattropFops(brick: Brick): Handlers {
  return {
    async xattrop({ gfid, flags, dict, xdata }) {
      return computeAll(brick, brick.handles.resolve(gfid), flags, dict, xdata);
    },
    async fxattrop({ fd, flags, dict, xdata }) {
      return computeAll(brick, brick.openFiles.resolve(fd), flags, dict, xdata);
    },
  };
}

/** All attributes are computed before the first is stored, so that a refusal leaves everything as it was. */
function computeAll(brick: Brick, inode: Inode, op: number, dict: Dict, xdata: Dict): DictReply {
  const stores: [ByteString, Buffer][] = [];
  const replies: [ByteString, Buffer][] = [];
  for (const [name, value] of dict ?? []) {
    const outcome = compute(brick, inode, op, name, value);
    if (outcome.store !== undefined) stores.push([name, outcome.store]);
    if (outcome.reply !== undefined) replies.push([name, outcome.reply]);
  }
  for (const [name, bytes] of stores) brick.setXattr(inode.target, name, bytes);
  return {
    dict: dict === null ? null : dictOfBytes(replies),
    prestat: NO_IATT,
    poststat: NO_IATT,
    xdata: answers(inode, xdata),
  };
}

function compute(brick: Brick, inode: Inode, op: number, name: ByteString, value: DictValue) {
  const errno = whyNotChange(name);
  if (errno !== undefined) throw brick.error(errno, name);
  if (value.type !== 'bytes' && value.type !== 'untyped')
    throw brick.error('EINVAL', `the value of ${name} is no array`);
  const outcome = xattropOutcome(op, brick.xattr(inode.target, name), value.bytes);
  if (typeof outcome === 'string') throw brick.error(outcome, name);
  return outcome;
}

function answers(inode: Inode, xdata: Dict): Dict {
  if (xdata === null) return null;
  const found = new Map<string, DictValue>();
  const size = xdata.has('get-size') ? sizeAnswer(inode) : undefined;
  if (size !== undefined) found.set('get-size', size);
  return found;
}
