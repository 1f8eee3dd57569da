import { FopError } from '../fop/error.js';
import { mendValues } from './brick-directory.js';
import type { Node } from './node.js';

/**
 * Makes this node's `values/` anew where somebody has removed them, and says so. Answers whether it did; a disk that does not
 * let us is told of when the brick does not start.
 */
export function mendNodeValues(node: Node): boolean {
  const { log, platform } = node.setup;
  const { brick, cluster } = node.state.data;
  if (brick === null || cluster === null) return false;
  try {
    if (!mendValues(platform.disk, brick.path, cluster)) return false;
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    return false;
  }
  log.warn('the values were gone; they are made again from the log', {
    code: 'HFS-5012',
    path: `${brick.path}/values`,
    next: 'find out who removed them',
  });
  return true;
}
