import { type ErrnoName, FopError } from '../../src/fop/error.js';
import { O_ACCMODE, O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY } from '../../src/fop/fd.js';
import { isSymlink } from '../../src/fop/iatt.js';
import type { ByteString } from '../../src/fop/name.js';
import type { DiskTime } from '../../src/platform/disk.js';
import type { Clock } from '../../src/platform/platform.js';
import { inheritAcl } from './disk-acl.js';
import type { SimInode } from './disk-inode.js';
import type { Platter } from './disk-platter.js';
import type { Place } from './disk-walk.js';

/** The names of a simulated disk: each change can be undone until a sync has committed it. */
export class Names {
  constructor(
    private readonly platter: Platter,
    private readonly clock: Clock,
  ) {}

  make(place: Place, call: string, mode: number, rdev = 0): SimInode {
    if (place.inode !== undefined) throw new FopError('EEXIST', call);
    this.platter.needRoom(0, call);
    const inode = this.platter.inode(mode, rdev);
    inode.atime = inode.mtime = inode.ctime = this.now();
    if (inode.isDirectory) inode.nlink = 1;
    inheritAcl(place.directory, inode);
    this.add(place.directory, place.name, inode, call);
    return inode;
  }

  add(directory: SimInode, name: ByteString, inode: SimInode, call: string): void {
    if (name === '..' || name === '') throw new FopError('EEXIST', call);
    const { parent } = inode;
    directory.children.set(name, inode);
    inode.nlink += 1;
    if (inode.isDirectory) {
      inode.parent = directory;
      directory.nlink += 1;
    }
    directory.mtime = directory.ctime = this.now();
    this.changed(inode, () => {
      directory.children.delete(name);
      inode.nlink -= 1;
      inode.parent = parent;
      if (inode.isDirectory) directory.nlink -= 1;
    });
  }

  /** `isMoving`: the inode gets another name at once, so it is not forgotten. */
  remove(directory: SimInode, name: ByteString, inode: SimInode, isMoving = false) {
    directory.children.delete(name);
    const links = inode.isDirectory && !isMoving ? 2 : 1;
    inode.nlink -= links;
    if (inode.isDirectory) directory.nlink -= 1;
    directory.mtime = directory.ctime = this.now();
    this.changed(inode, () => {
      directory.children.set(name, inode);
      inode.nlink += links;
      if (inode.isDirectory) directory.nlink += 1;
    });
    if (!isMoving) this.platter.forget(inode);
  }

  changed(inode: SimInode, undo: () => void): void {
    inode.ctime = this.now();
    this.platter.changed(this.clock.monotonicMs(), undo);
  }

  /** Changes bytes of a file; `written` is what a power cut may tear. */
  changeBytes(
    inode: SimInode,
    offset: number,
    length: number,
    make: () => void,
    written?: { data: Uint8Array; offset: number },
  ): void {
    const change = {
      atMs: this.clock.monotonicMs(),
      before: inode.pages.before(offset, length),
    };
    this.platter.changeData(inode, written === undefined ? change : { ...change, written }, make);
    inode.mtime = inode.ctime = this.now();
  }

  now(): { sec: number; nsec: number } {
    const ms = this.clock.wallMs();
    const sec = Math.floor(ms / 1000);
    return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
  }

  /** What a time becomes that is to be set. */
  time(time: DiskTime, was: { sec: number; nsec: number }): { sec: number; nsec: number } {
    if (time === 'now') return this.now();
    return time === 'omit' ? was : { sec: time.sec, nsec: time.nsec };
  }

  rename(from: Place & { readonly inode: SimInode }, to: Place): void {
    const moved = from.inode;
    if (to.inode === moved) return;
    checkRename(moved, to);
    this.platter.together(this.clock.monotonicMs(), () => {
      if (to.inode !== undefined) this.remove(to.directory, to.name, to.inode);
      this.remove(from.directory, from.name, moved, true);
      this.add(to.directory, to.name, moved, 'rename');
    });
  }
}

/** Why `open(2)` refuses an inode that is there. */
export function whyNotOpen(inode: SimInode, flags: number): ErrnoName | undefined {
  if ((flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return 'EEXIST';
  if (isSymlink(inode)) return 'ELOOP';
  if ((flags & O_DIRECTORY) !== 0 && !inode.isDirectory) return 'ENOTDIR';
  const isWriting = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_CREAT) !== 0;
  if (inode.isDirectory && isWriting) return 'EISDIR';
  return inode.isDirectory || inode.isRegular ? undefined : 'ENXIO';
}

function checkRename(moved: SimInode, target: Place): void {
  const { inode } = target;
  for (let at = target.directory; ; at = at.parent ?? at) {
    if (at === moved) throw new FopError('EINVAL', 'rename');
    if (at.parent === at || at.parent === undefined) break;
  }
  if (inode === undefined) return;
  if (moved.isDirectory && !inode.isDirectory) throw new FopError('ENOTDIR', 'rename');
  if (!moved.isDirectory && inode.isDirectory) throw new FopError('EISDIR', 'rename');
  if (inode.children.size > 0) throw new FopError('ENOTEMPTY', 'rename');
}
