import type { Disk } from '../platform/disk.js';
import { readSmallFile } from './small-file.js';

export interface BrickFiles {
  readonly volfile: string;
  readonly pid: string;
  readonly log: string;
  /** What the process printed on standard error. */
  readonly errors: string;
}

/** Where a brick's files are below a state directory. */
export function brickFiles(stateDir: string): BrickFiles {
  const base = `${stateDir}/run/brick`;
  return { volfile: `${base}.vol`, pid: `${base}.pid`, log: `${base}.log`, errors: `${base}.err` };
}

/** The process of the pid file, if it is a brick with that volfile; without that file, whichever is. */
export function runningBrick(disk: Disk, files: BrickFiles): number | undefined {
  try {
    const pid = Number(readSmallFile(disk, files.pid, 64).trim());
    if (isOurs(disk, files, pid)) return pid;
  } catch {
    // Somebody has emptied run/: the brick runs on, and holds its port.
  }
  const all = disk.readdir('/proc').map(({ name }) => Number(name));
  return all.find((pid) => pid > 0 && pid !== process.pid && isOurs(disk, files, pid));
}

/** A process id may be another process's by now. */
function isOurs(disk: Disk, files: BrickFiles, pid: number): boolean {
  try {
    const words = readSmallFile(disk, `/proc/${pid}/cmdline`, 64 * 1024);
    const isBrick = /hfs_brickd|glusterfsd/.test(words) && words.includes(files.volfile);
    return isBrick && isRunning(disk, pid);
  } catch {
    return false;
  }
}

/** False for a zombie too: a process that ended and that nobody has asked about. */
export function isRunning(disk: Disk, pid: number): boolean {
  if (!signal(pid, 0)) return false;
  try {
    const stat = readSmallFile(disk, `/proc/${pid}/stat`, 4096);
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

export function signal(pid: number, what: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, what);
    return true;
  } catch {
    return false;
  }
}
