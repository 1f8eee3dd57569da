import type { Frame } from '../../../fop/frame.js';
import { isDirectory } from '../../../fop/iatt.js';
import type { Handlers } from '../../../fop/translator.js';
import { permittedChange, setattrFault } from './change-rules.js';
import type { Guard } from './guard.js';
import { openWish } from './open-wish.js';
import { EXECUTE, isRoot, isUnbound, permits, type Subject, WRITE } from './permission.js';

/**
 * Fops on inodes. What is open was allowed when it was opened: readv, writev, ftruncate and the like are not looked at. Changes of
 * attributes by fd are, as fchmod(2) has it. (GlusterFS's brick lets everybody make them who has an fd.)
 */
export function inodeRules(guard: Guard): Handlers {
  const { child } = guard;
  return {
    async access(request, frame) {
      const subject = await guard.subject(request.gfid, frame);
      const may = permits(subject, frame, request.mask & 7);
      if (!may || isForNobody(subject, frame, request.mask)) throw guard.error('EACCES');
      return { xdata: null };
    },

    open(request, frame) {
      if (isUnbound(frame)) return child.wind('open', request, frame);
      return guard
        .need(request.gfid, frame, openWish(request.flags))
        .then(() => child.wind('open', request, frame));
    },

    async truncate(request, frame) {
      await guard.need(request.gfid, frame, WRITE);
      return child.wind('truncate', request, frame);
    },

    async setattr(request, frame) {
      if (isRoot(frame)) return child.wind('setattr', request, frame);
      const subject = await guard.subject(request.gfid, frame);
      const fault = setattrFault(subject, frame, request);
      if (fault !== undefined) throw guard.error(fault);
      const change = permittedChange(subject, frame, request);
      return child.wind('setattr', { ...request, ...change }, frame);
    },

    async fsetattr(request, frame) {
      if (isRoot(frame)) return child.wind('fsetattr', request, frame);
      const subject = await guard.subjectOfFd(request.fd, frame);
      const fault = setattrFault(subject, frame, request);
      if (fault !== undefined) throw guard.error(fault);
      const change = permittedChange(subject, frame, request);
      return child.wind('fsetattr', { ...request, ...change }, frame);
    },
  };
}

/** Not even root runs a file that nobody may run, as access(2) has it. (GlusterFS's brick says yes.) */
function isForNobody({ mode }: Subject, frame: Frame, mask: number): boolean {
  return isRoot(frame) && (mask & EXECUTE) !== 0 && !isDirectory({ mode }) && (mode & 0o111) === 0;
}
