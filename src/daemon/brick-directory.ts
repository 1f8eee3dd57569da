import { ConfigError } from '../config/error.js';
import { FopError, isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { chooseNamespace } from '../xlators/storage/posix/namespace.js';
import { prepareBrick, volumeIdOf } from '../xlators/storage/posix/new-brick.js';
import { directoryOf } from './durable-file.js';

/** The exports of a config brick, each a brick directory of its own. */
export const BRICK_EXPORTS = ['journal', 'values'] as const;

/**
 * Makes the directories of a new config brick, with what storage/posix wants to find in them before it starts. Throws HFS-5004
 * where there is a brick already or none can be made, HFS-5103 where the filesystem cannot hold one.
 */
export function makeBrickDirectory(disk: Disk, path: string, volumeId: string): void {
  try {
    makeDirectories(disk, path);
    for (const name of BRICK_EXPORTS) makeExport(disk, byteString(`${path}/${name}`), volumeId);
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    throw noBrick(path, error);
  }
}

function noBrick(path: string, error: FopError): ConfigError {
  const what = `no brick can be made at ${path}`;
  const code = error.errno === 'EOPNOTSUPP' ? 'HFS-5103' : 'HFS-5004';
  return new ConfigError(code, what, why(error), next(error), error);
}

function makeDirectories(disk: Disk, path: string): void {
  const parts = byteString(path).split('/').slice(1);
  parts.reduce((above, name) => {
    const here = `${above}/${name}`;
    try {
      disk.mkdir(here, 0o755);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    return here;
  }, '');
}

/**
 * A brick that is there already is somebody's data: only a new one will do. One whose attributes anybody with access can
 * change is its user's alone.
 */
function makeExport(disk: Disk, path: string, volumeId: string): void {
  disk.mkdir(path, 0o755);
  prepareBrick(disk, path, volumeId);
  if (!chooseNamespace(disk, path).isTrusted) disk.chmod(path, 0o700);
}

function why(error: FopError): string {
  if (error.errno === 'EEXIST') return 'there is a journal or values directory already';
  if (error.errno === 'EOPNOTSUPP')
    return 'its filesystem takes neither trusted.* nor user.* attributes from this user';
  return error.message;
}

function next(error: FopError): string {
  if (error.errno === 'EEXIST')
    return 'name an empty directory with --brick, or move the old brick away';
  return 'name another directory with --brick: on ext4 or xfs, writable, with room';
}

/**
 * Makes `values/` anew where somebody has removed it: everything in it follows from the log. Only beside this cluster's own
 * `journal/`: where that is gone too, a filesystem is not mounted. Answers whether it did.
 */
export function mendValues(disk: Disk, path: string, volumeId: string): boolean {
  const journal = `${path}/journal`;
  const values = `${path}/values`;
  if (isThere(disk, values) || !isThere(disk, journal)) return false;
  if (volumeIdOf(disk, byteString(journal)) !== volumeId) return false;
  makeExport(disk, byteString(values), volumeId);
  return true;
}

/** Throws HFS-5004 where a brick is, or half of one. */
export function checkBrickPlace(disk: Disk, path: string): void {
  for (const name of BRICK_EXPORTS)
    if (isThere(disk, `${path}/${name}`))
      throw noBrick(path, new FopError('EEXIST', `${path}/${name}`));
}

/** Settles when the directories of a new brick, and all above them, are on the platter. */
export async function syncBrickDirectory(disk: Disk, path: string): Promise<void> {
  for (const name of BRICK_EXPORTS) await disk.fsyncdir(byteString(`${path}/${name}`));
  for (let at = byteString(path); at !== '/'; at = directoryOf(at)) await syncReadable(disk, at);
  await syncReadable(disk, '/');
}

/** A directory that this user may not read was not made just now either. */
async function syncReadable(disk: Disk, path: string): Promise<void> {
  try {
    await disk.fsyncdir(path);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
  }
}

/**
 * Moves a brick aside, never away: the directory, or where that cannot be moved (the root of a filesystem, or in a directory of
 * somebody else) what is in it. Answers where it is now, or undefined where there was none.
 */
export function setBrickAside(
  disk: Disk,
  path: string,
  reason: string,
  wallMs: number,
): string | undefined {
  const aside = freeName(disk, `${path}.${reason}-${stampOf(wallMs)}`);
  try {
    disk.rename(byteString(path), byteString(aside));
    return aside;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (!isErrno(error, 'EBUSY', 'EXDEV', 'EACCES', 'EPERM')) throw error;
    return setExportsAside(disk, path, `${reason}-${stampOf(wallMs)}`);
  }
}

function setExportsAside(disk: Disk, path: string, name: string): string | undefined {
  const there = BRICK_EXPORTS.filter((each) => isThere(disk, `${path}/${each}`));
  if (there.length === 0) return undefined;
  const aside = freeName(disk, `${path}/${name}`);
  disk.mkdir(byteString(aside), 0o700);
  for (const each of there)
    disk.rename(byteString(`${path}/${each}`), byteString(`${aside}/${each}`));
  return aside;
}

/** Two within one second do not take each other's place. */
function freeName(disk: Disk, name: string): string {
  let found = name;
  for (let more = 2; isThere(disk, found); more++) found = `${name}-${more}`;
  return found;
}

function stampOf(wallMs: number): string {
  return new Date(wallMs).toISOString().replaceAll(':', '').slice(0, 17);
}

function isThere(disk: Disk, path: string): boolean {
  try {
    disk.lstat(byteString(path));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
