import { join } from 'node:path';

/** A volume as glusterd describes it to its bricks, clients and self-heal daemon. */
export interface VolumePlan {
  readonly name: string;
  readonly volumeId: string;
  readonly bricks: readonly BrickPlan[];
  /** More options, by the end of a translator's name: `upcall`, `server`, `client`, `md-cache`. */
  readonly options?: OptionsByEnd;
  /** Clients say user and password; where they come from opens nothing. */
  readonly byLogin?: boolean;
}

export type OptionsByEnd = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

export interface BrickPlan {
  readonly directory: string;
  readonly port: number;
}

type Stanza = readonly [
  name: string,
  type: string,
  options: Readonly<Record<string, string | number>>,
  subvolumes: readonly string[],
];

/** The brick graph that glusterd writes for a replica volume, all features that are off included. */
export function brickVolfile(plan: VolumePlan, { directory }: BrickPlan): string {
  const { name, options: more = {} } = plan;
  const features = brickFeatures(plan, directory);
  const stanzas = features.map(([end, type, options], at): Stanza => {
    const below = features[at - 1];
    const all = { ...options, ...more[end] };
    return [`${name}-${end}`, type, all, below ? [`${name}-${below[0]}`] : []];
  });
  const stats = { ...statsOptions(plan, directory), ...more['io-stats'] };
  const top: Stanza = [directory, 'debug/io-stats', stats, [`${name}-quota`]];
  return printed([...stanzas, top, serverStanza(plan, directory, more['server'])]);
}

type Feature = readonly [end: string, type: string, options: Stanza[2]];

function brickFeatures({ name, volumeId }: VolumePlan, directory: string): readonly Feature[] {
  const hidden = join(directory, '.glusterfs');
  return [
    ['posix', 'storage/posix', posixOptions(volumeId, directory)],
    [
      'trash',
      'features/trash',
      { 'trash-internal-op': 'off', 'brick-path': directory, 'trash-dir': '.trashcan' },
    ],
    ['changelog', 'features/changelog', changelogOptions(hidden, directory)],
    ['bitrot-stub', 'features/bitrot-stub', { bitrot: 'disable', export: directory }],
    ['access-control', 'features/access-control', {}],
    ['locks', 'features/locks', { 'enforce-mandatory-lock': 'off' }],
    [
      'worm',
      'features/worm',
      { worm: 'off', 'worm-file-level': 'off', 'worm-files-deletable': 'on' },
    ],
    ['read-only', 'features/read-only', { 'read-only': 'off' }],
    ['leases', 'features/leases', { leases: 'off' }],
    ['upcall', 'features/upcall', { 'cache-invalidation': 'off' }],
    ['io-threads', 'performance/io-threads', {}],
    ['selinux', 'features/selinux', { selinux: 'on' }],
    ['marker', 'features/marker', markerOptions(name, volumeId)],
    ['barrier', 'features/barrier', { barrier: 'disable', 'barrier-timeout': 120 }],
    ['index', 'features/index', indexOptions(name, hidden)],
    [
      'quota',
      'features/quota',
      { 'deem-statfs': 'off', 'server-quota': 'off', 'volume-uuid': name },
    ],
  ];
}

function posixOptions(volumeId: string, directory: string): Stanza[2] {
  return {
    'shared-brick-count': 1,
    'fips-mode-rchecksum': 'on',
    'volume-id': volumeId,
    directory,
    'janitor-sleep-duration': 1,
    reserve: 0,
  };
}

function changelogOptions(hidden: string, directory: string): Stanza[2] {
  return {
    'changelog-barrier-timeout': 120,
    'changelog-notification': 'off',
    'changelog-dir': join(hidden, 'changelogs'),
    'changelog-brick': directory,
  };
}

function markerOptions(name: string, volumeId: string): Stanza[2] {
  return {
    'inode-quota': 'off',
    quota: 'off',
    'gsync-force-xtime': 'off',
    xtime: 'off',
    'quota-version': 0,
    'timestamp-file': `/var/lib/glusterd/vols/${name}/marker.tstamp`,
    'volume-uuid': volumeId,
  };
}

function statsOptions({ volumeId }: VolumePlan, directory: string): Stanza[2] {
  return {
    'global-threading': 'off',
    'count-fop-hits': 'off',
    'latency-measurement': 'off',
    threads: 16,
    'log-level': 'INFO',
    'volume-id': volumeId,
    'unique-id': directory,
  };
}

function indexOptions(name: string, hidden: string): Stanza[2] {
  return {
    'index-base': join(hidden, 'indices'),
    'xattrop-dirty-watchlist': 'trusted.afr.dirty',
    'xattrop64-watchlist': 'trusted.ec.dirty',
    'xattrop-pending-watchlist': `trusted.afr.${name}-`,
  };
}

const LOGIN = 'a1c0ffee-0000-4000-8000-000000000001';

