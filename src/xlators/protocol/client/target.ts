import type { Options } from '../../../graph/spec.js';
import type { Endpoint } from '../../../platform/network.js';

const VOLFILE_SERVER_PORT = 24_007;

/** Whom a client talks to and how, from its options. */
export interface Target {
  /** Where to connect first: the brick, or who knows the brick's port. */
  readonly endpoint: Endpoint;
  /** The endpoint is the brick's own. */
  readonly isBrick: boolean;
  readonly subvolume: string;
  /** 0 is never. */
  readonly pingTimeoutMs: number;
  readonly frameTimeoutMs: number;
  readonly sendsGroups: boolean;
  readonly reopens: boolean;
  readonly hasStrictLocks: boolean;
  /** All options as they stand in the volfile; the handshake carries them. */
  readonly options: ReadonlyMap<string, string>;
}

export function targetOf(options: Options): Target {
  const port = options.text('remote-port');
  return {
    endpoint: {
      host: options.required('remote-host'),
      port: port === undefined ? VOLFILE_SERVER_PORT : options.int('remote-port'),
    },
    isBrick: port !== undefined,
    subvolume: options.required('remote-subvolume'),
    pingTimeoutMs: options.int('ping-timeout') * 1000,
    frameTimeoutMs: options.int('frame-timeout') * 1000,
    sendsGroups: options.bool('send-gids'),
    reopens: options.bool('reopen-fds'),
    hasStrictLocks: options.bool('strict-locks'),
    options: options.raw(),
  };
}
