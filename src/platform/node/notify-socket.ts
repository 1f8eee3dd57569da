import { FopError } from '../../fop/error.js';
import { requireSystemCalls, type SystemCalls } from './syscalls.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path`, with the NUL at the end of a path. */
const MAX_PATH_BYTES = 108;

/** Where a service manager listens for what its service says of itself, sd_notify(3). */
export interface NotifySocket {
  /** Sends lines of NAME=VALUE as one datagram, without waiting: EAGAIN where the receiver's queue is full. */
  send(text: string): void;
}

/**
 * The socket that `NOTIFY_SOCKET` names: a path, or with `@` in front one of the abstract namespace. Node's library has no unix
 * datagrams, so this needs koffi. Throws a FopError: EINVAL for a name that is neither.
 */
export function notifySocket(name: string): NotifySocket {
  const calls = requireSystemCalls('sendto');
  const address = unixAddress(name);
  const socket = calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC);
  return { send: (text) => send(calls, socket, text, address) };
}

function send(calls: SystemCalls, socket: number, text: string, address: Uint8Array): void {
  calls.sendto(socket, Buffer.from(text), MSG_DONTWAIT | MSG_NOSIGNAL, address);
}

/** `struct sockaddr_un`: the family in the machine's order, then the path; an abstract name begins with a NUL and has none at its end. */
function unixAddress(name: string): Buffer {
  const isAbstract = name.startsWith('@');
  if (!isAbstract && !name.startsWith('/')) throw new FopError('EINVAL', 'NOTIFY_SOCKET');
  const path = isAbstract ? `\0${name.slice(1)}` : `${name}\0`;
  const bytes = Buffer.from(path);
  if (bytes.length > MAX_PATH_BYTES) throw new FopError('ENAMETOOLONG', 'NOTIFY_SOCKET');
  const family = Buffer.from(Uint16Array.of(AF_UNIX).buffer);
  return Buffer.concat([family, bytes]);
}
