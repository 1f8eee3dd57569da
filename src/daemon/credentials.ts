import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from '../graph/volgen.js';

/** Logins of the config bricks: passwords follow from the cluster's secret, so that nobody has to hand them around. */
export function credentials(secret: string, login: 'hekafs-writer' | 'hekafs-reader'): Credentials {
  return { login, password: createHmac('sha256', secret).update(login).digest('hex') };
}

/** What the log keeps of a join token. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
