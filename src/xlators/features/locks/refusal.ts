import type { ErrnoName, FopError } from '../../../fop/error.js';
import type { LockRefusal } from './lock-queue.js';

/** Makes the error of a lock request. */
export type Refuse = (errno: ErrnoName, why?: string) => FopError;

const ERRNO = { busy: 'EAGAIN', full: 'ENOLCK', gone: 'ENOTCONN' } as const satisfies Record<
  LockRefusal,
  ErrnoName
>;

/** Throws unless the lock was granted. */
export function mustBeGranted(outcome: 'granted' | LockRefusal, refuse: Refuse): void {
  if (outcome !== 'granted') throw refuse(ERRNO[outcome]);
}
