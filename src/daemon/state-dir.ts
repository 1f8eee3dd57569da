import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../config/error.js';

/** The longest path of a unix socket (unix(7)); Node cuts a longer one without a word. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Where a node keeps what is its own, unless it is told otherwise. */
export function defaultStateDir(
  environment: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): string {
  if (isRoot) return '/var/lib/hekafs';
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'hekafs');
}

/** The unix socket of the hekafsd on a state directory. Throws HFS-1001 where its path would be too long. */
export function socketPath(stateDir: string): string {
  const path = join(stateDir, 'hekafsd.sock');
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  const why = `the path of a socket has up to ${MAX_SOCKET_PATH_BYTES} bytes, this one ${Buffer.byteLength(path)}: ${path}`;
  throw new ConfigError('HFS-1001', 'state directory refused', why, 'choose a shorter --state-dir');
}

/** The secret of root, for writes over TCP. */
export function tokenPath(stateDir: string): string {
  return join(stateDir, 'token');
}

/** The client volfile as of this node's last start or change of members; for when no hekafsd runs. */
export function volfilePath(stateDir: string): string {
  return join(stateDir, 'client.vol');
}
