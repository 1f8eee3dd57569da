import { type Handlers, PassThrough, type Translator } from '../../../fop/translator.js';
import type { TranslatorSpec } from '../../../graph/spec.js';
import { createRules } from './create-rules.js';
import { entryRules } from './entry-rules.js';
import { Guard } from './guard.js';
import { inodeRules } from './inode-rules.js';
import { xattrRules } from './xattr-rules.js';

/**
 * features/access-control: what a caller may do, by its uid, gid and groups, the modes of inodes and their POSIX ACLs.
 *
 * Promises: what GlusterFS 10's translator answers. Root and GlusterFS's own workers (processes with negative numbers) are not held
 * up; what is open stays usable; new inodes get the default ACL of their directory, or else the umask. Two gaps of
 * GlusterFS's are closed: create does not open a file that open would refuse, and attributes change by fd as they do by
 * gfid. Nothing is remembered, so that nothing is out of date: a caller who is not root costs one stat more for each check.
 *
 * Relies on: a filesystem that keeps ACLs and has them and the modes follow each other, as Linux's do.
 *
 *     volume vol-access-control
 *         type features/access-control
 *         subvolumes vol-posix
 *     end-volume
 */
class AccessControl extends PassThrough {
  readonly type = 'features/access-control';
  protected readonly handlers: Handlers;

  constructor(name: string, child: Translator) {
    super(name, child);
    const guard = new Guard(child, name);
    this.handlers = {
      ...createRules(guard),
      ...entryRules(guard),
      ...inodeRules(guard),
      ...xattrRules(guard),
    };
  }
}

export const featuresAccessControl: TranslatorSpec = {
  type: 'features/access-control',
  children: { min: 1, max: 1 },
  options: [
    {
      key: 'super-uid',
      kind: 'int',
      default: '0',
      only: ['0'],
      doc: 'The user for whom no rule is made.',
    },
  ],
  create({ name, children: [child] }) {
    if (!child) throw new TypeError('features/access-control has one child');
    return new AccessControl(name, child);
  },
};
