import { FopError, isErrno } from '../fop/error.js';
import { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../fop/fd.js';
import { type ByteString, byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import type { Clock } from '../platform/platform.js';
import { directoryOf, ignoreMissing } from './durable-file.js';

/*
 * Where a losing copy goes, below a state directory:
 *
 *   conflicts/2026-03-01T101500/site/name      the copy, under its key
 *   conflicts/2026-03-01T101500.why            one JSON line for each: {"key":…,"why":…,"bytes":…}
 *
 * A second copy of a key within a second goes to `…T101500-2`.
 */
const MAX_SAME = 1000;

/** Keeps `value`, durably, and answers where; nothing that was kept before is touched. */
export async function keepConflict(
  disk: Disk,
  clock: Clock,
  stateDir: string,
  key: string,
  value: Buffer,
  why: string,
): Promise<string> {
  const stamp = new Date(clock.wallMs()).toISOString().replaceAll(':', '').slice(0, 17);
  const line = `${JSON.stringify({ key, why, bytes: value.length })}\n`;
  for (let same = 1; same <= MAX_SAME; same++) {
    const archive = byteString(`${stateDir}/conflicts/${stamp}${same === 1 ? '' : `-${same}`}`);
    const path = `${archive}/${byteString(key)}`;
    if (!(await keepAt(disk, path, value))) continue;
    await write(disk, `${archive}.why`, Buffer.from(line), O_APPEND);
    await disk.fsyncdir(directoryOf(archive));
    return path;
  }
  throw new FopError('EEXIST', `${stateDir}/conflicts/${stamp}`);
}

/** False where something else is kept at `path`, or in its way. */
async function keepAt(disk: Disk, path: ByteString, value: Buffer): Promise<boolean> {
  try {
    const made = makeAbove(disk, path);
    await write(disk, path, value, O_EXCL);
    for (const directory of [directoryOf(path), ...made.map(directoryOf)])
      await disk.fsyncdir(directory);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) return false;
    throw error;
  }
}

/** Removes what it has made where it cannot be written whole. */
async function write(disk: Disk, path: ByteString, bytes: Buffer, how: number): Promise<void> {
  const file = disk.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | how, 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += disk.write(file, bytes.subarray(done), null);
    await disk.fsync(file);
  } catch (error) {
    if (how === O_EXCL) ignoreMissing(() => disk.unlink(path));
    throw error;
  } finally {
    disk.close(file);
  }
}

/** Makes the directories above `path`; answers those that were not there, innermost first. */
function makeAbove(disk: Disk, path: ByteString): ByteString[] {
  const above = directoryOf(path);
  try {
    disk.mkdir(above, 0o700);
    return [above];
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return [];
    if (!isErrno(error, 'ENOENT')) throw error;
    const made = makeAbove(disk, above);
    disk.mkdir(above, 0o700);
    return [above, ...made];
  }
}
