import { ConfigError } from '../config/error.js';

export function notInCluster(): ConfigError {
  return new ConfigError(
    'HFS-2004',
    'this node belongs to no cluster yet',
    'nobody has told it to serve or to join',
    'hfs_config serve --bootstrap for the first server, or hfs_config serve --join HOST:PORT --token T',
  );
}

/** What a peer sent cannot be read: it is of another release, or no hekafsd. */
export function unintelligible(verb: string, why: string): ConfigError {
  return new ConfigError(
    'HFS-1001',
    `a peer sent ${JSON.stringify(verb)} and something unintelligible with it`,
    why,
    'are all nodes on the same release? hfs_config status shows it',
  );
}

export function stillStarting(): ConfigError {
  return new ConfigError(
    'HFS-2006',
    'hekafsd is still starting',
    'its brick is not up yet',
    'try again in a moment',
  );
}

export function doesNotServe(): ConfigError {
  return new ConfigError(
    'HFS-2004',
    'this node does not serve',
    'it is a member that asks the servers itself',
    'ask one of the servers: hfs_config status shows them',
  );
}

export function otherCluster(mine: string, theirs: string, address: string): ConfigError {
  return new ConfigError(
    'HFS-3002',
    'refused: two clusters never merge',
    `this node belongs to cluster ${mine}, ${address} to cluster ${theirs}`,
    'join a member of its own cluster, or start with a new state directory',
  );
}

export function alreadyServer(cluster: string): ConfigError {
  return new ConfigError(
    'HFS-3003',
    'this node is a server already',
    `it serves cluster ${cluster}`,
    'hfs_config status',
  );
}

export function alreadyMember(cluster: string): ConfigError {
  return new ConfigError(
    'HFS-3003',
    'this node is a member already',
    `it belongs to cluster ${cluster} and does not serve`,
    'hfs_config serve makes it a server; hfs_config retire makes it leave',
  );
}

export function wasRetired(): ConfigError {
  return new ConfigError(
    'HFS-3008',
    'this server was retired',
    'the cluster has removed it from its list',
    'hfs_config serve --join HOST:PORT --token T makes this node a new server',
  );
}

export function unreachable(address: string, why: string): ConfigError {
  return new ConfigError(
    'HFS-2003',
    `no hekafsd answers at ${address}`,
    why,
    'is that the HTTP address of a member? hfs_config status there shows it',
  );
}

export function loopbackOnly(address: string, remote: string): ConfigError {
  return new ConfigError(
    'HFS-3010',
    `this node's address ${address} cannot be reached from ${remote}`,
    'it is a loopback address',
    'start hekafsd with --http ADDRESS:PORT, or --address ADDRESS, one that the other nodes reach',
  );
}

export function becomingServer(): ConfigError {
  return new ConfigError(
    'HFS-3009',
    'this node is becoming a server already',
    'an earlier serve is under way',
    'hfs_config status shows how far it is',
  );
}

export function neitherBootstrapNorJoin(): ConfigError {
  return new ConfigError(
    'HFS-1001',
    'serve needs one of bootstrap and join',
    'the first server bootstraps, others join; only a member may do without',
    'hfs_config serve --bootstrap, or hfs_config serve --join HOST:PORT --token T',
  );
}

export function noToken(): ConfigError {
  return new ConfigError(
    'HFS-1001',
    'join needs a token',
    'this node is no member of that cluster yet',
    'hfs_config token create, on a node that is a member, gives one',
  );
}