function serverStanza(plan: VolumePlan, directory: string, more: Stanza[2] = {}): Stanza {
  const options = {
    'transport.listen-backlog': 1024,
    'transport.socket.keepalive-count': 9,
    'transport.socket.keepalive-interval': 2,
    'transport.socket.keepalive-time': 20,
    'transport.socket.ssl-enabled': 'off',
    'transport.socket.keepalive': 1,
    'transport-type': 'tcp',
    'transport.address-family': 'inet',
    'transport.socket.bind-address': '127.0.0.1',
    ...(plan.byLogin ? {} : { [`auth.addr.${directory}.allow`]: '*' }),
    'auth-path': directory,
    [`auth.login.${LOGIN}.password`]: LOGIN,
    [`auth.login.${directory}.allow`]: LOGIN,
    ...more,
  };
  return [`${plan.name}-server`, 'protocol/server', options, [directory]];
}

/** Where a client's volumes end: one brick, or a cluster of all. */
export type Cluster = 'none' | 'replicate' | 'disperse';

/** The graph of a mount, with the performance translators that glusterd gives it. */
export function mountVolfile(plan: VolumePlan, cluster: Cluster): string {
  const { name, options: more = {} } = plan;
  const bottom = clusterStanzas(plan, cluster, {});
  const rest = [
    ['dht', 'cluster/distribute', { 'force-migration': 'off', 'lock-migration': 'off' }],
    ['utime', 'features/utime', { noatime: 'on' }],
    ['write-behind', 'performance/write-behind', {}],
    ['open-behind', 'performance/open-behind', {}],
    ['quick-read', 'performance/quick-read', {}],
    ['md-cache', 'performance/md-cache', {}],
  ] as const;
  let below = bottom.at(-1)?.[0] ?? '';
  const above = rest.map(([end, type, options]): Stanza => {
    const stanza: Stanza = [`${name}-${end}`, type, { ...options, ...more[end] }, [below]];
    below = stanza[0];
    return stanza;
  });
  return printed([...bottom, ...above, [name, 'debug/io-stats', {}, [below]]]);
}

/** The graph of the self-heal daemon. */
export function healVolfile(plan: VolumePlan, cluster: 'replicate' | 'disperse'): string {
  const options = {
    'iam-self-heal-daemon': 'yes',
    'self-heal-daemon': 'enable',
    ...(cluster === 'disperse' ? {} : HEALS),
    'background-self-heal-count': 0,
  };
  const stanzas = clusterStanzas(plan, cluster, options);
  const bottom = stanzas.at(-1)?.[0] ?? '';
  return printed([...stanzas, [plan.name, 'debug/io-stats', {}, [bottom]]]);
}

/** What a sweep could not heal waits for the next: not ten minutes. */
const HEALS = {
  'heal-timeout': 5,
  'entry-self-heal': 'on',
  'data-self-heal': 'on',
  'metadata-self-heal': 'on',
};

function clusterStanzas(plan: VolumePlan, cluster: Cluster, more: Stanza[2]): Stanza[] {
  const clients = plan.bricks.map((brick, index) => clientStanza(plan, brick, index));
  const names = clients.map(([name]) => name);
  if (cluster === 'none') return clients;
  const top: Stanza =
    cluster === 'replicate'
      ? [`${plan.name}-replicate-0`, 'cluster/replicate', replicateOptions(plan, names), names]
      : [`${plan.name}-disperse-0`, 'cluster/disperse', { redundancy: 1 }, names];
  return [...clients, [top[0], top[1], { ...top[2], ...more }, top[3]]];
}

function replicateOptions(plan: VolumePlan, names: readonly string[]): Stanza[2] {
  return {
    'use-anonymous-inode': 'yes',
    'granular-entry-heal': 'on',
    'volume-id': plan.volumeId,
    'afr-pending-xattr': names.join(','),
    ...(names.length > 2 ? { 'quorum-type': 'auto' } : {}),
  };
}

function clientStanza(plan: VolumePlan, { directory, port }: BrickPlan, index: number): Stanza {
  const options = {
    'send-gids': 'true',
    'strict-locks': 'off',
    'transport.address-family': 'inet',
    'transport-type': 'tcp',
    'remote-subvolume': directory,
    'remote-host': '127.0.0.1',
    'remote-port': port,
    'ping-timeout': 42,
    ...(plan.byLogin ? { username: LOGIN, password: LOGIN } : {}),
    ...plan.options?.['client'],
  };
  return [`${plan.name}-client-${index}`, 'protocol/client', options, []];
}

function printed(stanzas: readonly Stanza[]): string {
  return stanzas.map(printedStanza).join('\n');
}

function printedStanza([name, type, options, subvolumes]: Stanza): string {
  const lines = Object.entries(options).map(([key, value]) => `    option ${key} ${value}`);
  const below = subvolumes.length === 0 ? [] : [`    subvolumes ${subvolumes.join(' ')}`];
  return [`volume ${name}`, `    type ${type}`, ...lines, ...below, 'end-volume', ''].join('\n');
}
