import { ConfigError } from '../config/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { readSmallFile, writeSmallFile } from './small-file.js';

const MAX_BYTES = 4096;

/** Writes this process's number. Refuses while the number in it is that of another living process of this program. */
export function takePidFile(disk: Disk, path: string, program: string): void {
  const other = runningPid(disk, path, program);
  if (other !== undefined)
    throw new ConfigError(
      'HFS-5004',
      `${path} is taken`,
      `${program} runs already as process ${other}`,
      `stop it with: kill ${other}`,
    );
  writeSmallFile(disk, path, `${process.pid}\n`, 0o644);
}

/** Removes the file if it still holds this process's number. */
export function dropPidFile(disk: Disk, path: string): void {
  try {
    if (pidIn(disk, path) === process.pid) disk.unlink(byteString(path));
  } catch {
    // It is gone, or its directory is: that is what was wanted.
  }
}

function runningPid(disk: Disk, path: string, program: string): number | undefined {
  try {
    const pid = pidIn(disk, path);
    if (pid === undefined || pid === process.pid) return undefined;
    const commandLine = readSmallFile(disk, `/proc/${pid}/cmdline`, 1024 * 1024);
    return commandLine.includes(program) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function pidIn(disk: Disk, path: string): number | undefined {
  const text = readSmallFile(disk, path, MAX_BYTES).trim();
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
