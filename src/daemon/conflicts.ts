import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import type { Clock } from '../platform/platform.js';
import { directoryOf, writeSynced } from './durable-file.js';

/** Where a losing copy goes: never just away. */
export async function keepConflict(
  disk: Disk,
  clock: Clock,
  stateDir: string,
  key: string,
  value: Buffer,
  why: string,
): Promise<string> {
  const stamp = new Date(clock.wallMs()).toISOString().replaceAll(':', '').slice(0, 17);
  const path = byteString(`${stateDir}/conflicts/${stamp}/${key}`);
  makeAbove(disk, path);
  await writeSynced(disk, path, value);
  await writeSynced(disk, `${path}.why`, Buffer.from(`${why}\n`));
  return path;
}

function makeAbove(disk: Disk, path: string): void {
  const above = directoryOf(path);
  try {
    disk.mkdir(above, 0o700);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return;
    if (!isErrno(error, 'ENOENT')) throw error;
    makeAbove(disk, above);
    disk.mkdir(above, 0o700);
  }
}
