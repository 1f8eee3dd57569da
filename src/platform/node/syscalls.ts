import { createRequire } from 'node:module';
import { errnoName, FopError } from '../../fop/error.js';
import type { ByteString } from '../../fop/name.js';

/*
 * The system calls that Node's own library lacks, through koffi. This is the one module that knows of koffi;
 * it is loaded at the first need, and where it cannot be loaded (no binary for this machine) `systemCalls`
 * answers undefined and those who need a call say so with ENOSYS.
 */

/** One call: negative means failure, and the errno is thrown. Byte strings are passed NUL-terminated. */
export interface SystemCalls {
  /** These and the next four often fail on purpose: they answer the errno, negative, where others throw it. */
  lgetxattr(path: ByteString, name: ByteString, into: Uint8Array, size: number): number;
  fgetxattr(file: number, name: ByteString, into: Uint8Array, size: number): number;
  llistxattr(path: ByteString, into: Uint8Array, size: number): number;
  flistxattr(file: number, into: Uint8Array, size: number): number;
  /** `statx(2)` of a path, not through a symlink at its end: fills `into`, a `struct statx` of 256 bytes. */
  lstatx(path: ByteString, into: Uint8Array): number;
  fstatx(file: number, into: Uint8Array): number;
  lsetxattr(path: ByteString, name: ByteString, value: Uint8Array, flags: number): void;
  fsetxattr(file: number, name: ByteString, value: Uint8Array, flags: number): void;
  lremovexattr(path: ByteString, name: ByteString): void;
  fremovexattr(file: number, name: ByteString): void;
  mknod(path: ByteString, mode: number, dev: number): void;
  /** `times`: two `struct timespec`; does not follow a symlink. */
  utimensat(path: ByteString, times: Uint8Array): void;
  fallocate(file: number, mode: number, offset: number, size: number): void;
  lseek(file: number, offset: number, whence: number): number;
  /** Fills `into` with `struct linux_dirent64`s; 0 at the end. */
  getdents64(file: number, into: Uint8Array): number;
  /** Takes an exclusive `flock(2)` without waiting: EAGAIN where another process holds one. */
  flock(file: number): void;
  socket(domain: number, type: number): number;
  /** `how`: 2 shuts both ways. */
  shutdown(file: number, how: number): void;
  /** Fills `into` with a `struct statvfs`. */
  statvfs(path: ByteString, into: Uint8Array): void;
  /** Sends one datagram to a `struct sockaddr`; answers how much was sent. */
  sendto(file: number, data: Uint8Array, flags: number, address: Uint8Array): number;
}

type Native = (...args: readonly (number | Uint8Array)[]) => number;

interface Koffi {
  load(path: string | null): {
    func(name: string, result: string, parameters: string[]): Native;
  };
  errno(): number;
}

let loaded: SystemCalls | null | undefined;

/** The calls, or undefined where koffi cannot be loaded. */
export function systemCalls(): SystemCalls | undefined {
  if (loaded === undefined) loaded = load();
  return loaded ?? undefined;
}

/** The calls, or ENOSYS naming what asked for them. */
export function requireSystemCalls(call: string): SystemCalls {
  const calls = systemCalls();
  if (calls === undefined) throw new FopError('ENOSYS', `${call} (needs koffi)`);
  return calls;
}

/** The C form of a byte string, until the next one is asked of this scratch. One that holds a NUL would be cut silently: EINVAL. */
function cStrings(): (text: ByteString, call: string) => Buffer {
  const scratch = Buffer.alloc(SCRATCH_BYTES);
  return (text, call) => {
    if (text.includes('\0')) throw new FopError('EINVAL', call);
    if (text.length >= SCRATCH_BYTES) return Buffer.from(`${text}\0`, 'latin1');
    scratch.write(text, 0, text.length, 'latin1');
    scratch[text.length] = 0;
    return scratch;
  };
}

/** Longer than any path that the kernel takes. */
const SCRATCH_BYTES = 8192;

function load(): SystemCalls | null {
  if (process.platform !== 'linux') return null;
  try {
    const here = typeof __filename === 'string' ? __filename : import.meta.url;
    return bind(createRequire(here)('koffi') as Koffi);
  } catch {
    return null;
  }
}

