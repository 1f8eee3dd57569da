import { type NoticeListener, PassThrough } from '../../src/fop/translator.js';
import { buildGraph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import type { TranslatorSpec } from '../../src/graph/spec.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { type PrintedVolume, printVolfile } from '../../src/graph/volfile.js';
import type { Disk } from '../../src/platform/disk.js';
import type { Network } from '../../src/platform/network.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import type { Clock, Platform } from '../../src/platform/platform.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { SimDisk } from '../sim/disk.js';
import { instantly, seeded } from './platforms.js';
import { TemporaryDirectory } from './temporary.js';
import type { Stack } from './volume.js';

/** A translator that winds every fop on as it came. */
class Idle extends PassThrough {
  readonly type = 'test/idle';
  protected readonly handlers = {};
}

const IDLE: TranslatorSpec = {
  type: 'test/idle',
  children: { min: 1, max: 1 },
  options: [],
  create: ({ name, children }) => {
    const [child] = children;
    if (child === undefined) throw new Error('no child');
    return new Idle(name, child);
  },
};

const REGISTRY = registryOf([...TRANSLATORS.values(), IDLE]);
export const VOLUME_ID = '5ca1ab1e-0000-4000-8000-000000000001';

export interface StackOptions {
  readonly on: 'machine' | 'sim';
  /** Types of the volumes above the brick, from below. */
  readonly above?: readonly string[];
  readonly isPrivileged?: boolean;
  /** Options of the uppermost volume that is not idle. */
  readonly options?: Readonly<Record<string, string>>;
  /** Options of the brick beside its directory. */
  readonly brick?: Readonly<Record<string, string>>;
  /** A simulated disk that is there already. */
  readonly disk?: SimDisk;
  /** The brick's clock; without one its janitor never comes. */
  readonly clock?: Clock;
  /** Hears the graph from before it starts. */
  readonly hear?: NoticeListener;
  /** Done to the brick's directory before it starts. */
  readonly prepare?: (disk: Disk, path: string) => void;
}

/** A stack with the disk below it, for tests that look there. */
export interface PosixStack extends Stack {
  readonly disk: Disk;
  readonly path: string;
}

/** No stack of one process has anything to say to another. */
export const NO_NETWORK: Network = {
  connect: () => Promise.reject(new Error('there is no network')),
  listen: () => Promise.reject(new Error('there is no network')),
};

interface Ground {
  readonly disk: Disk;
  readonly path: string;
  close(): void;
}

function ground(options: StackOptions): Ground {
  if (options.on === 'machine') {
    const directory = new TemporaryDirectory('brick');
    return { disk: nodeDisk(), path: directory.path, close: () => directory.remove() };
  }
  const isPrivileged = options.isPrivileged ?? true;
  const simulated = { clock: instantly(), random: seeded(1), isPrivileged };
  const disk = options.disk ?? new SimDisk(simulated);
  return { disk, path: '/brick', close: () => undefined };
}

/** A brick, and what is above it, started. */
export async function posixStack(options: StackOptions): Promise<PosixStack> {
  const { disk, path, close } = ground(options);
  prepareBrick(disk, path, VOLUME_ID);
  options.prepare?.(disk, path);
  const platform: Platform = {
    disk,
    clock: options.clock ?? quietClock(),
    random: seeded(2),
    network: NO_NETWORK,
  };
  const graph = buildGraph(volfile(path, options), REGISTRY, platform);
  if (options.hear) graph.top.listen(options.hear);
  await graph.start();
  const isTrusted = options.isPrivileged ?? (options.on === 'sim' || process.getuid?.() === 0);
  return {
    top: graph.top,
    disk,
    path,
    hasSpecialFiles: isTrusted,
    close: async () => {
      await graph.stop();
      close();
    },
  };
}

/** Timers of a brick (its janitor) never come due in these tests. */
export function quietClock() {
  return { ...instantly(), after: () => ({ cancel: () => undefined }) };
}

function volfile(
  directory: string,
  { above = [], options = {}, brick = {} }: StackOptions,
): string {
  const ofBrick = [
    { key: 'directory', value: directory },
    { key: 'volume-id', value: VOLUME_ID },
    ...Object.entries(brick).map(([key, value]) => ({ key, value })),
  ];
  const volumes: PrintedVolume[] = [
    { name: 'brick', type: 'storage/posix', options: ofBrick, subvolumes: [] },
  ];
  const top = above.findLastIndex((type) => type !== IDLE.type);
  for (const [index, type] of above.entries()) {
    const below = volumes.at(-1)?.name ?? '';
    const mine =
      index === top ? Object.entries(options).map(([key, value]) => ({ key, value })) : [];
    volumes.push({ name: `v${index}`, type, options: mine, subvolumes: [{ name: below }] });
  }
  return printVolfile(volumes);
}
