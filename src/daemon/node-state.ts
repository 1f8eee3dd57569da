import type { VoterLength } from '../config/log/entry.js';
import { type Members, NO_MEMBERS } from '../config/members.js';
import type { Engine } from '../graph/volgen.js';
import type { Random } from '../platform/platform.js';

/** This node's brick, from the moment that it is to serve. */
export interface BrickState {
  /** Holds `journal/` and `values/`. */
  readonly path: string;
  readonly port: number;
  /** The uuid of the log in it: a new brick is a new voter. */
  readonly voter: string;
  /** Its number, once the list has given it one. */
  readonly number: number | null;
  /** False until the log in it is made. */
  readonly isFounded: boolean;
  /** What runs it; absent: hfs_brickd. */
  readonly engine?: Engine;
}

/** A brick's directory that is to be moved aside: noted before it is done, and until it has been. */
export interface Aside {
  readonly path: string;
  readonly reason: 'retired' | 'failed' | 'damaged';
}

/**
 * A server whose log cannot be used any more: it leaves it, and comes back with a new one, as a new voter. The new brick is made once the
 * others have committed a list with that voter; until then nothing of the old one is touched.
 */
export interface RejoinState {
  readonly why: string;
  /** Of the brick to be made. */
  readonly path: string;
  readonly port: number;
  readonly voter: string;
  /** The brick that is left; to be moved aside, unless it is somebody else's. Null: it stays where it is. */
  readonly old: string | null;
  /** What is to run it; absent: hfs_brickd. */
  readonly engine?: Engine;
}

/**
 * What a node knows of itself while the config filesystem is away. Nothing in it decides a commit; the list says where to
 * begin to look for newer ones.
 */
export interface NodeState {
  readonly node: string;
  readonly cluster: string | null;
  /** What nodes of the cluster prove themselves with. */
  readonly secret: string | null;
  readonly members: Members;
  readonly brick: BrickState | null;
  /** Set when the cluster has removed this node: it stays away until it is told to serve anew. */
  readonly isRetired: boolean;
  /** How long the voters' logs were when last heard of; absent in what the first release wrote. */
  readonly lengths?: readonly VoterLength[];
  readonly asides: readonly Aside[];
  /** Under way; absent in what the first release wrote. */
  readonly rejoin?: RejoinState | null;
  /** Set where another node has this one's id, and the list means that: where it was. This node stays away until a person says otherwise. */
  readonly fenced?: { readonly by: string } | null;
}

export function newNodeState(node: string): NodeState {
  return {
    node,
    cluster: null,
    secret: null,
    members: NO_MEMBERS,
    brick: null,
    isRetired: false,
    asides: [],
  };
}

/** A retired node comes back as somebody else: its tombstone stays. Any other keeps its id. */
export function reborn(before: NodeState, random: Random): NodeState {
  return before.isRetired
    ? { ...newNodeState(random.uuid()), asides: before.asides }
    : { ...before, members: NO_MEMBERS };
}

/** True for a node that was let in to serve and did not live to see itself on the list. */
export function isInterrupted({ cluster, brick, members, isRetired }: NodeState): boolean {
  if (cluster === null || brick === null || isRetired || brick.number !== null) return false;
  return !members.servers.some(({ voter }) => voter === brick.voter);
}

/** True for a node of a cluster that mounts and does not serve. */
export function isClient({ cluster, brick, isRetired }: NodeState): boolean {
  return cluster !== null && brick === null && !isRetired;
}
