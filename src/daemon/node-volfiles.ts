import { type Server, voters } from '../config/members.js';
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
    engine: brick.engine ?? 'embedded',
    leader: leaderCredentials(secret),
    applier: applierCredentials(secret, node),
    reader: readerCredentials(secret),
  });
}

/** What readers mount: the voters' values. Throws HFS-2004 where there are none. */
export function clientVolfileOf({ state, members }: Node): string {
  const { cluster, secret, node } = state.data;
  const list = shown(voters(members), node);
  if (cluster === null || secret === null || list.length === 0) throw notInCluster();
  const servers = list.map(({ brick, host, port }) => ({ number: brick, host, port }));
  return configClientVolfile(cluster, servers, readerCredentials(secret));
}

/**
 * The servers whose copies readers are to see together. glusterfsd cannot keep a replicate that looks names up from healing
 * them, nor readers from a copy that lags: so its bricks are left out, and where there are no others, readers see one alone.
 */
function shown(list: readonly Server[], self: string): readonly Server[] {
  const guarded = list.filter(({ engine }) => engine === undefined);
  if (guarded.length > 0) return guarded;
  const one = list.find(({ node }) => node === self) ?? list[0];
  return one === undefined ? [] : [one];
}
