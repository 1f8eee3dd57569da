import { constants } from 'node:os';
import { type ErrnoName, FopError } from '../../fop/error.js';

const KNOWN = new Set<string>([...Object.keys(constants.errno), 'ESTALE', 'EUCLEAN', 'EREMOTEIO']);

/** The FopError of what a call of Node's library threw; arguments that Node refuses are EINVAL. */
export function asFopError(error: unknown, call: string): FopError {
  if (error instanceof FopError) return error;
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (typeof code === 'string') {
    if (code === 'ENOTSUP') return new FopError('EOPNOTSUPP', call);
    if (KNOWN.has(code)) return new FopError(code as ErrnoName, call);
    if (code.startsWith('ERR_')) return new FopError('EINVAL', call, error);
  }
  return new FopError('EIO', call, error);
}

/** Runs one call of Node's library; what it throws becomes a FopError that names the call. */
export function calling<T>(call: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asFopError(error, call);
  }
}
