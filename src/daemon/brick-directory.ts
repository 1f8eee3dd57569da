import { ConfigError } from '../config/error.js';
import { FopError, isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { prepareBrick } from '../xlators/storage/posix/new-brick.js';

/** The exports of a config brick, each a brick directory of its own. */
const EXPORTS = ['journal', 'values'] as const;

/**
 * Makes the directories of a new config brick, with what storage/posix wants to find in them before it starts. Throws HFS-5004 where there is a brick already, or the filesystem cannot hold one.
 */
export function makeBrickDirectory(disk: Disk, path: string, volumeId: string): void {
  try {
    makeDirectories(disk, path);
    for (const name of EXPORTS) makeExport(disk, byteString(`${path}/${name}`), volumeId);
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    throw new ConfigError(
      'HFS-5004',
      `no brick can be made at ${path}`,
      why(error),
      next(error),
      error,
    );
  }
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

/** A brick that is there already is somebody's data: only a new one will do. */
function makeExport(disk: Disk, path: string, volumeId: string): void {
  disk.mkdir(path, 0o755);
  prepareBrick(disk, path, volumeId);
}

function why(error: FopError): string {
  if (error.errno === 'EEXIST') return 'there is a journal or values directory already';
  if (error.errno === 'EOPNOTSUPP') return 'its filesystem has no extended attributes';
  return error.message;
}

function next(error: FopError): string {
  if (error.errno === 'EEXIST')
    return 'name an empty directory with --brick, or move the old brick away';
  return 'name another directory with --brick: on ext4 or xfs, writable, with room';
}

/** Moves a brick aside, never away. Answers where it is now, or undefined where there was none. */
export function setBrickAside(
  disk: Disk,
  path: string,
  reason: string,
  wallMs: number,
): string | undefined {
  const stamp = new Date(wallMs).toISOString().replaceAll(':', '').slice(0, 17);
  const aside = `${path}.${reason}-${stamp}`;
  try {
    disk.rename(byteString(path), byteString(aside));
    return aside;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
