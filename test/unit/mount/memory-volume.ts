import { type Dict, dictOfBytes, NO_DICT } from '../../../src/fop/dict.js';
import { type ErrnoName, FopError } from '../../../src/fop/error.js';
import type { Fd } from '../../../src/fop/fd.js';
import type { FopName, Reply, Request } from '../../../src/fop/fops.js';
import type { Frame } from '../../../src/fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../../src/fop/gfid.js';
import { type Iatt, NO_IATT, S_IFDIR, S_IFREG } from '../../../src/fop/iatt.js';
import { type Handlers, Xlator } from '../../../src/fop/translator.js';

interface Inode {
  readonly gfid: Gfid;
  readonly mode: number;
  data: Buffer;
  /** As the frame of the last write had it; a hand's leaves it. */
  time: { readonly sec: number; readonly nsec: number };
  readonly names: Map<string, Inode> | undefined;
  readonly xattrs: Map<string, Buffer>;
}

/** Names of one answer to readdirp, so that a listing takes several. */
const NAMES_PER_ANSWER = 7;

/** A volume in memory with the few fops that mount/ winds, and none of a brick's subtleties. */
export class MemoryVolume extends Xlator {
  readonly type = 'test/memory';
  readonly wound: FopName[] = [];
  /** Answered EOPNOTSUPP. */
  readonly refused = new Set<FopName>();
  readonly failing = new Map<FopName, FopError>();
  lastFrame: Frame | undefined;
  private readonly inodes = new Map<Gfid, Inode>();
  private readonly fds = new Set<Fd>();
  /** What a create opened: its fd names the gfid of a file that was to be new. */
  private readonly opened = new WeakMap<Fd, Inode>();

  constructor() {
    super('memory', []);
    this.make(ROOT_GFID, S_IFDIR | 0o755);
  }

  get openFiles(): number {
    return this.fds.size;
  }

