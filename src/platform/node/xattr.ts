import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { errnoName, FopError, isErrno } from '../../fop/error.js';
import type { ByteString } from '../../fop/name.js';
import { asFopError, calling } from './failure.js';
import { type SystemCalls, systemCalls } from './syscalls.js';

/** Extended attributes of a path (never through a symlink) or an open file. */
export interface Xattrs {
  get(target: ByteString | number, name: ByteString): Buffer;
  /** The same; undefined where there is no such attribute. */
  find(target: ByteString | number, name: ByteString): Buffer | undefined;
  /** `flags`: 0, 1 only create (EEXIST), 2 only replace (ENODATA). */
  set(target: ByteString | number, name: ByteString, value: Uint8Array, flags: 0 | 1 | 2): void;
  remove(target: ByteString | number, name: ByteString): void;
  list(target: ByteString | number): readonly ByteString[];
}

/** The kernel's own bound of a value and of a list. */
const MAX_XATTR_BYTES = 65_536;
const { ERANGE, ENODATA } = constants.errno;

/** Those of koffi where it loads, else those of fs-xattr, else ENOSYS at each use. */
export function nodeXattrs(): Xattrs {
  const calls = systemCalls();
  return (calls && fastXattrs(calls)) ?? portableXattrs() ?? NO_XATTRS;
}

/** What is read first: the kernel clears a buffer as large as the one it is offered, at each call. */
const FIRST_XATTR_BYTES = 512;

/** The system calls themselves: no symlink is followed and no name is text. */
export function fastXattrs(calls: SystemCalls): Xattrs {
  const scratch = Buffer.alloc(MAX_XATTR_BYTES);
  const read = (target: ByteString | number, name: ByteString, most: number): number =>
    typeof target === 'number'
      ? calls.fgetxattr(target, name, scratch, most)
      : calls.lgetxattr(target, name, scratch, most);
  const list = (target: ByteString | number, most: number): number =>
    typeof target === 'number'
      ? calls.flistxattr(target, scratch, most)
      : calls.llistxattr(target, scratch, most);
  const find = (target: ByteString | number, name: ByteString): Buffer | undefined => {
    let size = read(target, name, FIRST_XATTR_BYTES);
    if (size === -ERANGE) size = read(target, name, MAX_XATTR_BYTES);
    if (size >= 0) return Buffer.from(scratch.subarray(0, size));
    if (size === -ENODATA) return undefined;
    throw new FopError(errnoName(-size), 'getxattr');
  };
  return {
    find,
    get: (target, name) => {
      const value = find(target, name);
      if (value === undefined) throw new FopError('ENODATA', 'getxattr');
      return value;
    },
    set: (target, name, value, flags) =>
      typeof target === 'number'
        ? calls.fsetxattr(target, name, value, flags)
        : calls.lsetxattr(target, name, value, flags),
    remove: (target, name) =>
      typeof target === 'number'
        ? calls.fremovexattr(target, name)
        : calls.lremovexattr(target, name),
    list: (target) => {
      let size = list(target, FIRST_XATTR_BYTES);
      if (size === -ERANGE) size = list(target, MAX_XATTR_BYTES);
      if (size < 0) throw new FopError(errnoName(-size), 'listxattr');
      return size === 0 ? [] : scratch.toString('latin1', 0, size - 1).split('\0');
    },
  };
}

interface FsXattr {
  getAttributeSync(path: string, name: string): Buffer;
  setAttributeSync(path: string, name: string, value: Buffer): void;
  removeAttributeSync(path: string, name: string): void;
  listAttributesSync(path: string): string[];
}

/** Linux's O_PATH | O_NOFOLLOW: a descriptor of the name itself, also of a symlink. */
const PATH_OF_NAME = 0o10000000 | 0o400000;

/**
 * fs-xattr, which takes text and follows symlinks: so each call goes through `/proc/self/fd/N` of a descriptor of the
 * name itself. Only its synchronous calls (the others keep no hold of their buffers). Undefined where it is not there.
 */
export function portableXattrs(): Xattrs | undefined {
  const library = loadFsXattr();
  if (library === undefined) return undefined;
  const within = <T>(target: ByteString | number, call: string, run: (path: string) => T): T =>
    typeof target === 'number'
      ? calling(call, () => run(`/proc/self/fd/${target}`))
      : withName(target, call, run);
  const get = (target: ByteString | number, name: ByteString): Buffer =>
    within(target, 'getxattr', (path) => library.getAttributeSync(path, attributeName(name)));
  return {
    get,
    find: (target, name) => {
      try {
        return get(target, name);
      } catch (error) {
        if (isErrno(error, 'ENODATA')) return undefined;
        throw error;
      }
    },
    set: (target, name, value, flags) =>
      within(target, 'setxattr', (path) => {
        if (flags !== 0) checkPresence(library, path, name, flags);
        library.setAttributeSync(path, attributeName(name), Buffer.from(value));
      }),
    remove: (target, name) =>
      within(target, 'removexattr', (path) =>
        library.removeAttributeSync(path, attributeName(name)),
      ),
    list: (target) =>
      within(target, 'listxattr', (path) =>
        library
          .listAttributesSync(path)
          .map((name) => Buffer.from(name, 'utf8').toString('latin1')),
      ),
  };
}

function withName<T>(path: ByteString, call: string, run: (path: string) => T): T {
  const file = calling(call, () => openSync(Buffer.from(path, 'latin1'), PATH_OF_NAME));
  try {
    return calling(call, () => run(`/proc/self/fd/${file}`));
  } finally {
    closeSync(file);
  }
}

/** fs-xattr takes names as text; a NUL would cut one silently. */
function attributeName(name: ByteString): string {
  if (name.includes('\0')) throw new FopError('EINVAL', 'xattr');
  return Buffer.from(name, 'latin1').toString('utf8');
}

/** fs-xattr has no flags; nothing runs between this question and the call that follows it, in this process. */
function checkPresence(library: FsXattr, path: string, name: ByteString, flags: 1 | 2): void {
  const isThere = hasAttribute(library, path, name);
  if (flags === 1 && isThere) throw new FopError('EEXIST', 'setxattr');
  if (flags === 2 && !isThere) throw new FopError('ENODATA', 'setxattr');
}

function hasAttribute(library: FsXattr, path: string, name: ByteString): boolean {
  try {
    library.getAttributeSync(path, attributeName(name));
    return true;
  } catch (error) {
    if (asFopError(error, 'getxattr').errno === 'ENODATA') return false;
    throw error;
  }
}

function loadFsXattr(): FsXattr | undefined {
  try {
    const here = typeof __filename === 'string' ? __filename : import.meta.url;
    return createRequire(here)('fs-xattr') as FsXattr;
  } catch {
    return undefined;
  }
}

function none(): never {
  throw new FopError('ENOSYS', 'xattr (needs koffi or fs-xattr)');
}

const NO_XATTRS: Xattrs = { get: none, find: none, set: none, remove: none, list: none };
