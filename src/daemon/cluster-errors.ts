import { ConfigError } from '../config/error.js';

export function notInCluster(): ConfigError {
  return new ConfigError(
    'HFS-2004',
    'this node belongs to no cluster yet',
    'nobody has told it to serve or to join',
    'hfs_config serve --bootstrap for the first server, or hfs_config serve --join HOST:PORT --token T',
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
    'start hekafsd with --http ADDRESS:PORT, an address that the other nodes reach',
  );
}
