import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a node keeps what is its own, unless it is told otherwise. */
export function defaultStateDir(
  environment: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): string {
  if (isRoot) return '/var/lib/hekafs';
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'hekafs');
}

/** The unix socket of the hekafsd on a state directory. It may be too long for the system: see `socketName`. */
export function socketPath(stateDir: string): string {
  return join(stateDir, 'hekafsd.sock');
}

/** The secret of root, for writes over TCP. */
export function tokenPath(stateDir: string): string {
  return join(stateDir, 'token');
}

/** The client volfile as of this node's last start or change of members; for when no hekafsd runs. */
export function volfilePath(stateDir: string): string {
  return join(stateDir, 'client.vol');
}
