import type { MdataTimes } from '../../../fop/dict.js';
import { type ErrnoName, FopError, isErrno } from '../../../fop/error.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, gfidFromBytes, NULL_GFID } from '../../../fop/gfid.js';
import { type Iatt, isDirectory, isRegular } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Disk, DiskStat, FileNumber } from '../../../platform/disk.js';
import type { Clock, Random } from '../../../platform/platform.js';
import { AttributeCache } from './attribute-cache.js';
import type { Hash64 } from './gfid2path.js';
import { Handles } from './handles.js';
import { hash64 } from './hash64.js';
import { decodeMdata, MDATA_XATTR } from './mdata.js';
import { type ModeRule, modeBy } from './mode-rule.js';
import { OpenFiles } from './open-files.js';
import type { ReserveRule } from './reserve.js';
import { GFID_XATTR, TRUSTED_NAMESPACE, type XattrNamespace } from './xattr-name.js';

export interface BrickOptions {
  /** Absolute, without a slash at the end. */
  readonly directory: ByteString;
  readonly volumeId: Gfid | undefined;
  /** The node that glusterd started the brick on. */
  readonly nodeUuid: Gfid | undefined;
  readonly sharedBrickCount: number;
  /** Names that one file may have. */
  readonly maxHardLinks: number;
  readonly isFips: boolean;
  readonly fileMode: ModeRule;
  readonly directoryMode: ModeRule;
  /** Of the brick's root; undefined leaves it as it is. */
  readonly owner: { readonly uid: number | undefined; readonly gid: number | undefined };
  /** Whether inodes note how many names each directory has of them. */
  readonly countsLinks: boolean;
  /** Whether pathinfo names the node by its uuid. */
  readonly hasUuidInPathinfo: boolean;
  /** Between the names of one inode. */
  readonly pathSeparator: ByteString;
  readonly reserve: ReserveRule;
  /** Undefined leaves the landfill as it is. */
  readonly janitorSeconds: number | undefined;
  /** Between two checks; 0 for none. */
  readonly healthSeconds: number;
  readonly healthTimeoutSeconds: number;
  readonly marksFailedSyncs: boolean;
}

export interface BrickOutside {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  /** Something for the log. */
  readonly notice: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** An inode as one fop sees it. `target` is what attributes are asked of: the open file where there is one. */
export interface Inode {
  readonly gfid: Gfid;
  readonly path: ByteString;
  readonly target: ByteString | FileNumber;
  readonly stat: DiskStat;
}

/** What all fops of one brick share: the disk below and what is known of the files on it. */
export class Brick {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly root: ByteString;
  readonly handles: Handles;
  readonly openFiles: OpenFiles;
  readonly attributes: AttributeCache;
  /** Set at the start, when it is known what the disk allows. */
  namespace: XattrNamespace = TRUSTED_NAMESPACE;
  readonly hash: Hash64 = hash64;
  private readonly told = new Set<string>();
  /** Gfids, by inode number, of what a hand has put here and what can carry none: see `canCarry`. */
  private readonly unmarked = new Map<bigint, Gfid>();

  constructor(
    readonly name: string,
    readonly options: BrickOptions,
    private readonly outside: BrickOutside,
  ) {
    this.disk = outside.disk;
    this.clock = outside.clock;
    this.random = outside.random;
    this.root = options.directory;
    this.attributes = new AttributeCache(outside.clock);
    this.handles = new Handles(this);
    this.openFiles = new OpenFiles(this);
  }

  notice(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.outside.notice(message, fields);
  }

  /** The same, once for each gfid (or other name of what it is about), and no more than so many in all. */
  noticeOnce(
    message: string,
    gfid: Gfid | ByteString,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    const key = `${message} ${gfid}`;
    if (this.told.has(key) || this.told.size >= MAX_TOLD) return;
    this.told.add(key);
    this.notice(message, { gfid, ...fields });
  }

  error(errno: ErrnoName, why?: string): FopError {
    return new FopError(errno, why === undefined ? this.name : `${this.name}: ${why}`);
  }

  /** An attribute by the name that clients know, or undefined where it is absent. */
  xattr(target: ByteString | FileNumber, name: ByteString): Buffer | undefined {
    return this.disk.findxattr(target, this.namespace.onDisk(name));
  }

  setXattr(
    target: ByteString | FileNumber,
    name: ByteString,
    value: Uint8Array,
    flags: 0 | 1 | 2 = 0,
  ): void {
    this.disk.setxattr(target, this.namespace.onDisk(name), value, flags);
  }

  /** Removes an attribute that may be absent. */
  dropXattr(target: ByteString | FileNumber, name: ByteString): void {
    absent(() => this.disk.removexattr(target, this.namespace.onDisk(name)), 'ENODATA');
  }

  xattrNames(target: ByteString | FileNumber): ByteString[] {
    return this.disk.listxattr(target).flatMap((name) => this.namespace.fromDisk(name) ?? []);
  }