  override async wind<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    this.wound.push(fop);
    this.lastFrame = frame;
    if (this.refused.has(fop)) throw new FopError('EOPNOTSUPP', this.name);
    const failure = this.failing.get(fop);
    if (failure) throw failure;
    return super.wind(fop, request, frame);
  }

  protected readonly handlers: Handlers = {
    lookup: async ({ gfid, pargfid, bname }) => {
      const inode = bname === '' ? this.inode(gfid) : this.named(pargfid, bname);
      return { stat: iattOf(inode), postparent: NO_IATT, xdata: NO_DICT };
    },
    mkdir: async ({ pargfid, bname, mode, xdata }) => {
      if (this.directory(pargfid).has(bname)) throw this.error('EEXIST');
      const inode = this.make(gfidReq(xdata), S_IFDIR | mode);
      this.directory(pargfid).set(bname, inode);
      return this.entry(inode);
    },
    put: async ({ pargfid, bname, mode, data, xdata }) => {
      const inode = this.findOrMake(pargfid, bname, mode, xdata);
      inode.data = Buffer.from(data);
      inode.time = this.lastFrame?.time ?? inode.time;
      return this.entry(inode);
    },
    create: async ({ pargfid, bname, mode, fd, xdata }) => {
      const inode = this.findOrMake(pargfid, bname, mode, xdata);
      inode.data = Buffer.alloc(0);
      this.fds.add(fd);
      this.opened.set(fd, inode);
      return this.entry(inode);
    },
    writev: async ({ fd, offset, data }) => {
      const inode = this.openInode(fd);
      inode.data = Buffer.concat([inode.data.subarray(0, offset), data]);
      const stat = iattOf(inode);
      return { prebuf: stat, postbuf: stat, written: data.length, xdata: NO_DICT };
    },
    open: async ({ gfid, fd }) => this.open(fd, gfid),
    opendir: async ({ gfid, fd }) => this.open(fd, gfid),
    readv: async ({ fd, offset, size }) => {
      const inode = fd.isAnonymous ? this.inode(fd.gfid) : this.openInode(fd);
      const data = inode.data.subarray(offset, offset + size);
      const isEof = offset + data.length >= inode.data.length;
      return { stat: iattOf(inode), data, isEof, xdata: NO_DICT };
    },
    readdirp: async ({ fd, offset }) => {
      const names = ['.', '..', ...(this.openInode(fd).names?.keys() ?? [])];
      const end = Number(offset) + NAMES_PER_ANSWER;
      const entries = names.slice(Number(offset), end).map((name, index) => {
        const inode = this.openInode(fd).names?.get(name) ?? this.openInode(fd);
        const cookie = offset + BigInt(index) + 1n;
        return { ino: 1n, offset: cookie, type: 0, name, stat: iattOf(inode), dict: NO_DICT };
      });
      return { entries, isEof: end >= names.length, xdata: NO_DICT };
    },
    flush: async () => ({ xdata: NO_DICT }),
    release: async ({ fd }) => this.close(fd),
    releasedir: async ({ fd }) => this.close(fd),
    unlink: async ({ pargfid, bname }) => {
      if (this.named(pargfid, bname).names) throw this.error('EISDIR');
      return this.removed(pargfid, bname);
    },
    rmdir: async ({ pargfid, bname }) => {
      const { names } = this.named(pargfid, bname);
      if (!names) throw this.error('ENOTDIR');
      if (names.size > 0) throw this.error('ENOTEMPTY');
      return this.removed(pargfid, bname);
    },
    rename: async ({ oldpargfid, oldbname, newpargfid, newbname }) => {
      const inode = this.named(oldpargfid, oldbname);
      this.directory(oldpargfid).delete(oldbname);
      this.directory(newpargfid).set(newbname, inode);
      const [old, now] = [NO_IATT, NO_IATT];
      const parents = {
        preoldparent: old,
        postoldparent: old,
        prenewparent: now,
        postnewparent: now,
      };
      return { stat: iattOf(inode), ...parents, xdata: NO_DICT };
    },
    setxattr: async ({ gfid, dict }) => {
      for (const [name, value] of dict ?? [])
        if (value.type === 'bytes') this.inode(gfid).xattrs.set(name, Buffer.from(value.bytes));
      return { xdata: NO_DICT };
    },
    getxattr: async ({ gfid, name = '' }) => {
      const value = this.inode(gfid).xattrs.get(name);
      if (!value) throw this.error('ENODATA');
      return { dict: dictOfBytes([[name, value]]), xdata: NO_DICT };
    },
  };

  protected async otherwise<F extends FopName>(fop: F): Promise<Reply<F>> {
    throw new FopError('EOPNOTSUPP', `${this.name} ${fop}`);
  }

  private error(errno: ErrnoName): FopError {
    return new FopError(errno, this.name);
  }

  private inode(gfid: Gfid): Inode {
    const inode = this.inodes.get(gfid);
    if (!inode) throw this.error('ESTALE');
    return inode;
  }

  private directory(gfid: Gfid): Map<string, Inode> {
    const { names } = this.inode(gfid);
    if (!names) throw this.error('ENOTDIR');
    return names;
  }

  private named(pargfid: Gfid, bname: string): Inode {
    const inode = this.directory(pargfid).get(bname);
    if (!inode) throw this.error('ENOENT');
    return inode;
  }

  private make(gfid: Gfid, mode: number): Inode {
    const names = (mode & S_IFDIR) === S_IFDIR ? new Map<string, Inode>() : undefined;
    const time = { sec: 0, nsec: 0 };
    const inode = { gfid, mode, data: Buffer.alloc(0), time, names, xattrs: new Map() };
    this.inodes.set(gfid, inode);
    return inode;
  }

  private findOrMake(pargfid: Gfid, bname: string, mode: number, xdata: Dict): Inode {
    const names = this.directory(pargfid);
    const inode = names.get(bname) ?? this.make(gfidReq(xdata), S_IFREG | mode);
    names.set(bname, inode);
    return inode;
  }

  private removed(pargfid: Gfid, bname: string): Reply<'unlink'> {
    const names = this.directory(pargfid);
    this.inodes.delete(names.get(bname)?.gfid ?? '');
    names.delete(bname);
    return { preparent: NO_IATT, postparent: NO_IATT, xdata: NO_DICT };
  }

  private entry(inode: Inode): Reply<'mkdir'> {
    return { stat: iattOf(inode), preparent: NO_IATT, postparent: NO_IATT, xdata: NO_DICT };
  }

  private open(fd: Fd, gfid: Gfid): Reply<'open'> {
    this.opened.set(fd, this.inode(gfid));
    this.fds.add(fd);
    return { xdata: NO_DICT };
  }

  private openInode(fd: Fd): Inode {
    const inode = this.fds.has(fd) ? this.opened.get(fd) : undefined;
    if (!inode) throw this.error('EBADF');
    return inode;
  }

  private close(fd: Fd): Reply<'release'> {
    if (!this.fds.delete(fd)) throw this.error('EBADF');
    return { xdata: NO_DICT };
  }
}

function gfidReq(xdata: Dict): Gfid {
  const value = xdata?.get('gfid-req');
  if (value?.type !== 'gfid') throw new FopError('EINVAL', 'gfid-req');
  return value.gfid;
}

function iattOf({ gfid, mode, data, time }: Inode): Iatt {
  const { sec: mtime, nsec: mtimeNsec } = time;
  return { ...NO_IATT, gfid, mode, size: data.length, nlink: 1, mtime, mtimeNsec };
}
