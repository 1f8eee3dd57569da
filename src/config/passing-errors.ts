import { type Code, ConfigError, isCode } from './error.js';
import { PeerError } from './peers.js';

/** True where a request may have been done, or may yet be. */
export function isUnknown(error: unknown): boolean {
  if (error instanceof PeerError)
    return error.kind === 'unknown' || error.problem?.code === 'HFS-2002';
  return isCode(error, 'HFS-2002');
}

/** What a leader says that has no majority; and one that has just stepped down, been retired, or not begun yet. */
const PASSING: ReadonlySet<Code | undefined> = new Set<Code>([
  'HFS-2001',
  'HFS-2002',
  'HFS-2004',
  'HFS-2006',
  'HFS-3008',
]);

/** True for what may be otherwise in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof PeerError)
    return error.kind !== 'refused' || PASSING.has(error.problem?.code);
  return isCode(error, 'HFS-2001', 'HFS-2002');
}

/** What a leader says whose disks are full: of this try only, not of one before it. */
export function isForRoom(error: unknown): boolean {
  const code = error instanceof PeerError ? error.problem?.code : undefined;
  return code === 'HFS-5008' || code === 'HFS-5009' || isCode(error, 'HFS-5008', 'HFS-5009');
}

/** What a peer refused with, as if it had been said here. */
export function toConfigError(error: unknown): unknown {
  if (!(error instanceof PeerError) || error.problem === undefined) return error;
  const { code, what, why, next } = error.problem;
  return new ConfigError(code, what, why, next);
}
