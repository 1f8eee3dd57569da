import { ConfigError } from './error.js';

/** `voter` counts for majorities; `learner` receives everything and does not count yet. */
export type Role = 'voter' | 'learner';

/** A server of the config filesystem, as the committed list has it. */
export interface Server {
  /** Node id, a uuid that stays with the node's state directory. */
  readonly node: string;
  /** The name in messages and for `retire NAME`. */
  readonly name: string;
  /** HTTP address, HOST:PORT. */
  readonly address: string;
  /** Number of its brick: `…-client-N`, never used again. */
  readonly brick: number;
  /** Where its brick listens: an address, and a port. */
  readonly host: string;
  readonly port: number;
  /** The brick's directory on that node. */
  readonly path: string;
  /** What runs the brick; absent where it is this project's own hfs_brickd. */
  readonly engine?: 'glusterfs';
  /** The uuid in the header of its log: this, not the node, is the voter. */
  readonly voter: string;
  readonly role: Role;
}

/** Where a server is: what changes when it moves, while its ids stay. */
export type Place = Pick<Server, 'address' | 'host' | 'port' | 'path' | 'engine'>;

export interface Tombstone {
  readonly node: string;
  readonly name: string;
  /** Where it answered last. */
  readonly address?: string;
}

/** The member list: a value, replaced as a whole by a commit. */
export interface Members {
  /** One more with each change. */
  readonly epoch: number;
  readonly nextBrick: number;
  readonly servers: readonly Server[];
  readonly retired: readonly Tombstone[];
}

export const NO_MEMBERS: Members = { epoch: 0, nextBrick: 0, servers: [], retired: [] };

export function voters(members: Members): readonly Server[] {
  return members.servers.filter((server) => server.role === 'voter');
}

