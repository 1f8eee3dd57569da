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
  lgetxattr(path: ByteString, name: ByteString, into: Uint8Array): number;
  fgetxattr(file: number, name: ByteString, into: Uint8Array): number;
  lsetxattr(path: ByteString, name: ByteString, value: Uint8Array, flags: number): void;
  fsetxattr(file: number, name: ByteString, value: Uint8Array, flags: number): void;
  lremovexattr(path: ByteString, name: ByteString): void;
  fremovexattr(file: number, name: ByteString): void;
  llistxattr(path: ByteString, into: Uint8Array): number;
  flistxattr(file: number, into: Uint8Array): number;
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

/** The C form of a byte string. One that holds a NUL would be cut silently: EINVAL. */
function cString(text: ByteString, call: string): Buffer {
  if (text.includes('\0')) throw new FopError('EINVAL', call);
  return Buffer.from(`${text}\0`, 'latin1');
}

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
  const native = (name: string, result: string, ...parameters: string[]) => {
    const func = library.func(name, result, parameters);
    return (...args: readonly (number | Uint8Array)[]): number => {
      const answer = Number(func(...args));
      if (answer < 0) throw failure(koffi.errno(), name);
      return answer;
    };
  };
  const [pointer, int, size, long] = ['void *', 'int', 'size_t', 'int64_t'] as const;
  const lget = native('lgetxattr', long, pointer, pointer, pointer, size);
  const fget = native('fgetxattr', long, int, pointer, pointer, size);
  const lset = native('lsetxattr', int, pointer, pointer, pointer, size, int);
  const fset = native('fsetxattr', int, int, pointer, pointer, size, int);
  const lremove = native('lremovexattr', int, pointer, pointer);
  const fremove = native('fremovexattr', int, int, pointer);
  const llist = native('llistxattr', long, pointer, pointer, size);
  const flist = native('flistxattr', long, int, pointer, size);
  const mknod = native('mknod', int, pointer, 'unsigned int', 'uint64_t');
  const utimensat = native('utimensat', int, int, pointer, pointer, int);
  const fallocate = native('fallocate', int, int, int, long, long);
  const lseek = native('lseek', long, int, long, int);
  const getdents = native('getdents64', long, int, pointer, size);
  const flock = native('flock', int, int, int);
  const socket = native('socket', int, int, int, int);
  const sendto = native('sendto', long, int, pointer, size, int, pointer, 'unsigned int');
  return {
    lgetxattr: (path, name, into) =>
      lget(cString(path, 'lgetxattr'), cString(name, 'lgetxattr'), into, into.length),
    fgetxattr: (file, name, into) => fget(file, cString(name, 'fgetxattr'), into, into.length),
    lsetxattr: (path, name, value, flags) =>
      void lset(cString(path, 'lsetxattr'), cString(name, 'lsetxattr'), value, value.length, flags),
    fsetxattr: (file, name, value, flags) =>
      void fset(file, cString(name, 'fsetxattr'), value, value.length, flags),
    lremovexattr: (path, name) =>
      void lremove(cString(path, 'lremovexattr'), cString(name, 'lremovexattr')),
    fremovexattr: (file, name) => void fremove(file, cString(name, 'fremovexattr')),
    llistxattr: (path, into) => llist(cString(path, 'llistxattr'), into, into.length),
    flistxattr: (file, into) => flist(file, into, into.length),
    mknod: (path, mode, dev) => void mknod(cString(path, 'mknod'), mode, dev),
    utimensat: (path, times) =>
      void utimensat(AT_FDCWD, cString(path, 'utimensat'), times, AT_SYMLINK_NOFOLLOW),
    fallocate: (file, mode, offset, length) => void fallocate(file, mode, offset, length),
    lseek: (file, offset, whence) => lseek(file, offset, whence),
    getdents64: (file, into) => getdents(file, into, into.length),
    flock: (file) => void flock(file, LOCK_EX | LOCK_NB),
    socket: (domain, type) => socket(domain, type, 0),
    sendto: (file, data, flags, address) =>
      sendto(file, data, data.length, flags, address, address.length),
  };
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const LOCK_EX = 2;
const LOCK_NB = 4;

function failure(errno: number, call: string): FopError {
  return new FopError(errnoName(errno), call);
}
