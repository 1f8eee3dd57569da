import type { Gfid } from './gfid.js';

/**
 * An open file or directory. The caller of open, opendir or create makes it and passes it down; each
 * translator that needs to remember something of it keeps a `WeakMap<Fd, …>` of its own, filled when
 * the fop succeeds and emptied at release or releasedir, which the caller winds exactly once.
 */
export class Fd {
  /** An fd that nobody opened: the brick opens the inode when it is used (wire reference, 8.5). */
  static anonymous(gfid: Gfid): Fd {
    return new Fd(gfid, 0o2, true);
  }

  private inode: Gfid;

  constructor(
    gfid: Gfid,
    /** `open(2)` flags with Linux's numbers; those of the wire are the same. */
    readonly flags: number,
    readonly isAnonymous = false,
  ) {
    this.inode = gfid;
  }

  /** Of the inode. For create it is the gfid that the new file is to have, until the answer is there. */
  get gfid(): Gfid {
    return this.inode;
  }

  /** Said by whoever answers a create: the name may have been there, and the fd is that file's. */
  opened(gfid: Gfid): void {
    this.inode = gfid;
  }
}

export const O_ACCMODE = 0o3;
export const O_RDONLY = 0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
/** O_SYNC travels as this too: the wire has one bit for both (wire reference, section 7). */
export const O_DSYNC = 0o10000;
export const O_DIRECT = 0o40000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
