import type { Handlers } from '../../../fop/translator.js';
import type { Guard } from './guard.js';
import { NameGuard } from './names.js';
import { EXECUTE, isUnbound, READ } from './permission.js';

/** Fops on names that are there, and on directories. */
export function entryRules(guard: Guard): Handlers {
  const { child } = guard;
  const names = new NameGuard(guard);
  return {
    lookup(request, frame) {
      if (request.bname === '' || isUnbound(frame)) return child.wind('lookup', request, frame);
      return guard
        .need(request.pargfid, frame, EXECUTE)
        .then(() => child.wind('lookup', request, frame));
    },

    async link(request, frame) {
      const { gfid, newpargfid, newbname } = request;
      await names.mayLink(gfid, { pargfid: newpargfid, bname: newbname }, frame);
      return child.wind('link', request, frame);
    },

    async unlink(request, frame) {
      await names.mayRemove(request, frame);
      return child.wind('unlink', request, frame);
    },

    async rmdir(request, frame) {
      await names.mayRemove(request, frame);
      return child.wind('rmdir', request, frame);
    },

    async rename(request, frame) {
      const { oldpargfid, oldbname, newpargfid, newbname } = request;
      await names.mayRemove({ pargfid: oldpargfid, bname: oldbname }, frame);
      await names.mayReplace({ pargfid: newpargfid, bname: newbname }, frame);
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
