import { type PrintedVolume, printVolfile } from './volfile.js';

/*
 * The volfiles of the config filesystem, made from the list of its servers. Pure: the same arguments give the same
 * bytes. They load in stock glusterfsd and glusterfs too, which warn of the options that are this engine's own
 * (`writer`, `up-while-applied`, `mark-failed-syncs`) and go without them. A brick that is meant for stock glusterfsd has none
 * of them: there the applier has an export of its own, below the guard.
 */

/** What runs a brick: hfs_brickd, or the distribution's glusterfsd. */
export type Engine = 'embedded' | 'glusterfs';

/** One server of the config filesystem. */
export interface ConfigServer {
  /** Of its brick; never used again for another one. */
  readonly number: number;
  /** An address that others dial; never a name. */
  readonly host: string;
  /** Where its brick listens. */
  readonly port: number;
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

/** The exports of a config server's brick. */
export const JOURNAL_EXPORT = 'journal';
export const VALUES_EXPORT = 'values';
/**
 * What the applier uses where glusterfsd serves: its guard knows no writer. A translator of its own: glusterfsd was seen to send
 * the fops of an export through another one that stands directly above it.
 */
const WRITER_EXPORT = 'values-writer';

export interface ConfigBrick {
  /** The volume-id of both exports. */
  readonly clusterId: string;
  /** Absolute; holds `journal/` and `values/`. */
  readonly directory: string;
  /** The address to listen at. */
  readonly bindAddress: string;
  readonly port: number;
  readonly engine?: Engine;
  /** May use the journal: whoever leads, on any node. */
  readonly leader: Credentials;
  /** Alone may change the values: the applier on this node, nobody else. */
  readonly applier: Credentials;
  /** May read the values. */
  readonly reader: Credentials;
}

/**
 * The brick of one config server: two exports on one port. `journal` is plain posix for leaders alone; `values`
 * is read-only but for this node's applier, and up while that says that it has applied what is committed.
 */
export function configBrickVolfile(brick: ConfigBrick): string {
  for (const user of [brick.leader, brick.applier, brick.reader]) checkLogin(user);
  const isStock = brick.engine === 'glusterfs';
  const own = isStock ? {} : { 'mark-failed-syncs': 'on' };
  const guard = isStock ? {} : { writer: brick.applier.login, 'up-while-applied': 'on' };
  return printVolfile([
    posix(JOURNAL_EXPORT, brick.clusterId, `${brick.directory}/journal`, own),
    posix('values-posix', brick.clusterId, `${brick.directory}/values`),
    volume('values-locks', 'features/locks', {}, ['values-posix']),
    volume(VALUES_EXPORT, 'features/read-only', { 'read-only': 'on', ...guard }, ['values-locks']),
    ...(isStock
      ? [
          volume(WRITER_EXPORT, 'features/read-only', { 'read-only': 'off' }, ['values-locks']),
          stockServer(brick),
        ]
      : [configServer(brick)]),
  ]);
}

/** A login is part of option keys and of lists with commas. */
function checkLogin({ login }: Credentials): void {
  if (!/^[\w-]{1,255}$/.test(login)) throw new RangeError(`not a login: ${JSON.stringify(login)}`);
}

function configServer(brick: ConfigBrick): PrintedVolume {
  const { leader, applier, reader } = brick;
  return serverOf(brick, {
    [JOURNAL_EXPORT]: leader.login,
    [VALUES_EXPORT]: `${applier.login},${reader.login}`,
  });
}

function stockServer(brick: ConfigBrick): PrintedVolume {
  const { leader, applier, reader } = brick;
  return serverOf(brick, {
    [JOURNAL_EXPORT]: leader.login,
    [VALUES_EXPORT]: reader.login,
    [WRITER_EXPORT]: applier.login,
  });
}

/** The border, with who may use which export. */
function serverOf(brick: ConfigBrick, exports: Readonly<Record<string, string>>): PrintedVolume {
  const { leader, applier, reader } = brick;
  const options = {
    ...socket(brick.bindAddress),
    'transport.socket.bind-address': brick.bindAddress,
    'transport.socket.listen-port': `${brick.port}`,
    ...Object.fromEntries(
      Object.entries(exports).map(([name, users]) => [`auth.login.${name}.allow`, users]),
    ),
    [`auth.login.${leader.login}.password`]: leader.password,
    [`auth.login.${applier.login}.password`]: applier.password,
    [`auth.login.${reader.login}.password`]: reader.password,
  };
  return volume('config-server', 'protocol/server', options, Object.keys(exports));
}

/**
 * What a reader mounts: the values of every server, one replica set. It heals nothing and changes nothing. A
 * brick answers only while it has applied what is committed, so any single one will do: no quorum is asked for.
 */
export function configClientVolfile(
  clusterId: string,
  servers: readonly ConfigServer[],
  reader: Credentials,
): string {
  if (servers.length === 0) throw new RangeError('a config filesystem has at least one server');
  const ordered = servers.toSorted((one, other) => one.number - other.number);
  const names = ordered.map(clientName);
  return printVolfile([
    ...ordered.map((server) => client(server, VALUES_EXPORT, reader)),
    volume(REPLICATE, 'cluster/replicate', replicateOptions(clusterId, names), names),
    volume('config-read-only', 'features/read-only', { 'read-only': 'on' }, [REPLICATE]),
    volume('config', 'debug/io-stats', { 'log-level': 'INFO' }, ['config-read-only']),
  ]);
}

/**
 * One server's journal, for the log: a single client and no replicate graph. After a lost connection the log is opened and read
 * anew, never just written on: who knows what brick is there now.
 */
export function configJournalVolfile(server: ConfigServer, leader: Credentials): string {
  return printVolfile([client(server, JOURNAL_EXPORT, leader, { 'reopen-fds': 'off' })]);
}

/** One server's values, for a look at that copy alone. */
export function configValuesVolfile(server: ConfigServer, user: Credentials): string {
  return printVolfile([client(server, VALUES_EXPORT, user)]);
}

/** One server's values, for its applier. */
export function configApplierVolfile(
  server: ConfigServer,
  applier: Credentials,
  engine: Engine,
): string {
  const subvolume = engine === 'glusterfs' ? WRITER_EXPORT : VALUES_EXPORT;
  return printVolfile([client(server, subvolume, applier)]);
}

const REPLICATE = 'config-replicate-0';

/** GlusterFS has to be told which family an address is of; a name stands for IPv4. */
function socket(host: string): Record<string, string> {
  const family = host.includes(':') ? 'inet6' : 'inet';
  return { 'transport-type': 'tcp', 'transport.address-family': family };
}

const PING_TIMEOUT_SECONDS = 5;

const clientName = (server: ConfigServer): string => `config-client-${server.number}`;

function client(
  server: ConfigServer,
  subvolume: string,
  user: Credentials,
  more: Readonly<Record<string, string>> = {},
): PrintedVolume {
  const options = {
    ...socket(server.host),
    'remote-host': server.host,
    'remote-port': `${server.port}`,
    'remote-subvolume': subvolume,
    username: user.login,
    password: user.password,
    'ping-timeout': `${PING_TIMEOUT_SECONDS}`,
    'send-gids': 'true',
    ...more,
  };
  return volume(clientName(server), 'protocol/client', options);
}

function replicateOptions(clusterId: string, names: readonly string[]): Record<string, string> {
  return {
    'volume-id': clusterId,
    'afr-pending-xattr': names.join(','),
    'data-self-heal': 'off',
    'metadata-self-heal': 'off',
    'entry-self-heal': 'off',
    'self-heal-daemon': 'off',
    'use-anonymous-inode': 'no',
    'quorum-type': 'none',
  };
}

function posix(
  name: string,
  clusterId: string,
  directory: string,
  more: Readonly<Record<string, string>> = {},
): PrintedVolume {
  // Whoever watches the disk is told by hekafsd; nothing is kept back from the log.
  const always = { directory, 'volume-id': clusterId, reserve: '0' };
  return volume(name, 'storage/posix', { ...always, ...more });
}

function volume(
  name: string,
  type: string,
  options: Readonly<Record<string, string>>,
  subvolumes: readonly string[] = [],
): PrintedVolume {
  return {
    name,
    type,
    options: Object.entries(options).map(([key, value]) => ({ key, value })),
    subvolumes: subvolumes.map((child) => ({ name: child })),
  };
}
