import { FopError, isErrno } from '../fop/error.js';
import { O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } from '../fop/fd.js';
import { type ByteString, byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';

/** Only for small files. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A small file that is replaced as a whole: readers, and a machine that starts again, see the old one or the new one. */
export class DurableFile {
  private readonly path: ByteString;

  constructor(
    private readonly disk: Disk,
    path: string,
  ) {
    this.path = byteString(path);
  }

  /** Writes aside, syncs, keeps the old one as `.bak`, renames and syncs the directory. One call at a time. */
  async replace(content: Uint8Array): Promise<void> {
    const aside = `${this.path}.tmp`;
    await writeSynced(this.disk, aside, content);
    this.keepOld();
    this.disk.rename(aside, this.path);
    await this.disk.fsyncdir(directoryOf(this.path));
  }

  /** Neither name is ever missing in between: the backup is a second link to the file, renamed over the one before. */
  private keepOld(): void {
    const next = `${this.path}.bak.tmp`;
    ignoreMissing(() => this.disk.unlink(next));
    ignoreMissing(() => {
      this.disk.link(this.path, next);
      this.disk.rename(next, `${this.path}.bak`);
    });
  }
}

/** Reads a small file. Throws a FopError, EFBIG where it is not small. */
export function readWhole(disk: Disk, path: ByteString): Buffer {
  const file = disk.open(path, O_RDONLY | O_NOFOLLOW, 0);
  try {
    const { size } = disk.fstat(file);
    if (size > MAX_BYTES) throw new FopError('EFBIG', 'read');
    const content = Buffer.alloc(size);
    let have = 0;
    while (have < size) {
      const count = disk.read(file, content.subarray(have), have);
      if (count === 0) break;
      have += count;
    }
    return content.subarray(0, have);
  } finally {
    disk.close(file);
  }
}

/** Writes a file of mode 0600 that is on the platter when it settles; its name may not be. */
export async function writeSynced(
  disk: Disk,
  path: ByteString,
  content: Uint8Array,
): Promise<void> {
  const file = disk.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    for (let done = 0; done < content.length; )
      done += disk.write(file, content.subarray(done), done);
    await disk.fsync(file);
  } finally {
    disk.close(file);
  }
}

/** Runs `act`; that something was not there is no failure. */
export function ignoreMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

export function directoryOf(path: ByteString): ByteString {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
