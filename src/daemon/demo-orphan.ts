import { join } from 'node:path';
import { isErrno } from '../fop/error.js';
import { O_RDONLY } from '../fop/fd.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { readWhole } from './durable-file.js';

/** Of `/proc/PID/cmdline`, so much tells whose process it is. */
const COMMAND_BYTES = 4096;

/**
 * The processes of a node whose hekafsd is gone: those of `run/*.pid` that still name its state directory on their
 * command line. A number that another program got meanwhile is none.
 */
export function orphans(disk: Disk, stateDir: string): readonly number[] {
  const run = byteString(join(stateDir, 'run'));
  const names = absentAs([], () => disk.readdir(run)).map(({ name }) => name);
  return names.flatMap((name) => {
    if (!name.endsWith('.pid')) return [];
    const pid = Number(absentAs('', () => readWhole(disk, `${run}/${name}`).toString('latin1')));
    return pid > 1 && commandOf(disk, pid).includes(`${byteString(stateDir)}/`) ? [pid] : [];
  });
}

function commandOf(disk: Disk, pid: number): string {
  return absentAs('', () => {
    const file = disk.open(`/proc/${pid}/cmdline`, O_RDONLY, 0);
    try {
      const into = Buffer.alloc(COMMAND_BYTES);
      return into.toString('latin1', 0, disk.read(file, into, 0));
    } finally {
      disk.close(file);
    }
  });
}

function absentAs<T>(instead: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return instead;
    throw error;
  }
}