  /** The same, of an inode as it was when it was looked at. */
  knownNames({ target, stat }: Inode): readonly ByteString[] {
    const known = this.attributes.of(stat);
    known.names ??= this.xattrNames(target);
    return known.names;
  }

  /** The gfid that is noted on an inode, or undefined where none is. `stat` spares the question, where it was asked before. */
  gfidOf(target: ByteString | FileNumber, stat?: DiskStat): Gfid | undefined {
    if (stat === undefined) return this.notedGfid(target);
    const known = this.attributes.of(stat);
    if (known.gfid !== undefined) return known.gfid;
    const gfid = this.notedGfid(target);
    if (gfid !== undefined) known.gfid = gfid;
    return gfid;
  }

  private notedGfid(target: ByteString | FileNumber): Gfid | undefined {
    const bytes = this.xattr(target, GFID_XATTR);
    if (bytes === undefined && this.unmarked.size > 0) return this.unmarkedGfid(target);
    if (bytes?.length !== 16) return undefined;
    const gfid = gfidFromBytes(bytes);
    return gfid === NULL_GFID ? undefined : gfid;
  }

  /**
   * Whether an inode can carry attributes: `user.` ones are for files and directories alone. Symlinks and devices are not made
   * on such a brick, but a hand can put them there, and then they have to be seen and removed.
   */
  canCarry(stat: DiskStat): boolean {
    return this.namespace.isTrusted || isDirectory(stat) || isRegular(stat);
  }

  /** Remembers the gfid of what cannot carry one, for as long as the brick runs. */
  remember(gfid: Gfid, stat: DiskStat): void {
    const [oldest] = this.unmarked.keys();
    if (oldest !== undefined && this.unmarked.size >= MAX_UNMARKED) this.unmarked.delete(oldest);
    this.unmarked.set(stat.ino, gfid);
  }

  private unmarkedGfid(target: ByteString | FileNumber): Gfid | undefined {
    const stat = typeof target === 'number' ? this.disk.fstat(target) : this.lstat(target);
    return stat === undefined || this.canCarry(stat) ? undefined : this.unmarked.get(stat.ino);
  }

  /** `lstat`, or undefined where there is no such name. */
  lstat(path: ByteString): DiskStat | undefined {
    return this.disk.find(path);
  }

  /** The attributes of an inode as they are now; `times` are those that are kept, where they are known. */
  iatt({ gfid, path, target }: Omit<Inode, 'stat'>, times?: MdataTimes | null): Iatt {
    const stat = typeof target === 'number' ? this.disk.fstat(target) : this.disk.lstat(target);
    return this.iattOf({ gfid, path, target, stat }, times);
  }

  /** The attributes of an inode as they were when it was looked at. */
  iattOf(inode: Inode, times = this.keptTimes(inode)): Iatt {
    const { gfid, stat } = inode;
    const { dev, rdev, size, blocks, blksize, mode, uid, gid } = stat;
    const nlink = isDirectory(stat) ? stat.nlink : stat.nlink - 1;
    const { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec } = times ?? stat;
    const kept = { atime, atimeNsec, mtime, mtimeNsec, ctime, ctimeNsec };
    return { gfid, dev, rdev, size, blocks, blksize, mode, nlink, uid, gid, ...kept };
  }

  /** The times of an inode that are kept in an attribute, as they were when it was looked at; null where none are. */
  keptTimes({ target, stat }: Pick<Inode, 'target' | 'stat'>): MdataTimes | null {
    const known = this.attributes.of(stat);
    if (known.times === undefined) known.times = this.readTimes(target);
    return known.times;
  }

  /** The same, as they are now. */
  readTimes(target: ByteString | FileNumber): MdataTimes | null {
    const bytes = this.xattr(target, MDATA_XATTR);
    return (bytes && decodeMdata(bytes)) ?? null;
  }

  /** Gives a new inode to the caller of the fop, where the brick may. */
  giveTo(frame: Frame, parent: DiskStat, path: ByteString, stat = this.disk.lstat(path)): void {
    if (!this.namespace.isTrusted) return;
    const gid = (parent.mode & S_ISGID) !== 0 ? parent.gid : frame.gid;
    if (stat.uid !== frame.uid || stat.gid !== gid) this.disk.chown(path, frame.uid, gid);
  }

  /** Permissions as they go to the disk: without root's rights the brick must keep its own. */
  modeOnDisk(mode: number, isForDirectory = false): number {
    const own = isForDirectory ? 0o700 : 0o600;
    const { fileMode, directoryMode } = this.options;
    const ruled = modeBy(isForDirectory ? directoryMode : fileMode, mode & 0o7777);
    return ruled | (this.namespace.isTrusted ? 0 : own);
  }
}

export const S_ISGID = 0o2000;
const MAX_UNMARKED = 1024;
const MAX_TOLD = 1000;

/** What `ask` answers, or undefined where it fails with one of these errnos. */
export function absent<T>(ask: () => T, ...errnos: readonly ErrnoName[]): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (isErrno(error, ...errnos)) return undefined;
    throw error;
  }
}
