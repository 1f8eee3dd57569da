import { type Gfid, gfidBytes, gfidFromBytes } from '../../../fop/gfid.js';
import { type ByteString, readable } from '../../../fop/name.js';
import type { Disk } from '../../../platform/disk.js';
import { absent } from './brick.js';
import { chooseNamespace } from './namespace.js';
import { VOLUME_ID_XATTR } from './xattr-name.js';

/**
 * Makes `directory` (absolute; what is above it must be there) a brick of the volume, as `volume create` does before a
 * brick process may run on it: the directory itself and its `volume-id`. Done again it changes nothing.
 * Throws where the directory belongs to another volume; both ids are named.
 */
export function prepareBrick(disk: Disk, directory: ByteString, volumeId: Gfid): void {
  absent(() => disk.mkdir(directory, 0o755), 'EEXIST');
  const found = volumeIdOf(disk, directory);
  if (found === undefined) {
    const name = chooseNamespace(disk, directory).onDisk(VOLUME_ID_XATTR);
    disk.setxattr(directory, name, gfidBytes(volumeId), 1);
    return;
  }
  if (found !== volumeId)
    throw new Error(
      `brick ${readable(directory)} belongs to the volume ${found}, not to ${volumeId}`,
    );
}

/** The volume whose brick a directory is, as far as that can be read; undefined: of none. */
export function volumeIdOf(disk: Disk, directory: ByteString): string | undefined {
  const name = chooseNamespace(disk, directory).onDisk(VOLUME_ID_XATTR);
  const bytes = absent(() => disk.getxattr(directory, name), 'ENODATA');
  if (bytes === undefined) return undefined;
  return bytes.length === 16 ? gfidFromBytes(bytes) : bytes.toString('hex');
}
