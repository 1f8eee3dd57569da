import { isErrno } from '../../../fop/error.js';
import { O_EXCL } from '../../../fop/fd.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Handlers } from '../../../fop/translator.js';
import type { Guard } from './guard.js';
import { inherit } from './inheritance.js';
import { NameGuard } from './names.js';
import { openWish } from './open-wish.js';
import { isUnbound, permits, WRITE } from './permission.js';

/** How often create looks again at a name that comes and goes. */
const MAX_LOOKS = 8;

/** Fops that make inodes. */
export function createRules(guard: Guard): Handlers {
  const { child } = guard;
  const names = new NameGuard(guard);
  return {
    async mknod(request, frame) {
      await names.mayAdd(request, frame);
      return child.wind('mknod', await inherit(guard, request, frame, false), frame);
    },

    async mkdir(request, frame) {
      await names.mayAdd(request, frame);
      return child.wind('mkdir', await inherit(guard, request, frame, true), frame);
    },

    async symlink(request, frame) {
      await names.mayAdd(request, frame);
      return child.wind('symlink', request, frame);
    },

    async create(request, frame) {
      if (!isUnbound(frame) && (request.flags & O_EXCL) === 0)
        return createOrOpen(guard, request, frame);
      await names.mayAdd(request, frame);
      return child.wind('create', await inherit(guard, request, frame, false), frame);
    },

    async put(request, frame) {
      if (!isUnbound(frame)) {
        await guard.needNames(request.pargfid, frame);
        const there = await guard.entry(request.pargfid, request.bname, frame);
        if (there && !permits(there, frame, WRITE)) throw guard.error('EACCES');
      }
      return child.wind('put', await inherit(guard, request, frame, false), frame);
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
