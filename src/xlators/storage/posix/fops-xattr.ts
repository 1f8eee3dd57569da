import { type Dict, type DictValue, dictOfBytes } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import { changeAnswers } from './answers.js';
import type { Brick, Inode } from './brick.js';
import { decodeMdata, laterTimes, MDATA_XATTR } from './mdata.js';
import { ATTRIBUTES_CHANGED, touch, writeTimes } from './times.js';
import { virtualXattr } from './virtual-xattr.js';
import { isHidden, whyNotChange } from './xattr-name.js';

/** setxattr, getxattr, removexattr, and the same by fd. */
export function xattrFops(brick: Brick): Handlers {
  const { handles, openFiles } = brick;
  return {
    async setxattr({ gfid, dict, flags }, frame) {
      return setAll(brick, handles.resolve(gfid), dict, flags, frame);
    },
    async fsetxattr({ fd, dict, flags }, frame) {
      return setAll(brick, openFiles.resolve(fd), dict, flags, frame);
    },
    async getxattr({ gfid, name }) {
      return { dict: get(brick, handles.resolve(gfid), name), xdata: null };
    },
    async fgetxattr({ fd, name }) {
      return { dict: get(brick, openFiles.resolve(fd), name), xdata: null };
    },
    async removexattr({ gfid, name, xdata }, frame) {
      return remove(brick, handles.resolve(gfid), name, xdata, frame);
    },
    async fremovexattr({ fd, name, xdata }, frame) {
      return remove(brick, openFiles.resolve(fd), name, xdata, frame);
    },
  };
}

function setAll(brick: Brick, inode: Inode, dict: Dict, flags: number, frame: Frame) {
  if (flags !== 0 && flags !== 1 && flags !== 2) throw brick.error('EINVAL', 'setxattr flags');
  for (const name of dict?.keys() ?? []) checkChange(brick, name);
  const before = brick.iattOf(inode);
  for (const [name, value] of dict ?? []) setOne(brick, inode, name, value, flags);
  touch(brick, inode, frame, ATTRIBUTES_CHANGED);
  return { xdata: changeAnswers(before, brick.iatt(inode)) };
}

function setOne(brick: Brick, inode: Inode, name: ByteString, value: DictValue, flags: 0 | 1 | 2) {
  if (name === 'set-ctime-mdata' && value.type === 'mdata') {
    const bytes = brick.xattr(inode.target, MDATA_XATTR);
    const stored = bytes === undefined ? undefined : decodeMdata(bytes);
    const times = stored === undefined ? value.times : laterTimes(value.times, stored);
    writeTimes(brick, inode.target, times);
    return;
  }
  brick.setXattr(inode.target, name, plainBytes(brick, name, value), flags);
}

function plainBytes(brick: Brick, name: ByteString, value: DictValue): Buffer {
  if (value.type === 'bytes' || value.type === 'untyped') return value.bytes;
  if (value.type === 'string') return Buffer.from(value.text, 'latin1');
  throw brick.error('EINVAL', `the value of ${name} is no bytes`);
}

function checkChange(brick: Brick, name: ByteString): void {
  const errno = whyNotChange(name);
  if (errno !== undefined) throw brick.error(errno, name);
}

function get(brick: Brick, inode: Inode, name: ByteString | undefined): Dict {
  if (name === undefined || name === '') return list(brick, inode);
  const virtual = virtualXattr(brick, inode, name);
  if (virtual !== undefined) return new Map([[name, virtual]]);
  const bytes = brick.xattr(inode.target, name);
  if (bytes === undefined) throw brick.error('ENODATA', name);
  return dictOfBytes([[name, bytes]]);
}

function list(brick: Brick, inode: Inode): Dict {
  const found = new Map<string, DictValue>();
  for (const name of brick.xattrNames(inode.target)) {
    const bytes = isHidden(name) ? undefined : brick.xattr(inode.target, name);
    if (bytes !== undefined) found.set(name, { type: 'bytes', bytes });
  }
  return found;
}

/** An empty name removes what xdata names, as far as it is there. */
function remove(brick: Brick, inode: Inode, name: ByteString, xdata: Dict, frame: Frame) {
  const names = name === '' ? [...(xdata?.keys() ?? [])] : [name];
  for (const each of names) checkChange(brick, each);
  const before = brick.iattOf(inode);
  if (name === '') for (const each of names) brick.dropXattr(inode.target, each);
  else brick.disk.removexattr(inode.target, brick.namespace.onDisk(name));
  touch(brick, inode, frame, ATTRIBUTES_CHANGED);
  return { xdata: changeAnswers(before, brick.iatt(inode)) };
}
