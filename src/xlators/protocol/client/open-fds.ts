import { FopError } from '../../../fop/error.js';
import { type Fd, O_CREAT, O_EXCL, O_TRUNC } from '../../../fop/fd.js';
import type { FopName, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { ANONYMOUS_FD, type FdNumbers } from '../../../rpc/codec.js';

/** `lk` commands that take or give back (wire reference, section 11), and the type that gives back. */
const SET_COMMANDS = [1, 2];
const UNLOCK = 2;
/** What a file was opened with and must not happen to it again. */
const ONCE = O_CREAT | O_EXCL | O_TRUNC;

/** What is open, as the server of the moment knows it. */
interface Open {
  readonly isDirectory: boolean;
  /** Undefined: not open there. */
  number: number | undefined;
  /** Owners that hold a posix lock through it, or may. */
  readonly lockOwners: Set<string>;
  /** Its locks went with a connection, and it is not to be used without them. */
  isBad: boolean;
}

/**
 * What is open through a client. It outlives connections: each new one opens everything again, except what had locks where
 * `strict-locks` says so, because nobody kept the locks meanwhile.
 */
export class OpenFds implements FdNumbers {
  private readonly fds = new Map<Fd, Open>();

  constructor(
    /** The client's name, for errors. */
    private readonly where: string,
    private readonly reopens: boolean,
    private readonly hasStrictLocks: boolean,
  ) {}

  numberOf(fd: Fd): number {
    if (fd.isAnonymous) return ANONYMOUS_FD;
    const open = this.fds.get(fd);
    if (open?.isBad)
      throw new FopError('EBADFD', this.where, 'its locks were lost with a connection');
    if (open?.number === undefined)
      throw new FopError('EBADF', this.where, 'not open on this connection');
    return open.number;
  }

  has(fd: Fd): boolean {
    return this.fds.has(fd);
  }

  /** The server of the moment has it open. */
  isOpen(fd: Fd): boolean {
    return this.fds.get(fd)?.number !== undefined;
  }

  /** The server has opened it; without a number: one that is gone has. */
  opened(fd: Fd, number: number | undefined, isDirectory: boolean): void {
    const known = this.fds.get(fd);
    if (known === undefined)
      this.fds.set(fd, { isDirectory, number, lockOwners: new Set(), isBad: false });
    else known.number = number;
  }

  released(fd: Fd): void {
    this.fds.delete(fd);
  }

  /** A fop on it has been done: it may have taken a lock, or given all back. */
  done<F extends FopName>(fop: F, request: Request<F>, { lkOwner }: Frame): void {
    if (fop !== 'lk' && fop !== 'flush') return;
    const owners = this.fds.get((request as Request<'flush'>).fd)?.lockOwners;
    if (owners === undefined) return;
    if (fop === 'flush' || givesAllBack(request as Request<'lk'>)) owners.delete(lkOwner);
    else if (takes(request as Request<'lk'>)) owners.add(lkOwner);
  }

  /** The connection is over. Nothing is open there, and no lock is held. */
  lost(): void {
    for (const [fd, open] of this.fds) {
      open.number = undefined;
      if (this.hasStrictLocks && open.lockOwners.size > 0) open.isBad = true;
      open.lockOwners.clear();
      if (!this.reopens && !open.isBad) this.fds.delete(fd);
    }
  }

  /** What is to be opened on a new connection, and how. */
  toReopen(): { readonly fd: Fd; readonly fop: 'open' | 'opendir'; readonly flags: number }[] {
    const lost = [...this.fds].filter(([, { isBad, number }]) => !isBad && number === undefined);
    return lost.map(([fd, { isDirectory }]) => ({
      fd,
      fop: isDirectory ? 'opendir' : 'open',
      flags: fd.flags & ~ONCE,
    }));
  }
}

function takes({ cmd, type }: Request<'lk'>): boolean {
  return SET_COMMANDS.includes(cmd) && type !== UNLOCK;
}

function givesAllBack({ cmd, type, flock }: Request<'lk'>): boolean {
  const isAll = flock.whence === 0 && flock.start === 0n && flock.len === 0n;
  return SET_COMMANDS.includes(cmd) && type === UNLOCK && isAll;
}
