import { byteString } from '../../fop/name.js';
import type { Disk } from '../../platform/disk.js';
import { type Check, type Finding, fail, ok, warn, worstOf } from './check.js';

const LOW_PERCENT = 10;
const FULL_PERCENT = 2;
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Free space and inodes where this node writes. Directories on one filesystem are one check. */
export function spaceChecks(disk: Disk, paths: readonly string[]): readonly Check[] {
  return [...new Set(paths)].map((path, index) => ({
    name: index === 0 ? 'space for state' : 'space for brick',
    examine: () => space(disk, path),
  }));
}

function space(disk: Disk, path: string): Finding {
  const { bsize, blocks, bavail, files, ffree } = disk.statfs(byteString(path));
  const room = judged(path, bavail, blocks, 'of the space');
  const inodes = judged(path, ffree, files, 'of the inodes');
  return worstOf(
    [room, inodes],
    ok(`${path}: ${percent(bavail, blocks)} % free, ${sizeText(bavail * bsize)}`),
  );
}

/** A filesystem that makes inodes as it needs them says that it has none at all. */
function judged(path: string, free: number, all: number, what: string): Finding {
  const share = percent(free, all);
  const found = `${path}: ${share} % ${what} free`;
  if (all === 0 || share >= LOW_PERCENT) return ok(found);
  const next = `free some: du -xh ${path} | sort -h | tail`;
  return share < FULL_PERCENT ? fail(found, next) : warn(found, next);
}

function percent(free: number, all: number): number {
  return all === 0 ? 100 : Math.floor((100 * free) / all);
}

/** `1.5 GiB`. */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
