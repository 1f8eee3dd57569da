import { ConfigError } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import type { Random } from '../platform/platform.js';
import { directoryOf, ignoreMissing, readWhole, writeSynced } from './durable-file.js';
import { socketPath, tokenPath } from './state-dir.js';

/** Makes the state directory, with those above it, for its owner alone. */
export function makeStateDir(disk: Disk, stateDir: string): void {
  const components = byteString(stateDir).split('/').slice(1);
  components.reduce((above, name) => {
    const path = `${above}/${name}`;
    try {
      disk.mkdir(path, 0o700);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw cannotMake(stateDir, error);
    }
    return path;
  }, '');
}

/** The secret of root on this node: made once, then read. Throws HFS-5003 for a file that holds none. */
export async function rootToken(disk: Disk, random: Random, stateDir: string): Promise<string> {
  const path = byteString(tokenPath(stateDir));
  try {
    const token = readWhole(disk, path).toString('latin1').trim();
    if (/^[\x21-\x7e]{16,256}$/.test(token)) return token;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return newToken(disk, random, path);
    throw error;
  }
  const why = 'it holds no token';
  throw new ConfigError(
    'HFS-5003',
    `${tokenPath(stateDir)} is damaged`,
    why,
    'remove it and start again',
  );
}

/** Removes the socket of a hekafsd that is no more; the caller holds the lock of the directory. */
export function freeSocketPath(disk: Disk, stateDir: string): string {
  const path = socketPath(stateDir);
  ignoreMissing(() => disk.unlink(byteString(path)));
  return path;
}

async function newToken(disk: Disk, random: Random, path: string): Promise<string> {
  const token = random.bytes(32).toString('hex');
  await writeSynced(disk, `${path}.tmp`, Buffer.from(`${token}\n`));
  disk.rename(`${path}.tmp`, path);
  await disk.fsyncdir(directoryOf(path));
  return token;
}

function cannotMake(stateDir: string, cause: unknown): ConfigError {
  const next = 'choose another --state-dir, or make it and give it to this user';
  return new ConfigError('HFS-5007', `cannot make ${stateDir}`, String(cause), next, cause);
}
