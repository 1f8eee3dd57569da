import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from '../graph/volgen.js';

/** Logins of the config bricks: passwords follow from the cluster's secret, so that nobody has to hand them around. */
export function leaderCredentials(secret: string): Credentials {
  return { login: 'hekafs-leader', password: derived(secret, 'leader') };
}

export function readerCredentials(secret: string): Credentials {
  return { login: 'hekafs-reader', password: derived(secret, 'reader') };
}

/** Only this node's applier has it: no other node ever writes these values. */
export function applierCredentials(secret: string, node: string): Credentials {
  return { login: 'hekafs-applier', password: derived(secret, `applier ${node}`) };
}

function derived(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('hex');
}

/** What the log keeps of a join token. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
