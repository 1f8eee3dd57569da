import { voters } from '../config/members.js';
import { configBrickVolfile, configClientVolfile } from '../graph/volgen.js';
import { notInCluster } from './cluster-errors.js';
import { applierCredentials, leaderCredentials, readerCredentials } from './credentials.js';
import type { Node } from './node.js';
import type { BrickState } from './node-state.js';

/** What the brick of a server runs. Throws HFS-2004 where the node belongs to no cluster. */
export function brickVolfileOf({ setup, state }: Node, brick: BrickState): string {
  const { cluster, secret, node } = state.data;
  if (cluster === null || secret === null) throw notInCluster();
  return configBrickVolfile({
    clusterId: cluster,
    directory: brick.path,
    bindAddress: setup.http.host,
    port: brick.port,
    leader: leaderCredentials(secret),
    applier: applierCredentials(secret, node),
    reader: readerCredentials(secret),
  });
}

/** What readers mount: the voters' values. Throws HFS-2004 where there are none. */
export function clientVolfileOf({ state, members }: Node): string {
  const { cluster, secret } = state.data;
  const list = voters(members);
  if (cluster === null || secret === null || list.length === 0) throw notInCluster();
  const servers = list.map(({ brick, host, port }) => ({ number: brick, host, port }));
  return configClientVolfile(cluster, servers, readerCredentials(secret));
}
