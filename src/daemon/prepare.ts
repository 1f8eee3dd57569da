import { ConfigError } from '../config/error.js';
import { FopError, isErrno } from '../fop/error.js';
import { isDirectory } from '../fop/iatt.js';
import { type ByteString, byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import type { Random } from '../platform/platform.js';
import { directoryOf, ignoreMissing, readWhole, writeSynced } from './durable-file.js';
import { socketPath, tokenPath } from './state-dir.js';

/** Makes the state directory, with those above it, for its owner alone. Throws HFS-5102 where it is none or cannot be made. */
export function makeStateDir(disk: Disk, stateDir: string): void {
  const components = byteString(stateDir).split('/').slice(1);
  try {
    const made = components.reduce((above, name) => makeDirectory(disk, `${above}/${name}`), '');
    if (!isDirectory(disk.stat(made || '/'))) throw new FopError('ENOTDIR', stateDir);
  } catch (error) {
    throw stateDirRefused(stateDir, error);
  }
}

function makeDirectory(disk: Disk, path: ByteString): ByteString {
  try {
    disk.mkdir(path, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  return path;
}

const WHY: Readonly<Record<string, string>> = {
  ENOTDIR: 'a file stands where a directory should be',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ELOOP: 'symlinks lead nowhere',
  ENOENT: 'a symlink leads to nothing',
  ENAMETOOLONG: 'a component of it is too long',
};

/** What was refused is HFS-5102 where another directory or its owner mends it; what the disk itself refuses is left as it is. */
export function stateDirRefused(stateDir: string, error: unknown): unknown {
  const why = error instanceof FopError ? WHY[error.errno] : undefined;
  if (why === undefined) return error;
  const next = 'choose another --state-dir, or make it and give it to this user';
  return new ConfigError(
    'HFS-5102',
    `state directory ${stateDir} cannot be used`,
    why,
    next,
    error,
  );
}

export interface RootToken {
  readonly token: string;
  /** Why the one before was not good enough; undefined where there was none, or it is this one. */
  readonly replaced: string | undefined;
}

/**
 * The secret of root on this node: made once, then read. One that is damaged, or that others may have read, is
 * replaced: nobody but root has to know it. Throws HFS-5003 where none can be made.
 */
export async function rootToken(disk: Disk, random: Random, stateDir: string): Promise<RootToken> {
  const path = byteString(tokenPath(stateDir));
  try {
    const found = readToken(disk, path);
    if ('token' in found) return { token: found.token, replaced: undefined };
    return { token: await newToken(disk, random, path), replaced: found.why };
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS')) throw error;
    const next = 'move it away and start again';
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError('HFS-5003', `${tokenPath(stateDir)} cannot be used`, why, next, error);
  }
}

function readToken(
  disk: Disk,
  path: ByteString,
): { readonly token: string } | { readonly why: string | undefined } {
  try {
    const token = readWhole(disk, path).toString('latin1').trim();
    if (!/^[\x21-\x7e]{16,256}$/.test(token)) return { why: 'it held no token' };
    const mode = disk.lstat(path).mode & 0o777;
    return (mode & 0o077) === 0 ? { token } : { why: `its mode was ${mode.toString(8)}` };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { why: undefined };
    throw error;
  }
}

/** Removes the socket of a hekafsd that is no more; the caller holds the lock of the directory. */
export function freeSocketPath(disk: Disk, stateDir: string): string {
  const path = socketPath(stateDir);
  ignoreMissing(() => disk.unlink(byteString(path)));
  return path;
}

export function isThere(disk: Disk, path: string): boolean {
  try {
    disk.lstat(byteString(path));
    return true;
  } catch {
    return false;
  }
}

async function newToken(disk: Disk, random: Random, path: string): Promise<string> {
  const token = random.bytes(32).toString('hex');
  await writeSynced(disk, `${path}.tmp`, Buffer.from(`${token}\n`));
  disk.rename(`${path}.tmp`, path);
  await disk.fsyncdir(directoryOf(path));
  return token;
}
