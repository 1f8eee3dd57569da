import { ConfigError } from '../../src/config/error.js';
import { PeerError } from '../../src/config/peers.js';
import type { Fabric } from './fabric.js';
import { PeerCall } from './peer-call.js';
import type { SimProcess } from './process.js';

/** A node that clients ask: its address, and how to find who answers there. */
export interface Asked<N> {
  readonly address: string;
  find(): { readonly process: SimProcess; readonly node: N } | undefined;
}

/** One request over the simulated network. Throws a PeerError, or the ConfigError that was answered. */
export async function askNode<N, T>(
  fabric: Fabric,
  caller: SimProcess,
  { address, find }: Asked<N>,
  what: string,
  run: (node: N) => Promise<T>,
  timeoutMs: number,
): Promise<T> {
  const responder = () => {
    const found = find();
    return found && { process: found.process, answer: () => run(found.node) };
  };
  try {
    return await new Promise<T>((resolve, reject) => {
      new PeerCall<T>(fabric, caller, address, what, responder, resolve, reject).start(timeoutMs);
    });
  } catch (error) {
    if (!(error instanceof PeerError) || error.problem === undefined) throw error;
    const { code, what: happened, why, next } = error.problem;
    throw new ConfigError(code, happened, why, next);
  }
}
