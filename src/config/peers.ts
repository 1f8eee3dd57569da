import type { Problem } from './error.js';

/** What the nodes of a cluster ask each other, beside the public status. */
export type PeerVerb =
  /** A node with a one-time token asks to become a member. The only verb without the cluster's secret. */
  | 'join'
  /** The leader hands a follower committed records and the commit index; also its heartbeat. */
  | 'push'
  /** A change for the leader to commit. */
  | 'propose'
  /** How far must I have applied to answer a read that arrived now? */
  | 'read-index'
  /** What do you hold: log lengths that you recorded, your applied revision, the leader that you follow. */
  | 'inquire'
  /** A joined node asks to be put on the member list, as a learner first. */
  | 'add-learner'
  /** Your release, your clock, and whether you can reach me where the list says that I am. */
  | 'examine'
  /** A node that does not serve passes a request on to one that does. */
  | 'relay'
  /** What stands in your own copy of the values, and: apply the committed state to it again. */
  | 'copy'
  /** I am this process of this node, at this address: which others of my id have you heard of? */
  | 'hail';

/** The public status of a node, as far as its peers look at it. */
export interface PeerStatus {
  readonly node: string;
  readonly name: string;
  readonly cluster: string | null;
  readonly server: boolean;
  readonly state: string;
  readonly revision: number;
  readonly epoch: number;
  /** Of the process that answers; an older release does not say. */
  readonly instance?: string;
  /** Whether its copy of the values holds all that it knows of, and how many revisions are missing. */
  readonly caughtUp?: boolean;
  readonly behind?: number;
}

/** Words between hekafsd processes: HTTP in production, the simulated network in the simulator. */
export interface Peers {
  /** Asks the hekafsd at `address` (HOST:PORT) for its status. No answer is a PeerError: unknown, not no. */
  status(address: string, timeoutMs: number): Promise<PeerStatus>;
  /** Sends one request and waits for its answer, or throws a PeerError within `timeoutMs`. */
  call(address: string, verb: PeerVerb, body: Buffer, timeoutMs: number): Promise<Buffer>;
}

/** The other side: what this node answers. A ConfigError travels back as a `refused` PeerError. */
export interface PeerService {
  answer(verb: PeerVerb, body: Buffer): Promise<Buffer>;
}

export class PeerError extends Error {
  override readonly name = 'PeerError';

  constructor(
    readonly address: string,
    /**
     * `unreachable`: surely not done, no connection was made. `unknown`: it may have been done.
     * `refused`: an answer came and it was no; `problem` says why.
     */
    readonly kind: 'unreachable' | 'unknown' | 'refused',
    why: string,
    readonly problem?: Problem,
  ) {
    super(`${address}: ${why}`);
  }
}
