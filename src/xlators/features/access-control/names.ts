import { type ErrnoName, isErrno } from '../../../fop/error.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { Guard } from './guard.js';
import { isUnbound } from './permission.js';

export type Place = { readonly pargfid: Gfid; readonly bname: ByteString };

/**
 * Whether a directory allows a change of a name. What the name itself decides comes first, as in GlusterFS's brick: a name that is
 * missing is ENOENT, one that is in the way EEXIST, whatever the directory allows.
 */
export class NameGuard {
  constructor(private readonly guard: Guard) {}

  async mayAdd(place: Place, frame: Frame): Promise<void> {
    if (isUnbound(frame)) return;
    await this.firstly(this.guard.needNames(place.pargfid, frame), async () =>
      (await this.isThere(place, frame)) ? 'EEXIST' : undefined,
    );
  }

  async mayRemove(place: Place, frame: Frame): Promise<void> {
    if (isUnbound(frame)) return;
    const { pargfid, bname } = place;
    const parent = await this.firstly(this.guard.needNames(pargfid, frame), async () =>
      (await this.isThere(place, frame)) ? undefined : 'ENOENT',
    );
    this.guard.needOwn(parent, frame, await this.guard.named(pargfid, bname, frame));
  }

  /** A name that is to be given to something else, and may be there. */
  async mayReplace({ pargfid, bname }: Place, frame: Frame): Promise<void> {
    if (isUnbound(frame)) return;
    const parent = await this.guard.needNames(pargfid, frame);
    this.guard.needOwn(parent, frame, await this.guard.named(pargfid, bname, frame));
  }

  /** A further name for an inode: in a sticky directory only for one's own. */
  async mayLink(gfid: Gfid, place: Place, frame: Frame): Promise<void> {
    if (isUnbound(frame)) return;
    await this.mayAdd(place, frame);
    const parent = await this.guard.subject(place.pargfid, frame);
    const { stat } = await this.guard.child.wind('stat', { gfid, xdata: null }, frame);
    this.guard.needOwn(parent, frame, stat);
  }

  private async isThere({ pargfid, bname }: Place, frame: Frame): Promise<boolean> {
    return (await this.guard.named(pargfid, bname, frame)) !== undefined;
  }

  private async firstly<T>(
    allowed: Promise<T>,
    other: () => Promise<ErrnoName | undefined>,
  ): Promise<T> {
    try {
      return await allowed;
    } catch (error) {
      if (!isErrno(error, 'EACCES')) throw error;
      const errno = await other();
      throw errno === undefined ? error : this.guard.error(errno);
    }
  }
}
