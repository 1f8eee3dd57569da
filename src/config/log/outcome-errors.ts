import { ConfigError } from '../error.js';
import { MAX_RECORD_BYTES } from './entry.js';
import { isForWriting, type Waited, waitedText } from './waited.js';

/** Nothing was written: one commit is one record in one entry. */
export function tooLarge(size: number): ConfigError {
  return new ConfigError(
    'HFS-1003',
    'nothing was written',
    `it would be one commit of ${size} bytes, ${MAX_RECORD_BYTES} are allowed`,
    'do it in several steps',
  );
}

function waitingFor(waited: readonly Waited[]): string {
  const names = waited.map(waitedText);
  return names.length > 0 ? `waiting for ${names.join(', ')}` : 'the servers changed their leader';
}

/** Nothing was written and nothing will be. Where room is all that is missing, the code says so. */
export function notAccepted(waited: readonly Waited[]): ConfigError {
  const [first] = waited.map(({ trouble }) => trouble);
  if (first !== undefined && waited.every(({ trouble }) => isForWriting(trouble)))
    return new ConfigError(first.code, 'not accepted', waitingFor(waited), first.next);
  return new ConfigError(
    'HFS-2001',
    'not accepted',
    `no majority of the servers: ${waitingFor(waited)}`,
    'hfs_config status shows which servers are down; try again when a majority is up',
  );
}

/** It may have been written, or may yet be. */
export function unknownOutcome(waited: readonly Waited[]): ConfigError {
  return new ConfigError(
    'HFS-2002',
    'outcome unknown',
    `it was sent, and no majority has answered: ${waitingFor(waited)}`,
    'try again with the same request id: it is never done twice',
  );
}