/** How many voters a commit needs. */
export function majority(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/** How many voters may fail while the rest still commits. */
export function survives(voterCount: number): number {
  return Math.max(0, voterCount - majority(voterCount));
}

export function isRetired(members: Members, node: string): boolean {
  return members.retired.some((tombstone) => tombstone.node === node);
}

/** The server that a name or a node id (or the start of one, eight characters at least) means. */
export function resolveServer(members: Members, nameOrId: string): Server {
  const byId = members.servers.filter(
    (server) =>
      server.node === nameOrId || (nameOrId.length >= 8 && server.node.startsWith(nameOrId)),
  );
  const found = byId.length > 0 ? byId : members.servers.filter((s) => s.name === nameOrId);
  const [server, ...others] = found;
  if (server === undefined) throw noSuchServer(members, nameOrId);
  if (others.length > 0)
    throw new ConfigError(
      'HFS-3005',
      `"${nameOrId}" means ${found.length} servers`,
      found.map((each) => `${each.node} is ${each.name} at ${each.address}`).join(', '),
      'say which one by its node id',
    );
  return server;
}

function noSuchServer(members: Members, nameOrId: string): ConfigError {
  if (members.retired.some(({ node, name }) => node === nameOrId || name === nameOrId))
    return new ConfigError(
      'HFS-3004',
      `${nameOrId} is no server`,
      'it was retired before',
      'hfs_config servers shows who serves',
    );
  return new ConfigError(
    'HFS-3004',
    `${nameOrId} is no server`,
    `the servers are ${members.servers.map((server) => server.name).join(', ') || 'none'}`,
    'hfs_config servers shows names and ids',
  );
}

/** The list with a new learner. The brick's number is the list's next one. */
export function withLearner(members: Members, server: Omit<Server, 'role' | 'brick'>): Members {
  const others = members.servers.filter((each) => each.node !== server.node);
  const brick = members.nextBrick;
  return {
    ...members,
    epoch: members.epoch + 1,
    nextBrick: brick + 1,
    servers: [...others, { ...server, brick, role: 'learner' }],
  };
}

export function withPromoted(members: Members, node: string): Members {
  return {
    ...members,
    epoch: members.epoch + 1,
    servers: members.servers.map((each) =>
      each.node === node ? { ...each, role: 'voter' } : each,
    ),
  };
}

export function placeOf({ address, host, port, path, engine }: Place): Place {
  return { address, host, port, path, ...(engine !== undefined && { engine }) };
}

export function isSamePlace(a: Place, b: Place): boolean {
  const isThere = a.address === b.address && a.host === b.host && a.port === b.port;
  return isThere && a.path === b.path && a.engine === b.engine;
}

/** The server at that place instead of its own. */
export function movedTo({ engine: _engine, ...server }: Server, place: Place): Server {
  return { ...server, ...placeOf(place) };
}

/** The list with a server somewhere else; the same list where it is there already, or not on it. */
export function withPlace(members: Members, voter: string, place: Place): Members {
  const server = members.servers.find((each) => each.voter === voter);
  if (server === undefined || isSamePlace(server, place)) return members;
  return withServer(members, movedTo(server, place));
}

/** The list with a server called something else; the same list where it is called so already, or not on it. */
export function withName(members: Members, voter: string, name: string): Members {
  const server = members.servers.find((each) => each.voter === voter);
  if (server === undefined || server.name === name) return members;
  return withServer(members, { ...server, name });
}

function withServer(members: Members, server: Server): Members {
  const { epoch, servers } = members;
  const all = servers.map((each) => (each.voter === server.voter ? server : each));
  return { ...members, epoch: epoch + 1, servers: all };
}

export function withoutServer(members: Members, server: Server): Members {
  return {
    ...members,
    epoch: members.epoch + 1,
    servers: members.servers.filter((each) => each.node !== server.node),
    retired: [
      ...members.retired,
      { node: server.node, name: server.name, address: server.address },
    ],
  };
}

/**
 * Refuses a removal after which the rest could not commit. `live` are the node ids of the voters that answer now. A
 * learner can always go.
 */
export function checkRetire(members: Members, server: Server, live: ReadonlySet<string>): void {
  if (server.role === 'learner') return;
  if (voters(members).every(({ node }) => node === server.node))
    throw new ConfigError(
      'HFS-3006',
      `${server.name} is the last server`,
      'without it there is no config filesystem',
      'let another node serve first: hfs_config serve --join HOST:PORT --token T',
    );
  const risk = retireRisk(members, server, live);
  if (risk === null) return;
  const dead = deadAfter(members, server, live).map(({ name }) => name);
  throw new ConfigError(
    'HFS-3007',
    `${server.name} cannot be retired now`,
    risk,
    `bring back ${dead.join(' or ')}, or retire that one first; hfs_config retire ${server.node} --force does it all the same`,
  );
}

/** What a removal would leave unable to commit, as a sentence; null where the rest can. */
export function retireRisk(
  members: Members,
  server: Server,
  live: ReadonlySet<string>,
): string | null {
  if (server.role === 'learner') return null;
  const rest = voters(members).filter(({ node }) => node !== server.node);
  const dead = deadAfter(members, server, live).map(({ name }) => name);
  const needed = majority(rest.length);
  const alive = rest.length - dead.length;
  if (alive >= needed) return null;
  return `of the ${rest.length} servers left ${alive} would be up and ${needed} are needed: nothing could be written until ${dead.join(', ')} ${dead.length > 1 ? 'are' : 'is'} back`;
}

function deadAfter(members: Members, server: Server, live: ReadonlySet<string>): readonly Server[] {
  return voters(members).filter(({ node }) => node !== server.node && !live.has(node));
}

/** Reads a list out of a record or a state file; throws a TypeError for anything else. */
export function parseMembers(json: string): Members {
  const value = JSON.parse(json) as Partial<Members> | null;
  if (
    typeof value?.epoch !== 'number' ||
    typeof value.nextBrick !== 'number' ||
    !Array.isArray(value.servers) ||
    !Array.isArray(value.retired)
  )
    throw new TypeError('not a member list');
  return value as Members;
}
