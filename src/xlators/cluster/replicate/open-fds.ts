import { FopError, isErrno } from '../../../fop/error.js';
import { type Fd, O_CREAT, O_EXCL, O_TRUNC } from '../../../fop/fd.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { outcomeOf } from '../../../fop/wind.js';
import type { Replica } from './replica.js';

/** Which of the two fops has opened an fd, and opens it elsewhere. */
export type OpenFop = 'open' | 'opendir';

interface OpenFd {
  readonly fop: OpenFop;
  /** By child: settled where it is open there, pending while it is being opened. */
  readonly at: Map<number, Promise<void>>;
}

/** Where each fd is open: at first at one child, at others when it is read there. */
export class OpenFds {
  private readonly fds = new WeakMap<Fd, OpenFd>();

  constructor(private readonly replica: Replica) {}

  /** The caller's own open, which these children have answered. */
  opened(fop: OpenFop, fd: Fd, children: readonly number[]): void {
    const at = new Map(children.map((child) => [child, Promise.resolve()] as const));
    this.fds.set(fd, { fop, at });
  }

  /** Settles once it is open at that child. */
  async openedAt(child: number, fd: Fd, frame: Frame): Promise<void> {
    if (!fd.isAnonymous) await this.open(this.entry(fd), child, fd, frame);
  }

  /** EBADF unless it was opened, or needs no opening. */
  check(fd: Fd): void {
    if (!fd.isAnonymous) this.entry(fd);
  }

  /**
   * Winds a fop on an fd to a child, after opening it there if it is not. A child that was away has lost it: EBADF has
   * it opened again, once.
   */
  async wind<F extends FopName>(
    child: number,
    fop: F,
    fd: Fd,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (fd.isAnonymous) return this.replica.windTo(child, fop, request, frame);
    const entry = this.entry(fd);
    const wasOpen = entry.at.has(child);
    await this.open(entry, child, fd, frame);
    try {
      return await this.replica.windTo(child, fop, request, frame);
    } catch (error) {
      if (!isErrno(error, 'EBADF')) throw error;
      entry.at.delete(child);
      if (!wasOpen) throw error;
    }
    await this.open(entry, child, fd, frame);
    return this.replica.windTo(child, fop, request, frame);
  }

  private async open(entry: OpenFd, child: number, fd: Fd, frame: Frame): Promise<void> {
    const under = entry.at.get(child);
    if (under) return under;
    const opening = this.openAt(entry, child, fd, frame);
    entry.at.set(child, opening);
    try {
      await opening;
    } catch (error) {
      entry.at.delete(child);
      throw error;
    }
  }

  private async openAt({ fop }: OpenFd, child: number, fd: Fd, frame: Frame): Promise<void> {
    const flags = fd.flags & ~(O_CREAT | O_EXCL | O_TRUNC);
    const request = { gfid: fd.gfid, flags, fd, xdata: null };
    if (fop === 'open') await this.replica.windTo(child, 'open', request, frame);
    else await this.replica.windTo(child, 'opendir', request, frame);
  }

  /** Winds a fop of the end of an fd to wherever it is open. A child that was lost has nothing left to give back. */
  async windWhereOpen(
    fop: 'flush' | 'release' | 'releasedir',
    request: Request<'release'>,
    frame: Frame,
  ): Promise<void> {
    const { at } = this.entry(request.fd);
    await Promise.allSettled(at.values());
    for (const child of at.keys()) {
      const outcome = await outcomeOf(this.replica.windTo(child, fop, request, frame));
      if ('error' in outcome && !isErrno(outcome.error, 'ENOTCONN', 'EBADF')) throw outcome.error;
    }
  }

  async release(
    fop: 'release' | 'releasedir',
    request: Request<'release'>,
    frame: Frame,
  ): Promise<void> {
    try {
      await this.windWhereOpen(fop, request, frame);
    } finally {
      this.fds.delete(request.fd);
    }
  }

  private entry(fd: Fd): OpenFd {
    const found = this.fds.get(fd);
    if (found === undefined) throw new FopError('EBADF', this.replica.name);
    return found;
  }
}
