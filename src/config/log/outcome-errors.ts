import { ConfigError } from '../error.js';
import { MAX_RECORD_BYTES } from './entry.js';

/** Nothing was written: one commit is one record in one entry. */
export function tooLarge(size: number): ConfigError {
  return new ConfigError(
    'HFS-1003',
    'nothing was written',
    `it would be one commit of ${size} bytes, ${MAX_RECORD_BYTES} are allowed`,
    'do it in several steps',
  );
}

function waitingFor(names: readonly string[]): string {
  return names.length > 0 ? `waiting for ${names.join(', ')}` : 'the servers changed their leader';
}

/** Nothing was written and nothing will be. */
export function notAccepted(names: readonly string[]): ConfigError {
  return new ConfigError(
    'HFS-2001',
    'not accepted',
    `no majority of the servers: ${waitingFor(names)}`,
    'hfs_config status shows which servers are down; try again when a majority is up',
  );
}

/** It may have been written, or may yet be. */
export function unknownOutcome(names: readonly string[]): ConfigError {
  return new ConfigError(
    'HFS-2002',
    'outcome unknown',
    `it was sent, and no majority has answered: ${waitingFor(names)}`,
    'try again with the same request id: it is never done twice',
  );
}
