import { firstRecord } from '../../src/config/log/new-log.js';
import type { Members, Server } from '../../src/config/members.js';
import { makeBrickDirectory } from '../../src/daemon/brick-directory.js';
import { type NodeState, newNodeState } from '../../src/daemon/node-state.js';
import type { ConfigBug } from './config-bugs.js';
import {
  BRICK_PATH,
  BRICK_PORT,
  ConfigServer,
  HTTP_PORT,
  type ServerWatch,
} from './config-server.js';
import type { SimMachine } from './machine.js';
import type { PeerRegistry } from './peers.js';
import type { SimRandom } from './random.js';

export const CLUSTER = '00000000-0000-4000-8000-0000000000c1';
export const SECRET = 'c0ffee'.repeat(8);

export interface Founding {
  readonly machines: readonly SimMachine[];
  /** So many of them are on the first list; the others know nothing of the cluster. */
  readonly founders: number;
  readonly random: SimRandom;
  readonly registry: PeerRegistry;
  readonly bug: ConfigBug;
  readonly watch: ServerWatch;
}

/** Servers as after a bootstrap and the joins of the other founders: with empty bricks, the logs still to be made. */
export function foundServers(founding: Founding): ReadonlyMap<string, ConfigServer> {
  const { machines, founders, random, registry, bug, watch } = founding;
  const list = machines.slice(0, founders).map((machine, brick) => founder(machine, brick, random));
  const members: Members = { epoch: 1, nextBrick: founders, servers: list, retired: [] };
  const first = firstRecord(CLUSTER, members, 0);
  return new Map(
    machines.map((machine, index) => {
      const self = list[index];
      const state = self ? stateOf(self, members) : newNodeState(random.uuid());
      const server = new ConfigServer({ machine, registry, first, bug, watch }, state);
      if (self) makeBrickDirectory(server.disk, BRICK_PATH, CLUSTER);
      return [machine.name, server];
    }),
  );
}

function founder({ name, host }: SimMachine, brick: number, random: SimRandom): Server {
  const ids = { node: random.uuid(), voter: random.uuid() };
  const place = { host, address: `${host}:${HTTP_PORT}`, port: BRICK_PORT, path: BRICK_PATH };
  return { ...ids, name, brick, ...place, role: 'voter' };
}

function stateOf({ node, voter, brick, port, path }: Server, members: Members): NodeState {
  const own = { path, port, voter, number: brick, isFounded: false };
  return {
    node,
    cluster: CLUSTER,
    secret: SECRET,
    members,
    brick: own,
    isRetired: false,
    asides: [],
  };
}
