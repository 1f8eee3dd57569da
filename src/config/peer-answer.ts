import { FormatError } from './log/bytes.js';
import { decodeMessage, type Message } from './message.js';
import { PeerError } from './peers.js';

/** Reads what a peer answered. A PeerError where it is nothing that a peer says: whether anything was done is unknown. */
export function decodeAnswer<T>(address: string, body: Buffer): Message<Partial<T>> {
  try {
    return decodeMessage<T>(body);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new PeerError(address, 'unknown', `its answer is not one of hekafsd: ${error.message}`);
  }
}
