import { type Gfid, NULL_GFID } from './gfid.js';

/**
 * The attributes of an inode, as `stat(2)` with a gfid.
 * Times are whole seconds with nanoseconds beside; `blocks` counts 512 bytes; `mode` holds type
 * and permissions in the layout of `st_mode`. The inode number is not here: it follows from the gfid.
 */
export interface Iatt {
  readonly gfid: Gfid;
  readonly dev: number;
  readonly rdev: number;
  readonly size: number;
  readonly blocks: number;
  readonly blksize: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: number;
  readonly atimeNsec: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
}

/** No attributes: 148 zero bytes on the wire. */
export const NO_IATT: Iatt = Object.freeze({
  gfid: NULL_GFID,
  dev: 0,
  rdev: 0,
  size: 0,
  blocks: 0,
  blksize: 0,
  mode: 0,
  nlink: 0,
  uid: 0,
  gid: 0,
  atime: 0,
  atimeNsec: 0,
  mtime: 0,
  mtimeNsec: 0,
  ctime: 0,
  ctimeNsec: 0,
});

/** The file type bits of `mode` (`inode(7)`). */
export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

export function isDirectory(iatt: { readonly mode: number }): boolean {
  return (iatt.mode & S_IFMT) === S_IFDIR;
}

export function isRegular(iatt: { readonly mode: number }): boolean {
  return (iatt.mode & S_IFMT) === S_IFREG;
}

export function isSymlink(iatt: { readonly mode: number }): boolean {
  return (iatt.mode & S_IFMT) === S_IFLNK;
}

/** Which fields of a setattr's `stbuf` are meant (wire reference, section 10, SETATTR). */
export const SETATTR_MODE = 1;
export const SETATTR_UID = 2;
export const SETATTR_GID = 4;
export const SETATTR_SIZE = 8;
export const SETATTR_ATIME = 0x10;
export const SETATTR_MTIME = 0x20;
export const SETATTR_CTIME = 0x40;
export const SETATTR_ATIME_NOW = 0x80;
export const SETATTR_MTIME_NOW = 0x100;
