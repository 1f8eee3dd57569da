import type { FopError } from '../../../fop/error.js';

/** Said by a child that knows; the first of these that any child says is the answer (engine reference, E 29). */
const FIRST = ['ENODATA', 'ENOENT', 'ESTALE'] as const;

/** The error that stands for those of several children: of a child that was lost only if all were. */
export function errorOf(errors: readonly FopError[]): FopError | undefined {
  for (const errno of FIRST) {
    const found = errors.find((error) => error.errno === errno);
    if (found) return found;
  }
  return errors.find(({ errno }) => errno !== 'ENOTCONN') ?? errors[0];
}