function bind(koffi: Koffi): SystemCalls {
  const library = koffi.load(null);
  const [cString, cName] = [cStrings(), cStrings()];
  const quiet = (name: string, result: string, ...parameters: string[]) => {
    const func = library.func(name, result, parameters);
    return (...args: readonly (number | Uint8Array)[]): number => {
      const answer = func(...args);
      return answer < 0 ? -koffi.errno() : answer;
    };
  };
  const native = (name: string, result: string, ...parameters: string[]) => {
    const func = library.func(name, result, parameters);
    return (...args: readonly (number | Uint8Array)[]): number => {
      const answer = Number(func(...args));
      if (answer < 0) throw failure(koffi.errno(), name);
      return answer;
    };
  };
  const [pointer, int, size, long] = ['void *', 'int', 'size_t', 'int64_t'] as const;
  const lget = quiet('lgetxattr', int, pointer, pointer, pointer, size);
  const fget = quiet('fgetxattr', int, int, pointer, pointer, size);
  const statx = quiet('statx', int, int, pointer, int, 'unsigned int', pointer);
  const lset = native('lsetxattr', int, pointer, pointer, pointer, size, int);
  const fset = native('fsetxattr', int, int, pointer, pointer, size, int);
  const lremove = native('lremovexattr', int, pointer, pointer);
  const fremove = native('fremovexattr', int, int, pointer);
  const llist = quiet('llistxattr', int, pointer, pointer, size);
  const flist = quiet('flistxattr', int, int, pointer, size);
  const mknod = native('mknod', int, pointer, 'unsigned int', 'uint64_t');
  const utimensat = native('utimensat', int, int, pointer, pointer, int);
  const fallocate = native('fallocate', int, int, int, long, long);
  const lseek = native('lseek', long, int, long, int);
  const getdents = native('getdents64', long, int, pointer, size);
  const flock = native('flock', int, int, int);
  const socket = native('socket', int, int, int, int);
  const shutdown = native('shutdown', int, int, int);
  const statvfs = native('statvfs', int, pointer, pointer);
  const sendto = native('sendto', long, int, pointer, size, int, pointer, 'unsigned int');
  return {
    lgetxattr: (path, name, into, most) =>
      lget(cString(path, 'lgetxattr'), cName(name, 'lgetxattr'), into, most),
    fgetxattr: (file, name, into, most) => fget(file, cName(name, 'fgetxattr'), into, most),
    lstatx: (path, into) =>
      statx(AT_FDCWD, cString(path, 'lstat'), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, into),
    fstatx: (file, into) => statx(file, NO_PATH, AT_EMPTY_PATH, STATX_BASIC_STATS, into),
    lsetxattr: (path, name, value, flags) =>
      void lset(cString(path, 'lsetxattr'), cName(name, 'lsetxattr'), value, value.length, flags),
    fsetxattr: (file, name, value, flags) =>
      void fset(file, cName(name, 'fsetxattr'), value, value.length, flags),
    lremovexattr: (path, name) =>
      void lremove(cString(path, 'lremovexattr'), cName(name, 'lremovexattr')),
    fremovexattr: (file, name) => void fremove(file, cName(name, 'fremovexattr')),
    llistxattr: (path, into, most) => llist(cString(path, 'llistxattr'), into, most),
    flistxattr: (file, into, most) => flist(file, into, most),
    mknod: (path, mode, dev) => void mknod(cString(path, 'mknod'), mode, dev),
    utimensat: (path, times) =>
      void utimensat(AT_FDCWD, cString(path, 'utimensat'), times, AT_SYMLINK_NOFOLLOW),
    fallocate: (file, mode, offset, length) => void fallocate(file, mode, offset, length),
    lseek: (file, offset, whence) => lseek(file, offset, whence),
    getdents64: (file, into) => getdents(file, into, into.length),
    flock: (file) => void flock(file, LOCK_EX | LOCK_NB),
    socket: (domain, type) => socket(domain, type, 0),
    shutdown: (file, how) => void shutdown(file, how),
    statvfs: (path, into) => void statvfs(cString(path, 'statvfs'), into),
    sendto: (file, data, flags, address) =>
      sendto(file, data, data.length, flags, address, address.length),
  };
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const NO_PATH = Buffer.alloc(1);
const LOCK_EX = 2;
const LOCK_NB = 4;

function failure(errno: number, call: string): FopError {
  return new FopError(errnoName(errno), call);
}
