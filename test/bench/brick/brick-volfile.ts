import { type PrintedVolume, printVolfile } from '../../../src/graph/volfile.js';

/** The name of the brick's top, which clients ask for. */
export const EXPORT = 'bench';

type Layer = readonly [name: string, type: string, options?: Readonly<Record<string, string>>];

/** What glusterd puts over storage/posix for a plain volume, from below, with its own defaults. */
function layers(directory: string): readonly Layer[] {
  const hidden = `${directory}/.glusterfs`;
  const volume = { 'volume-uuid': 'b0b0b0b0-0000-4000-8000-00000000b0b0' };
  return [
    ['trash', 'features/trash', { 'brick-path': directory, 'trash-dir': '.trashcan' }],
    [
      'changelog',
      'features/changelog',
      { 'changelog-brick': directory, 'changelog-dir': `${hidden}/changelogs` },
    ],
    ['bitrot-stub', 'features/bitrot-stub', { bitrot: 'disable', export: directory }],
    ['locks', 'features/locks', { 'enforce-mandatory-lock': 'off' }],
    ['worm', 'features/worm', { worm: 'off', 'worm-file-level': 'off' }],
    ['read-only', 'features/read-only', { 'read-only': 'off' }],
    ['leases', 'features/leases', { leases: 'off' }],
    ['upcall', 'features/upcall', { 'cache-invalidation': 'off' }],
    ['io-threads', 'performance/io-threads'],
    ['selinux', 'features/selinux', { selinux: 'on' }],
    ['marker', 'features/marker', { ...volume, 'timestamp-file': `${directory}.tstamp` }],
    ['barrier', 'features/barrier', { barrier: 'disable' }],
    [
      'index',
      'features/index',
      {
        'index-base': `${hidden}/indices`,
        'xattrop-dirty-watchlist': 'trusted.afr.dirty',
        'xattrop-pending-watchlist': `trusted.afr.${EXPORT}-`,
      },
    ],
    ['quota', 'features/quota', { 'volume-uuid': EXPORT, 'server-quota': 'off' }],
  ];
}

/** One brick, the same text for both engines; `secure` are options of TLS. */
export function brickVolfile(
  directory: string,
  port: number,
  secure: Readonly<Record<string, string>> = {},
): string {
  const volumes: PrintedVolume[] = [];
  const add = ([name, type, options = {}]: Layer): void => {
    const below = volumes.at(-1)?.name;
    volumes.push({
      name,
      type,
      options: Object.entries(options).map(([key, value]) => ({ key, value })),
      subvolumes: below === undefined ? [] : [{ name: below }],
    });
  };
  add(['posix', 'storage/posix', { directory }]);
  for (const layer of layers(directory)) add(layer);
  add([EXPORT, 'debug/io-stats', { 'latency-measurement': 'off', 'count-fop-hits': 'off' }]);
  add([
    'server',
    'protocol/server',
    {
      'transport-type': 'tcp',
      'transport.address-family': 'inet',
      'transport.socket.bind-address': '127.0.0.1',
      'transport.socket.listen-port': `${port}`,
      [`auth.addr.${EXPORT}.allow`]: '127.0.0.1',
      'rpc-auth-allow-insecure': 'on',
      ...secure,
    },
  ]);
  return printVolfile(volumes);
}

/** What glusterd gives a FUSE client of one brick, with its defaults. */
export function clientVolfile(port: number): string {
  const client = {
    'transport-type': 'tcp',
    'transport.address-family': 'inet',
    'remote-host': '127.0.0.1',
    'remote-port': `${port}`,
    'remote-subvolume': EXPORT,
  };
  const types = [
    ['utime', 'features/utime'],
    ['write-behind', 'performance/write-behind'],
    ['open-behind', 'performance/open-behind'],
    ['quick-read', 'performance/quick-read'],
    ['md-cache', 'performance/md-cache'],
    ['top', 'debug/io-stats'],
  ] as const;
  const options = Object.entries(client).map(([key, value]) => ({ key, value }));
  const volumes: PrintedVolume[] = [
    { name: 'client', type: 'protocol/client', options, subvolumes: [] },
  ];
  for (const [name, type] of types)
    volumes.push({ name, type, options: [], subvolumes: [{ name: volumes.at(-1)?.name ?? '' }] });
  return printVolfile(volumes);
}
