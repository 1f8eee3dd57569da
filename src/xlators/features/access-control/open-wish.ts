import { O_ACCMODE, O_APPEND, O_RDONLY, O_TRUNC, O_WRONLY } from '../../../fop/fd.js';
import type { Permissions } from './acl.js';
import { EXECUTE, READ, WRITE } from './permission.js';

/** A file that is opened to be run: the wire has a bit of its own for it (wire reference, section 7). */
const FMODE_EXEC = 0o40;

/** What open with these flags needs of a file. */
export function openWish(flags: number): Permissions {
  const changes = (flags & (O_TRUNC | O_APPEND)) !== 0 ? WRITE : 0;
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return ((flags & FMODE_EXEC) !== 0 ? EXECUTE : READ) | changes;
    case O_WRONLY:
      return WRITE;
    default:
      return READ | WRITE;
  }
}
