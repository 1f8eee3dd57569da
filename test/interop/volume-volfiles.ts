import { join } from 'node:path';

/** A volume as glusterd describes it to its bricks, clients and self-heal daemon. */
export interface VolumePlan {
  readonly name: string;
  readonly volumeId: string;
  readonly bricks: readonly BrickPlan[];
}

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
export function brickVolfile({ name, volumeId }: VolumePlan, { directory }: BrickPlan): string {
  const hidden = join(directory, '.glusterfs');
  const features: readonly (readonly [end: string, type: string, options: Stanza[2]])[] = [
    [
      'posix',
      'storage/posix',
      { 'fips-mode-rchecksum': 'on', 'volume-id': volumeId, directory, reserve: 0 },
    ],
    ['trash', 'features/trash', { 'trash-internal-op': 'off', 'brick-path': directory }],
    [
      'changelog',
      'features/changelog',
      { 'changelog-dir': join(hidden, 'changelogs'), 'changelog-brick': directory },
    ],
    ['bitrot-stub', 'features/bitrot-stub', { bitrot: 'disable', export: directory }],
    ['access-control', 'features/access-control', {}],
    ['locks', 'features/locks', { 'enforce-mandatory-lock': 'off' }],
    ['worm', 'features/worm', { worm: 'off', 'worm-file-level': 'off' }],
    ['read-only', 'features/read-only', { 'read-only': 'off' }],
    ['leases', 'features/leases', { leases: 'off' }],
    ['upcall', 'features/upcall', { 'cache-invalidation': 'off' }],
    ['io-threads', 'performance/io-threads', {}],
    ['selinux', 'features/selinux', { selinux: 'on' }],
    ['marker', 'features/marker', { quota: 'off', 'inode-quota': 'off', 'volume-uuid': volumeId }],
    ['barrier', 'features/barrier', { barrier: 'disable', 'barrier-timeout': 120 }],
    ['index', 'features/index', indexOptions(name, hidden)],
    ['quota', 'features/quota', { 'server-quota': 'off', 'volume-uuid': name }],
  ];
  const stanzas = features.map(([end, type, options], at): Stanza => {
    const below = features[at - 1];
    return [`${name}-${end}`, type, options, below ? [`${name}-${below[0]}`] : []];
  });
  const top: Stanza = [directory, 'debug/io-stats', { 'log-level': 'INFO' }, [`${name}-quota`]];
  return printed([...stanzas, top, serverStanza(name, directory)]);
}

function indexOptions(name: string, hidden: string): Stanza[2] {
  return {
    'index-base': join(hidden, 'indices'),
    'xattrop-dirty-watchlist': 'trusted.afr.dirty',
    'xattrop-pending-watchlist': `trusted.afr.${name}-`,
  };
}

function serverStanza(name: string, directory: string): Stanza {
  const options = {
    'transport-type': 'tcp',
    'transport.address-family': 'inet',
    'transport.socket.bind-address': '127.0.0.1',
    [`auth.addr.${directory}.allow`]: '*',
    'auth-path': directory,
  };
  return [`${name}-server`, 'protocol/server', options, [directory]];
}

/** Where a client's volumes end: one brick, or a cluster of all. */
export type Cluster = 'none' | 'replicate' | 'disperse';

/** The graph of a mount, with the performance translators that glusterd gives it. */
export function mountVolfile(plan: VolumePlan, cluster: Cluster): string {
  const { name } = plan;
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
    const stanza: Stanza = [`${name}-${end}`, type, options, [below]];
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

const HEALS = {
  'entry-self-heal': 'on',
  'data-self-heal': 'on',
  'metadata-self-heal': 'on',
};

function clusterStanzas(plan: VolumePlan, cluster: Cluster, more: Stanza[2]): Stanza[] {
  const clients = plan.bricks.map((brick, index) => clientStanza(plan.name, brick, index));
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

function clientStanza(volume: string, { directory, port }: BrickPlan, index: number): Stanza {
  const options = {
    'send-gids': 'true',
    'strict-locks': 'off',
    'transport.address-family': 'inet',
    'transport-type': 'tcp',
    'remote-subvolume': directory,
    'remote-host': '127.0.0.1',
    'remote-port': port,
    'ping-timeout': 42,
  };
  return [`${volume}-client-${index}`, 'protocol/client', options, []];
}

function printed(stanzas: readonly Stanza[]): string {
  return stanzas.map(printedStanza).join('\n');
}

function printedStanza([name, type, options, subvolumes]: Stanza): string {
  const lines = Object.entries(options).map(([key, value]) => `    option ${key} ${value}`);
  const below = subvolumes.length === 0 ? [] : [`    subvolumes ${subvolumes.join(' ')}`];
  return [`volume ${name}`, `    type ${type}`, ...lines, ...below, 'end-volume', ''].join('\n');
}
