import type { Dict, DictValue } from '../../src/fop/dict.js';
import { FopError } from '../../src/fop/error.js';
import { Fd } from '../../src/fop/fd.js';
import type { FopName, Reply, Request, Statfs } from '../../src/fop/fops.js';
import { type Frame, ROOT_FRAME } from '../../src/fop/frame.js';
import type { Gfid } from '../../src/fop/gfid.js';
import { type Iatt, NO_IATT } from '../../src/fop/iatt.js';
import { byteString } from '../../src/fop/name.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import type { Twin } from './twin-bricks.js';

/**
 * What a brick answers to a series of fops, as lines of text that can be compared with another brick's. Times, device and
 * inode numbers, and what else differs from one directory to the next, is left out.
 */
export class FopTranscript {
  readonly lines = new Map<string, string>();
  private readonly disk = nodeDisk();

  constructor(
    readonly brick: Twin,
    readonly frame: Frame = ROOT_FRAME,
  ) {}

  /** Does a fop and notes what came of it under `label`; answers the reply, or undefined where it failed. */
  async ask<F extends FopName>(
    label: string,
    fop: F,
    request: Omit<Request<F>, 'xdata'>,
    xdata: Dict = null,
    frame: Partial<Frame> = {},
  ): Promise<Reply<F> | undefined> {
    const name = `${fop}: ${label}`;
    if (this.lines.has(name)) throw new Error(`two lines are called ${name}`);
    try {
      const whole = { ...request, xdata } as unknown as Request<F>;
      const reply = await this.brick.top.wind(fop, whole, { ...this.frame, ...frame });
      this.lines.set(name, describe(reply).replaceAll(this.brick.path, 'BRICK'));
      return reply;
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      const more =
        error.xdata === null || error.xdata.size === 0 ? '' : ` ${describe(error.xdata)}`;
      this.lines.set(name, error.errno + more);
      return undefined;
    }
  }

  /** Does a fop of which nothing is noted. */
  async quietly<F extends FopName>(fop: F, request: Omit<Request<F>, 'xdata'>): Promise<void> {
    const whole = { ...request, xdata: null } as unknown as Request<F>;
    await this.brick.top.wind(fop, whole, this.frame).catch(() => undefined);
  }

  /** Notes how a path looks on the brick: its kind, links, owner, and the names (and small values) of its attributes. */
  look(label: string, path: string, hasTimes = false): void {
    const full = byteString(`${this.brick.path}/${path}`);
    this.lines.set(`on disk: ${label}`, this.described(full, hasTimes));
  }

  /** Notes the names in a directory of the brick. */
  names(label: string, path: string): void {
    const found = this.disk.readdir(byteString(`${this.brick.path}/${path}`));
    const sorted = found.map(({ name }) => name).sort();
    this.lines.set(`names: ${label}`, sorted.join(' '));
  }

  /** Notes whatever else was seen. */
  note(label: string, what: string): void {
    this.lines.set(label, what);
  }

  private described(path: string, hasTimes: boolean): string {
    try {
      const { mode, nlink, uid, gid, size } = this.disk.lstat(path);
      const isLink = (mode & 0o170000) === 0o120000;
      const target = isLink ? ` -> ${this.disk.readlink(path)}` : '';
      const xattrs = [...this.disk.listxattr(path)]
        .sort()
        .map((name) => this.xattr(path, name, hasTimes));
      const length = (mode & 0o170000) === 0o040000 ? '' : ` ${size} bytes`;
      return `${mode.toString(8)} ${nlink} links ${uid}:${gid}${length}${target} ${xattrs.join(' ')}`;
    } catch (error) {
      if (error instanceof FopError) return error.errno;
      throw error;
    }
  }

  private xattr(path: string, name: string, hasTimes: boolean): string {
    const value = this.disk.getxattr(path, name);
    const isLeftOut = name === 'trusted.glusterfs.mdata' && !hasTimes;
    return `${name}=${isLeftOut ? value.length : value.toString('hex')}`;
  }
}

function describe(value: unknown): string {
  return JSON.stringify(plain(value));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (value instanceof Fd) return 'fd';
  if (value instanceof Map) return plainDict(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (isIatt(value)) return plainIatt(value);
  if ('bsize' in value && 'namemax' in value) return plainStatfs(value as Statfs);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** What others write meanwhile changes the rest, but not by much. */
function plainStatfs(statfs: Statfs): unknown {
  const { bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax } =
    statfs;
  const about = (part: number, whole: number): string => (part / whole).toFixed(2);
  const free = [about(bfree, blocks), about(bavail, blocks), about(ffree, files)];
  return {
    bsize,
    frsize,
    blocks,
    files,
    free,
    favail: favail - ffree,
    fsid: `${fsid}`,
    flag,
    namemax,
  };
}

function isIatt(value: object): value is Iatt {
  return 'atimeNsec' in value && 'gfid' in value;
}

function plainIatt(iatt: Iatt): string {
  const { gfid, mode, nlink, uid, gid, size, blksize, rdev } = iatt;
  if (JSON.stringify(iatt) === JSON.stringify(NO_IATT)) return 'no iatt';
  const isDirectory = (mode & 0o170000) === 0o040000;
  const length = isDirectory ? '' : ` ${size} bytes`;
  return `${short(gfid)} ${mode.toString(8)} ${nlink} links ${uid}:${gid}${length} blksize ${blksize} rdev ${rdev}`;
}

function short(gfid: Gfid): string {
  return gfid.slice(-4);
}

function plainDict(dict: ReadonlyMap<string, DictValue>): unknown {
  const sorted = [...dict].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, value]) => [key, plain(value)]));
}
