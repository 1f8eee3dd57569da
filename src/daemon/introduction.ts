import { ConfigError } from '../config/error.js';
import { encodeMessage } from '../config/message.js';
import { decodeAnswer } from '../config/peer-answer.js';
import { PeerError, type Peers } from '../config/peers.js';
import { loopbackOnly, unreachable } from './cluster-errors.js';
import { isLoopback } from './http-access.js';
import type { JoinAnswer, JoinWords, NewServer } from './membership.js';

const STATUS_MS = 2000;

/*
 * What a node says to a member before it belongs to the cluster itself. All throw a ConfigError: the member's own refusal, or HFS-2003
 * where nobody intelligible answers.
 */

/** The cluster of the member at `address`. */
export async function clusterAt(peers: Peers, address: string): Promise<string> {
  try {
    const { cluster } = await peers.status(address, STATUS_MS);
    if (cluster !== null) return cluster;
  } catch (error) {
    if (error instanceof PeerError) throw unreachable(address, error.message);
    throw error;
  }
  throw unreachable(address, 'the node there belongs to no cluster itself');
}

/** Throws HFS-3010 where others could not answer this node. */
export function checkReachable(own: string, address: string): void {
  if (staysHere(own) && !staysHere(address)) throw loopbackOnly(own, address);
}

/** Shows the token; answers what a member has to know. */
export async function askToJoin(
  peers: Peers,
  address: string,
  words: JoinWords,
  timeoutMs: number,
): Promise<JoinAnswer> {
  const answer = await call(peers, address, 'join', encodeMessage(words), timeoutMs);
  const { cluster, secret, members } = joinAnswer(address, answer);
  if (typeof cluster !== 'string' || typeof secret !== 'string' || members === undefined)
    throw unreachable(address, 'it answered something unintelligible');
  return { cluster, secret, members };
}

function joinAnswer(address: string, answer: Buffer): Partial<JoinAnswer> {
  try {
    return decodeAnswer<JoinAnswer>(address, answer).json;
  } catch (error) {
    if (error instanceof PeerError) throw unreachable(address, error.message);
    throw error;
  }
}

/** Has a node that was let in put on the list. */
export async function askForList(
  peers: Peers,
  address: string,
  server: NewServer,
  timeoutMs: number,
): Promise<void> {
  await call(peers, address, 'add-learner', encodeMessage({ server }), timeoutMs);
}

async function call(
  peers: Peers,
  address: string,
  verb: 'join' | 'add-learner',
  body: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
  try {
    return await peers.call(address, verb, body, Math.max(1, timeoutMs));
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    if (error.problem === undefined) throw unreachable(address, error.message);
    const { code, what, why, next } = error.problem;
    throw new ConfigError(code, what, why, next);
  }
}

/** True for a HOST:PORT that never leaves the machine. */
function staysHere(address: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || isLoopback(host);
}
