import type { ByteString } from '../../../fop/name.js';

/** Among the names that a brick has noted of a directory: not a name, but that a client is changing names. The client's token follows. */
export const INTENT_PREFIX = '.hekafs-intent-';

/** The client of a note; undefined where it is a name like others. */
export function intentOf(name: ByteString): ByteString | undefined {
  return name.startsWith(INTENT_PREFIX) ? name.slice(INTENT_PREFIX.length) : undefined;
}

/** Where clients hold a lock on their token in the root as long as they live. */
export function intentDomain(replica: ByteString): ByteString {
  return `${replica}:names`;
}
