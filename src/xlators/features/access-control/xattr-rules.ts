import type { Dict } from '../../../fop/dict.js';
import type { Frame } from '../../../fop/frame.js';
import type { ByteString } from '../../../fop/name.js';
import type { Handlers } from '../../../fop/translator.js';
import { aclFault, isAclName, xattrFault } from './change-rules.js';
import type { Guard } from './guard.js';
import { isRoot, READ, type Subject } from './permission.js';

/** Fops on extended attributes, ACLs among them. */
export function xattrRules(guard: Guard): Handlers {
  const { child } = guard;

  const mayChange = (subject: Subject, frame: Frame, names: readonly string[]): void => {
    const fault = xattrFault(subject, frame, names);
    if (fault !== undefined) throw guard.error(fault);
  };
  const checkAcls = (dict: Dict): void => {
    const fault = aclFault(dict);
    if (fault !== undefined) throw guard.error(fault);
  };

  return {
    async setxattr(request, frame) {
      const { gfid, dict } = request;
      if (!isRoot(frame)) mayChange(await guard.subject(gfid, frame), frame, keysOf(dict));
      checkAcls(dict);
      return child.wind('setxattr', request, frame);
    },

    async fsetxattr(request, frame) {
      const { fd, dict } = request;
      if (!isRoot(frame)) mayChange(await guard.subjectOfFd(fd, frame), frame, keysOf(dict));
      checkAcls(dict);
      return child.wind('fsetxattr', request, frame);
    },

    async getxattr(request, frame) {
      if (!isReadable(request.name)) await guard.need(request.gfid, frame, READ);
      return child.wind('getxattr', request, frame);
    },

    async removexattr(request, frame) {
      if (!isRoot(frame)) {
        const names = removed(request.name, request.xdata);
        mayChange(await guard.subject(request.gfid, frame), frame, names);
      }
      return child.wind('removexattr', request, frame);
    },

    async fremovexattr(request, frame) {
      if (!isRoot(frame)) {
        const names = removed(request.name, request.xdata);
        mayChange(await guard.subjectOfFd(request.fd, frame), frame, names);
      }
      return child.wind('fremovexattr', request, frame);
    },
  };
}

/** Who is let in is no secret. */
function isReadable(name: ByteString | undefined): boolean {
  return name !== undefined && isAclName(name);
}

function keysOf(dict: Dict): readonly string[] {
  return [...(dict?.keys() ?? [])];
}

/** An empty name removes what xdata names. */
function removed(name: ByteString, xdata: Dict): readonly string[] {
  return name === '' ? keysOf(xdata) : [name];
}
