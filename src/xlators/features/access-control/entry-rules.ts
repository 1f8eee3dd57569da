import type { ErrnoName } from '../../../fop/error.js';
import { isErrno } from '../../../fop/error.js';
import { O_EXCL } from '../../../fop/fd.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import type { Guard } from './guard.js';
import { inherit } from './inheritance.js';
import { openWish } from './open-wish.js';
import { EXECUTE, isUnbound, permits, READ, WRITE } from './permission.js';

/** How often create looks again at a name that comes and goes. */
const MAX_LOOKS = 8;

type Place = { readonly pargfid: Gfid; readonly bname: ByteString };

/**
 * Fops on names: the directory has to allow them. What the name itself decides comes first, as in GlusterFS's brick: a name that
 * is missing is ENOENT, one that is in the way EEXIST, whatever the directory allows.
 */
export function entryRules(guard: Guard): Handlers {
  const { child } = guard;

  const mayAdd = (place: Place, frame: Frame): Promise<unknown> | undefined =>
    isUnbound(frame)
      ? undefined
      : firstly(guard.needNames(place.pargfid, frame), async () =>
          (await guard.named(place.pargfid, place.bname, frame)) ? 'EEXIST' : undefined,
        );

  const mayRemove = async (place: Place, frame: Frame): Promise<void> => {
    const parent = await firstly(guard.needNames(place.pargfid, frame), async () =>
      (await guard.named(place.pargfid, place.bname, frame)) ? undefined : 'ENOENT',
    );
    guard.needOwn(parent, frame, await guard.named(place.pargfid, place.bname, frame));
  };

  const firstly = async <T>(
    allowed: Promise<T>,
    other: () => Promise<ErrnoName | undefined>,
  ): Promise<T> => {
    try {
      return await allowed;
    } catch (error) {
      if (!isErrno(error, 'EACCES')) throw error;
      const errno = await other();
      throw errno === undefined ? error : guard.error(errno);
    }
  };

  return {
    lookup(request, frame) {
      if (request.bname === '' || isUnbound(frame)) return child.wind('lookup', request, frame);
      return guard
        .need(request.pargfid, frame, EXECUTE)
        .then(() => child.wind('lookup', request, frame));
    },

    async mknod(request, frame) {
      await mayAdd(request, frame);
      return child.wind('mknod', await inherit(guard, request, frame, false), frame);
    },

    async mkdir(request, frame) {
      await mayAdd(request, frame);
      return child.wind('mkdir', await inherit(guard, request, frame, true), frame);
    },

    async symlink(request, frame) {
      await mayAdd(request, frame);
      return child.wind('symlink', request, frame);
    },

    async create(request, frame) {
      if (isUnbound(frame) || (request.flags & O_EXCL) !== 0) {
        await mayAdd(request, frame);
        return child.wind('create', await inherit(guard, request, frame, false), frame);
      }
      return createOrOpen(guard, request, frame);
    },

    async put(request, frame) {
      if (!isUnbound(frame)) {
        await guard.needNames(request.pargfid, frame);
        const there = await guard.entry(request.pargfid, request.bname, frame);
        if (there && !permits(there, frame, WRITE)) throw guard.error('EACCES');
      }
      return child.wind('put', await inherit(guard, request, frame, false), frame);
    },

    async link(request, frame) {
      const { gfid, newpargfid, newbname } = request;
      if (!isUnbound(frame)) {
        await mayAdd({ pargfid: newpargfid, bname: newbname }, frame);
        const parent = await guard.subject(newpargfid, frame);
        const { stat } = await child.wind('stat', { gfid, xdata: null }, frame);
        guard.needOwn(parent, frame, stat);
      }
      return child.wind('link', request, frame);
    },

    async unlink(request, frame) {
      if (!isUnbound(frame)) await mayRemove(request, frame);
      return child.wind('unlink', request, frame);
    },

    async rmdir(request, frame) {
      if (!isUnbound(frame)) await mayRemove(request, frame);
      return child.wind('rmdir', request, frame);
    },

    async rename(request, frame) {
      if (!isUnbound(frame)) {
        const { oldpargfid, oldbname, newpargfid, newbname } = request;
        await mayRemove({ pargfid: oldpargfid, bname: oldbname }, frame);
        const parent = await guard.needNames(newpargfid, frame);
        guard.needOwn(parent, frame, await guard.named(newpargfid, newbname, frame));
      }
      return child.wind('rename', request, frame);
    },

    opendir(request, frame) {
      if (isUnbound(frame)) return child.wind('opendir', request, frame);
      return guard
        .need(request.gfid, frame, READ)
        .then(() => child.wind('opendir', request, frame));
    },
  };
}

/**
 * create without O_EXCL opens a file that is there, which then has to allow it. (GlusterFS's brick does not ask the file.) A name
 * that was not there is made with O_EXCL, so that nothing comes in between.
 */
async function createOrOpen(
  guard: Guard,
  request: Request<'create'>,
  frame: Frame,
): Promise<Reply<'create'>> {
  const { pargfid, bname, flags } = request;
  await guard.needNames(pargfid, frame);
  const made = await inherit(guard, request, frame, false);
  for (let look = 1; ; look += 1) {
    const there = await guard.entry(pargfid, bname, frame);
    if (there) {
      if (!permits(there, frame, openWish(flags))) throw guard.error('EACCES');
      return guard.child.wind('create', request, frame);
    }
    try {
      return await guard.child.wind('create', { ...made, flags: flags | O_EXCL }, frame);
    } catch (error) {
      if (!isErrno(error, 'EEXIST') || look === MAX_LOOKS) throw error;
    }
  }
}
