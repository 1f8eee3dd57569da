import type { ConfigBrick, ConfigServer, Credentials } from '../../../src/graph/volgen.js';

/** The cluster whose volfiles stand in volfiles/config. */

export const CLUSTER_ID = '3a7c1f0e-6f0b-4d53-9a64-0c5e2f6f1b21';

export const LEADER: Credentials = { login: 'leader', password: 'leader-password' };
export const APPLIER: Credentials = { login: 'applier', password: 'applier-password' };
export const READER: Credentials = { login: 'reader', password: 'reader-password' };

export const SERVERS: readonly ConfigServer[] = [1, 2, 3].map((number) => ({
  number,
  host: `192.0.2.${number}`,
  port: 49152,
}));

export function brickOf(server: ConfigServer): ConfigBrick {
  return {
    clusterId: CLUSTER_ID,
    directory: '/var/lib/hekafs/brick',
    bindAddress: server.host,
    port: server.port,
    leader: LEADER,
    applier: APPLIER,
    reader: READER,
  };
}
