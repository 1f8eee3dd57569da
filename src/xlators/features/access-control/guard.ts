import { type Dict, type DictValue, dictBytes } from '../../../fop/dict.js';
import { type ErrnoName, FopError, isErrno } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, NULL_GFID } from '../../../fop/gfid.js';
import type { Iatt } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Translator } from '../../../fop/translator.js';
import { ACCESS_ACL, type Acl, DEFAULT_ACL, decodeAcl, type Permissions } from './acl.js';
import { EXECUTE, isStickyFor, isUnbound, permits, type Subject, WRITE } from './permission.js';

const ASKED: DictValue = { type: 'int', int: 0n };
const ASK_ACCESS: Dict = new Map([[ACCESS_ACL, ASKED]]);
const ASK_DEFAULT: Dict = new Map([[DEFAULT_ACL, ASKED]]);

/** Asks the child what an inode allows, each time anew: what a hand changes on the brick counts at once, and nothing is kept. */
export class Guard {
  constructor(
    readonly child: Translator,
    private readonly name: string,
  ) {}

  error(errno: ErrnoName, why?: string): FopError {
    return new FopError(errno, why === undefined ? this.name : `${this.name}: ${why}`);
  }

  async subject(gfid: Gfid, frame: Frame): Promise<Subject> {
    const { stat, xdata } = await this.child.wind('stat', { gfid, xdata: ASK_ACCESS }, frame);
    return this.subjectOf(stat, xdata);
  }

  async subjectOfFd(fd: Fd, frame: Frame): Promise<Subject> {
    const { stat, xdata } = await this.child.wind('fstat', { fd, xdata: ASK_ACCESS }, frame);
    return this.subjectOf(stat, xdata);
  }

  /** Throws EACCES unless the caller may do all of `wish` to the inode. */
  async need(gfid: Gfid, frame: Frame, wish: Permissions): Promise<void> {
    if (isUnbound(frame)) return;
    if (!permits(await this.subject(gfid, frame), frame, wish)) throw this.error('EACCES');
  }

  /** Throws EACCES unless the caller may add names to the directory and take them away. Answers the directory. */
  async needNames(pargfid: Gfid, frame: Frame): Promise<Subject> {
    const parent = await this.subject(pargfid, frame);
    if (!permits(parent, frame, WRITE | EXECUTE)) throw this.error('EACCES');
    return parent;
  }

  /** Of a directory in which the caller may change names: EACCES where it is sticky and the inode another's. */
  needOwn(parent: Subject, frame: Frame, stat: Iatt | undefined): void {
    if (stat !== undefined && isStickyFor(parent, frame) && stat.uid !== frame.uid)
      throw this.error('EACCES');
  }

  /** The inode of a name, or undefined where there is none. */
  async entry(pargfid: Gfid, bname: ByteString, frame: Frame): Promise<Subject | undefined> {
    const stat = await this.named(pargfid, bname, frame);
    return stat && this.subject(stat.gfid, frame);
  }

  async named(pargfid: Gfid, bname: ByteString, frame: Frame): Promise<Iatt | undefined> {
    const request = { gfid: NULL_GFID, pargfid, bname, xdata: null };
    try {
      return (await this.child.wind('lookup', request, frame)).stat;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** The directory's default ACL, or undefined where it has none. */
  async defaultAcl(gfid: Gfid, frame: Frame): Promise<Acl | undefined> {
    const { xdata } = await this.child.wind('stat', { gfid, xdata: ASK_DEFAULT }, frame);
    return this.aclOf(xdata, DEFAULT_ACL);
  }

  private subjectOf({ uid, gid, mode }: Iatt, xdata: Dict): Subject {
    return { uid, gid, mode, acl: this.aclOf(xdata, ACCESS_ACL) };
  }

  /** Linux keeps no ACL that is none; one found there lets nobody in. */
  private aclOf(xdata: Dict, name: string): Acl | undefined {
    const bytes = dictBytes(xdata, name);
    if (bytes === undefined) return undefined;
    const acl = decodeAcl(bytes);
    if (acl === 'EINVAL' || acl === 'EOPNOTSUPP') throw this.error('EIO', `${name} is no ACL`);
    return acl === 'none' ? undefined : acl;
  }
}
