import { FopError } from '../../../fop/error.js';
import { Fd, O_DIRECTORY } from '../../../fop/fd.js';
import { type Gfid, ROOT_GFID } from '../../../fop/gfid.js';
import { ANONYMOUS_FD, type FdTable } from '../../../rpc/codec.js';

const MAX_FDS = 65_536;

/**
 * What a client has open. It is held by the requests at work on it, so that it is released after the last of
 * them, whatever order they and the release came in.
 */
export class ServedFd extends Fd {
  /** On its connection; -1 before it is open and after it was closed. */
  number = -1;
  private holders = 0;
  private whenIdle: (() => void) | undefined;

  get isIdle(): boolean {
    return this.holders === 0;
  }

  get isDirectory(): boolean {
    return (this.flags & O_DIRECTORY) !== 0;
  }

  hold(): void {
    this.holders += 1;
  }

  letGo(): void {
    this.holders -= 1;
    if (this.holders > 0) return;
    this.whenIdle?.();
    this.whenIdle = undefined;
  }

  /** Calls `run` once nobody is at work on it any more. */
  onIdle(run: () => void): void {
    if (this.isIdle) run();
    else this.whenIdle = run;
  }
}

/** The fds of one connection, by number: the lowest that is free is given first, 0 is one like any other. */
export class ServedFds implements FdTable {
  private readonly slots: (ServedFd | undefined)[] = [];
  private lowestFree = 0;
  private used = 0;

  /** `where` is named in errors; `root` is what the client means by the root. */
  constructor(
    private readonly where: string,
    private readonly root: Gfid = ROOT_GFID,
  ) {}

  get isFull(): boolean {
    return this.used >= MAX_FDS;
  }

  find(number: number, gfid: Gfid): Fd {
    if (number === ANONYMOUS_FD) return Fd.anonymous(this.meant(gfid));
    const fd = this.slots[number];
    if (fd === undefined) throw new FopError('EBADF', this.where);
    return fd;
  }

  create(gfid: Gfid, flags: number): ServedFd {
    return new ServedFd(this.meant(gfid), flags);
  }

  private meant(gfid: Gfid): Gfid {
    return gfid === ROOT_GFID ? this.root : gfid;
  }

  /** Gives the fd its number. */
  add(fd: ServedFd): number {
    let number = this.lowestFree;
    while (this.slots[number] !== undefined) number += 1;
    this.slots[number] = fd;
    this.lowestFree = number + 1;
    this.used += 1;
    fd.number = number;
    return number;
  }

  remove(fd: ServedFd): void {
    if (this.slots[fd.number] !== fd) throw new FopError('EBADF', this.where);
    this.slots[fd.number] = undefined;
    this.lowestFree = Math.min(this.lowestFree, fd.number);
    this.used -= 1;
    fd.number = -1;
  }

  /** Takes out all that is open. */
  clear(): readonly ServedFd[] {
    const open = this.slots.filter((fd) => fd !== undefined);
    for (const fd of open) this.remove(fd);
    this.slots.length = 0;
    return open;
  }
}
