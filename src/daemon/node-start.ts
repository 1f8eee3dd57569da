import type { Peers } from '../config/peers.js';
import type { Endpoint } from '../platform/network.js';
import type { Platform } from '../platform/platform.js';
import type { Served } from './http-route.js';
import type { Log } from './log.js';
import type { DaemonOptions } from './options.js';

/** What the program hands to the node in it. */
export interface NodeSetup {
  readonly options: DaemonOptions;
  /** Where HTTP really listens. */
  readonly http: Endpoint;
  readonly platform: Platform;
  readonly peers: Peers;
  readonly log: Log;
}

/** A node at work. */
export interface RunningNode extends Served {
  /** Settles when the start-up sequence has come as far as it can: the node runs, or has said why it cannot. */
  readonly begun: Promise<void>;
  /** Takes over what of these options can change while it runs, and opens the log of its brick anew. */
  reload(options: DaemonOptions): void;
  /** Stops the brick and everything else, in order. The status says `stopping` meanwhile. */
  stop(): Promise<void>;
}

/**
 * Starts a node. It settles as soon as `verbs.status()` can answer, and does not wait for the cluster: HTTP is
 * served from then on. An error means that the program cannot go on.
 */
export type StartNode = (setup: NodeSetup) => Promise<RunningNode>;
