import { FopError } from '../../src/fop/error.js';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../src/fop/iatt.js';
import type { ByteString } from '../../src/fop/name.js';
import type { DiskStat } from '../../src/platform/disk.js';
import { Pages, type PagesBefore } from './disk-pages.js';

/** One unsynced change of a file's bytes. `written` is what a power cut may have torn. */
export interface DataChange {
  readonly atMs: number;
  readonly before: PagesBefore;
  readonly written?: { readonly data: Uint8Array; readonly offset: number };
}

/** An inode of the simulated disk. */
export class SimInode {
  nlink = 0;
  uid = 0;
  gid = 0;
  atime = { sec: 0, nsec: 0 };
  mtime = { sec: 0, nsec: 0 };
  ctime = { sec: 0, nsec: 0 };
  readonly xattrs = new Map<ByteString, Buffer>();
  readonly children = new Map<ByteString, SimInode>();
  parent: SimInode | undefined;
  target: ByteString = '';
  readonly pages = new Pages();
  /** Oldest first. */
  readonly unsynced: DataChange[] = [];
  /** A sync of it has failed: what was unsynced then never gets to the platter, whatever a later sync says. */
  isPoisoned = false;
  opens = 0;

  constructor(
    readonly ino: bigint,
    public mode: number,
    readonly rdev: number,
  ) {}

  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }

  get isRegular(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }

  stat(dev: number): DiskStat {
    return {
      dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: this.isDirectory ? 4096 : this.target.length || this.pages.size,
      blksize: 4096,
      blocks: this.pages.allocatedBytes / 512,
      atime: this.atime.sec,
      atimeNsec: this.atime.nsec,
      mtime: this.mtime.sec,
      mtimeNsec: this.mtime.nsec,
      ctime: this.ctime.sec,
      ctimeNsec: this.ctime.nsec,
    };
  }

  /** The child of that name, or ENOENT. */
  child(name: ByteString, call: string): SimInode {
    const child = this.children.get(name);
    if (child === undefined) throw new FopError('ENOENT', call);
    return child;
  }
}
