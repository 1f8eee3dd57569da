import { ConfigError } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { O_RDONLY } from '../fop/fd.js';
import { type ByteString, readable } from '../fop/name.js';
import type { Graph } from '../graph/graph.js';
import type { Disk, FileNumber } from '../platform/disk.js';
import { Posix } from '../xlators/storage/posix/posix.js';

/**
 * Makes this process the only one that serves the directories of its bricks, for as long as it lives: two of them would know
 * nothing of each other's locks and sizes. A stock glusterfsd takes no such lock. Throws HFS-5011.
 */
export function lockBricks(disk: Disk, graph: Graph, flock: (file: FileNumber) => void): void {
  for (const translator of graph.byName.values())
    if (translator instanceof Posix) lockDirectory(disk, translator.directory, flock);
}

/** Locks one, and answers it open; undefined where it cannot be opened or locked. Throws HFS-5011. */
export function lockDirectory(
  disk: Disk,
  path: ByteString,
  flock: (file: FileNumber) => void,
): FileNumber | undefined {
  const directory = opened(disk, path);
  if (directory === undefined) return undefined;
  try {
    flock(directory);
    return directory;
  } catch (error) {
    disk.close(directory);
    // Some network filesystems lock no directories, and not every machine has flock here.
    if (!isErrno(error, 'EAGAIN')) return undefined;
    throw new ConfigError(
      'HFS-5011',
      `brick ${readable(path)} is in use`,
      'another brick process serves it',
      `see which with: fuser -v ${readable(path)}`,
      error,
    );
  }
}

/** What is not there, or is no directory, is told of by the start of the graph. */
function opened(disk: Disk, path: ByteString): FileNumber | undefined {
  try {
    return disk.open(path, O_RDONLY, 0);
  } catch {
    return undefined;
  }
}
