import { type Dict, type DictValue, dictOfBytes, type MdataTimes } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import { answersFor, changeAnswers, GETXATTR_ANSWERS } from './answers.js';
import type { Brick, Inode } from './brick.js';
import { decodeMdata, laterTimes, MDATA_XATTR } from './mdata.js';
import { ATTRIBUTES_CHANGED, touch, writeTimes } from './times.js';
import { virtualXattr } from './virtual-xattr.js';
import { isAcl, isHidden, isOwn, whyNotChange } from './xattr-name.js';
import { attributeBytes } from './xattr-value.js';

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
    async getxattr(request, frame) {
      return getAndTell(brick, handles.resolve(request.gfid), request, frame);
    },
    async fgetxattr(request, frame) {
      return getAndTell(brick, openFiles.resolve(request.fd), request, frame);
    },
    async removexattr({ gfid, name, xdata }, frame) {
      return remove(brick, handles.resolve(gfid), name, xdata, frame);
    },
    async fremovexattr({ fd, name, xdata }, frame) {
      return remove(brick, openFiles.resolve(fd), name, xdata, frame);
    },
  };
}

/** Of features/utime: the times that a file without any is to have. */
const SET_TIMES = 'set-ctime-mdata';

function setAll(brick: Brick, inode: Inode, dict: Dict, flags: number, frame: Frame) {
  if (flags !== 0 && flags !== 1 && flags !== 2) throw brick.error('EINVAL', 'setxattr flags');
  const changes = allowed(brick, dict);
  const before = brick.iattOf(inode);
  for (const [name, value] of changes) setOne(brick, inode, name, value, flags);
  if (dict?.has(SET_TIMES)) return { xdata: null };
  touch(brick, inode, frame, ATTRIBUTES_CHANGED);
  return { xdata: changeAnswers(before, brick.iatt(inode)) };
}

function setOne(brick: Brick, inode: Inode, name: ByteString, value: DictValue, flags: 0 | 1 | 2) {
  const times = timesIn(brick, name, value);
  if (times !== undefined) {
    setTimes(brick, inode, times);
    return;
  }
  const bytes = attributeBytes(value);
  if (bytes === undefined) throw brick.error('EINVAL', `the value of ${name} is no bytes`);
  brick.setXattr(inode.target, name, bytes, flags);
}

/** What may be changed of what is asked. 10.3 leaves the brick's own attributes out in silence; asked for alone they are refused here. */
function allowed(brick: Brick, dict: Dict): readonly (readonly [ByteString, DictValue])[] {
  const all = [...(dict ?? [])];
  const changes = all.filter(([name]) => !isOwn(name));
  for (const [name] of changes.length === 0 ? all : changes) checkChange(brick, name);
  return changes;
}

/** The times that a client or a heal sets beside those of the inode itself. */
function timesIn(brick: Brick, name: ByteString, value: DictValue): MdataTimes | undefined {
  if (name === SET_TIMES && value.type === 'mdata') return value.times;
  if (name !== MDATA_XATTR) return undefined;
  const times = decodeMdata(attributeBytes(value) ?? Buffer.alloc(0));
  if (times === undefined) throw brick.error('EINVAL', `the value of ${name} holds no times`);
  return times;
}

/** For each of them the later one stays. */
function setTimes(brick: Brick, { target }: Inode, times: MdataTimes): void {
  const bytes = brick.xattr(target, MDATA_XATTR);
  const stored = bytes === undefined ? undefined : decodeMdata(bytes);
  writeTimes(brick, target, stored === undefined ? times : laterTimes(times, stored));
}

function checkChange(brick: Brick, name: ByteString): void {
  const errno = whyNotChange(name);
  if (errno !== undefined) throw brick.error(errno, name);
  if (!brick.namespace.isTrusted && isAcl(name))
    throw brick.error('EOPNOTSUPP', 'ACLs need a brick run by root: all files here have one owner');
}

type Asked = { readonly name: ByteString | undefined; readonly xdata: Dict };

/** performance/md-cache takes the answer to what it asks beside for all that there is. */
function getAndTell(brick: Brick, inode: Inode, { name, xdata }: Asked, frame: Frame) {
  return {
    dict: get(brick, inode, name, frame),
    xdata: answersFor(brick, inode, xdata, GETXATTR_ANSWERS),
  };
}

function get(brick: Brick, inode: Inode, name: Asked['name'], frame: Frame): Dict {
  if (name === undefined || name === '') return list(brick, inode, frame);
  const virtual = virtualXattr(brick, inode, name);
  if (virtual !== undefined) return new Map([[name, virtual]]);
  if (name === MDATA_XATTR && frame.pid >= 0) throw brick.error('ENODATA', name);
  const bytes = brick.xattr(inode.target, name);
  if (bytes === undefined) throw brick.error('ENODATA', name);
  return dictOfBytes([[name, bytes]]);
}

/** Heals and other workers copy what is listed to them: the times too, which others do not see. */
function list(brick: Brick, inode: Inode, { pid }: Frame): Dict {
  const isShown = (name: ByteString) => !isHidden(name) || (pid < 0 && name === MDATA_XATTR);
  const found = new Map<string, DictValue>();
  for (const name of brick.xattrNames(inode.target)) {
    const bytes = isShown(name) ? brick.xattr(inode.target, name) : undefined;
    if (bytes !== undefined) found.set(name, { type: 'bytes', bytes });
  }
  return found;
}

/** An empty name removes what xdata names, as far as it is there. */
function remove(brick: Brick, inode: Inode, name: ByteString, xdata: Dict, frame: Frame) {
  if (name === '' && xdata === null) throw brick.error('ERANGE', 'no name');
  const names = name === '' ? [...(xdata?.keys() ?? [])] : [name];
  for (const each of names) checkChange(brick, each);
  const before = brick.iattOf(inode);
  if (name === '') for (const each of names) brick.dropXattr(inode.target, each);
  else brick.disk.removexattr(inode.target, brick.namespace.onDisk(name));
  touch(brick, inode, frame, ATTRIBUTES_CHANGED);
  return { xdata: changeAnswers(before, brick.iatt(inode)) };
}
