import { isErrno } from '../../fop/error.js';
import { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } from '../../fop/fd.js';
import { type ByteString, byteString } from '../../fop/name.js';
import type { Disk, FileNumber } from '../../platform/disk.js';
import type { Clock, Random } from '../../platform/platform.js';
import { type Check, type Finding, fail, ok, warn } from './check.js';

/** As much as a small commit appends. */
const BLOCK = Buffer.alloc(512, 'd');
const WRITES = 20;
const ENOUGH_MS = 1500;
/** A commit waits for this at least once; above, people notice. */
const SLOW_MS = 50;
const MODES = ['trusted', 'user'] as const;

/** What the disk under the journal can do, tried on a scratch file beside it. */
export function diskChecks(
  disk: Disk,
  clock: Clock,
  random: Random,
  directory: string,
): readonly Check[] {
  const scratch = () => byteString(`${directory}/.doctor-${random.uuid()}`);
  return [
    { name: 'attributes', examine: () => attributes(disk, scratch(), directory) },
    { name: 'sync', examine: () => syncLatency(disk, clock, scratch(), directory) },
  ];
}

/** GlusterFS keeps `trusted.` attributes, which are for root; without them ours are `user.`. */
function attributes(disk: Disk, path: ByteString, directory: string): Finding {
  disk.close(disk.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600));
  try {
    const mode = MODES.find((mode) => isUsable(disk, path, `${mode}.hekafs.doctor`));
    if (mode === 'trusted') return ok(`trusted.* work in ${directory}`);
    if (mode === 'user')
      return ok(`user.* work in ${directory}; trusted.* do not, as for anybody but root`);
    const next = 'put the brick on xfs, ext4 or btrfs, mounted with user_xattr';
    return fail(`no extended attributes in ${directory}`, next);
  } finally {
    disk.unlink(path);
  }
}

function isUsable(disk: Disk, path: ByteString, name: string): boolean {
  const value = Buffer.from('1');
  try {
    disk.setxattr(path, name, value, 0);
    return disk.getxattr(path, name).equals(value);
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EACCES', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL')) return false;
    throw error;
  }
}

/** The file has no name while it is written: whatever happens, nothing stays. */
async function syncLatency(
  disk: Disk,
  clock: Clock,
  path: ByteString,
  directory: string,
): Promise<Finding> {
  const file = disk.open(path, O_WRONLY | O_CREAT | O_EXCL | O_DSYNC, 0o600);
  try {
    disk.unlink(path);
    const times = await timedWrites(disk, clock, file);
    const [median, worst] = [times[times.length >> 1] ?? 0, times.at(-1) ?? 0];
    const found = `${times.length} writes: median ${ms(median)}, worst ${ms(worst)}`;
    if (median < SLOW_MS) return ok(found);
    const next = `every commit waits for it: move ${directory} to a faster disk, or see what else uses this one`;
    return warn(found, next);
  } finally {
    disk.close(file);
  }
}

/** Sorted. */
async function timedWrites(disk: Disk, clock: Clock, file: FileNumber): Promise<readonly number[]> {
  const times: number[] = [];
  const endMs = clock.monotonicMs() + ENOUGH_MS;
  while (times.length < WRITES && clock.monotonicMs() < endMs) {
    const startMs = clock.monotonicMs();
    await disk.writeLarge(file, BLOCK, times.length * BLOCK.length);
    times.push(clock.monotonicMs() - startMs);
  }
  return times.sort((a, b) => a - b);
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
