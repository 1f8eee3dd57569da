import { constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The longest path of a unix socket (unix(7)); Node cuts a longer one without a word. */
const MAX_SOCKET_PATH_BYTES = 107;

const directories = new Map<string, number>();

/**
 * A name by which this process can listen at a unix socket's path, or dial it: the path itself, or where that is too long, one through
 * an open descriptor of its directory. Throws Node's error where that directory cannot be opened.
 */
export function socketName(path: string): string {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  const directory = dirname(path);
  const known = directories.get(directory);
  const file = known ?? openSync(directory, constants.O_DIRECTORY | constants.O_RDONLY);
  directories.set(directory, file);
  return `/proc/self/fd/${file}/${basename(path)}`;
}
