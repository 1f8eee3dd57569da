import type { Members } from '../config/members.js';
import {
  alreadyMember,
  alreadyServer,
  becomingServer,
  noToken,
  otherCluster,
} from './cluster-errors.js';
import { askToJoin, checkReachable, clusterAt } from './introduction.js';
import { describe } from './membership.js';
import type { Node } from './node.js';
import { isInterrupted, type NodeState, newNodeState, reborn } from './node-state.js';
import type { MembershipChange } from './verbs.js';

/** What a node has to know to belong to a cluster. */
export interface Admission {
  readonly cluster: string;
  readonly secret: string;
  readonly members: Members;
  /** Addresses of members that may be asked next. */
  readonly at: readonly string[];
}

/** Where a node is to join, and what with. */
export interface JoinRequest {
  readonly join: string | undefined;
  readonly token: string | undefined;
}

/**
 * Lets a node in under the id `self`: over a member with a token, or without one where it was let in before. Nothing of the node has changed
 * yet when it settles. Throws HFS-3002 for another cluster, HFS-3003 for a server, and what the member refuses.
 */
export async function admission(
  node: Node,
  self: string,
  request: JoinRequest,
  deadline: number,
): Promise<Admission> {
  const before = node.state.data;
  const known = admittedBefore(before, node);
  if (request.join === undefined && known) return known;
  const address = request.join ?? '';
  const { peers, platform, options } = node.setup;
  checkReachable(node.address, address);
  const cluster = await clusterAt(peers, address);
  checkCluster(before, cluster, address);
  if (known) return { ...known, at: [address, ...known.at] };
  if (request.token === undefined) throw noToken();
  const words = { token: request.token, node: self, name: options.host };
  const left = deadline - platform.clock.monotonicMs();
  return { ...(await askToJoin(peers, address, words, left)), at: [address] };
}

/** Makes this node a member that mounts and does not serve; done when its state says so. */
export async function joinOnly(
  node: Node,
  request: JoinRequest,
  deadline: number,
): Promise<MembershipChange> {
  const before = node.state.data;
  if (node.client && before.cluster !== null) throw alreadyMember(before.cluster);
  const identity = reborn(before, node.setup.platform.random);
  const admitted = await admission(node, identity.node, request, deadline);
  const { cluster, secret, members } = admitted;
  await node.state.update(({ asides }) => ({ ...identity, asides, cluster, secret, members }));
  node.beginClient();
  return describeOwn(node, 'joined', cluster, members);
}

/**
 * A member that does not serve leaves: it forgets the cluster and its secret. The cluster keeps no record of such members, so
 * nobody has to be asked.
 */
export async function leave(
  node: Node,
  { dryRun }: { readonly dryRun: boolean },
): Promise<MembershipChange> {
  const { cluster } = node.state.data;
  const change = describeOwn(node, 'left', cluster ?? '', node.members);
  if (dryRun) return change;
  await node.state.update((data) => ({ ...newNodeState(data.node), asides: data.asides }));
  node.endClient();
  return change;
}

function describeOwn(
  node: Node,
  event: MembershipChange['event'],
  cluster: string,
  members: Members,
): MembershipChange {
  const store = { cluster, revision: node.client?.revision ?? 0 };
  const self = { node: node.state.data.node, name: node.setup.options.host };
  return describe(event, self, { store }, members, members);
}

/** A member that does not serve has all that it needs. */
function admittedBefore(before: NodeState, node: Node): Admission | undefined {
  const { cluster, secret } = before;
  if (cluster === null || secret === null || node.client === undefined) return undefined;
  return { cluster, secret, members: node.members, at: node.client.addresses() };
}

function checkCluster(before: NodeState, cluster: string, address: string): void {
  if (before.cluster === null || before.isRetired) return;
  if (before.cluster !== cluster) throw otherCluster(before.cluster, cluster, address);
  if (isInterrupted(before)) throw becomingServer();
  if (before.brick !== null) throw alreadyServer(cluster);
}
