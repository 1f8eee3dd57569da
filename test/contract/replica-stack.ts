import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import { type PrintedVolume, printVolfile } from '../../src/graph/volfile.js';
import type { Disk } from '../../src/platform/disk.js';
import { clusterReplicate } from '../../src/xlators/cluster/replicate/replicate.js';
import { featuresIndex } from '../../src/xlators/features/index/index.js';
import { featuresLocks } from '../../src/xlators/features/locks/locks.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { storagePosix } from '../../src/xlators/storage/posix/posix.js';
import { SimDisk } from '../sim/disk.js';
import { instantly, seeded } from './platforms.js';
import { NO_NETWORK, quietClock, VOLUME_ID } from './stacks.js';
import type { Stack } from './volume.js';

const REGISTRY = registryOf([storagePosix, featuresLocks, featuresIndex, clusterReplicate]);

/** Bricks of one simulated disk, each in a directory of its own, and a replica set over them. */
export interface ReplicaStack extends Stack {
  readonly graph: Graph;
  readonly disk: Disk;
}

/** Starts `count` bricks under a replica set. */
export async function replicaStack(count: number): Promise<ReplicaStack> {
  const disk = new SimDisk({ clock: instantly(), random: seeded(1), isPrivileged: true });
  const bricks = Array.from({ length: count }, (_, number) => brickName(number));
  for (const name of bricks) prepareBrick(disk, `/${name}`, VOLUME_ID);
  const platform = { disk, clock: quietClock(), random: seeded(2), network: NO_NETWORK };
  const graph = buildGraph(volfile(bricks), REGISTRY, platform);
  await graph.start();
  return { top: graph.top, graph, disk, hasSpecialFiles: true, close: () => graph.stop() };
}

export const brickName = (number: number): string => `brick-${number}`;

function indexOf(brick: string): Readonly<Record<string, string>> {
  return {
    'index-base': `/${brick}/.glusterfs/indices`,
    'xattrop-pending-watchlist': 'trusted.afr.brick-',
    'xattrop-dirty-watchlist': 'trusted.afr.dirty',
  };
}

function volfile(bricks: readonly string[]): string {
  const tops = bricks.map((name) => `${name}-index`);
  const volume = (
    name: string,
    type: string,
    options: Readonly<Record<string, string>>,
    below: readonly string[],
  ): PrintedVolume => ({
    name,
    type,
    options: Object.entries(options).map(([key, value]) => ({ key, value })),
    subvolumes: below.map((child) => ({ name: child })),
  });
  return printVolfile([
    ...bricks.map((name) =>
      volume(name, 'storage/posix', { directory: `/${name}`, 'volume-id': VOLUME_ID }, []),
    ),
    ...bricks.flatMap((name) => [
      volume(`${name}-locks`, 'features/locks', {}, [name]),
      volume(`${name}-index`, 'features/index', indexOf(name), [`${name}-locks`]),
    ]),
    volume('replica', 'cluster/replicate', { 'granular-entry-heal': 'on' }, tops),
  ]);
}
