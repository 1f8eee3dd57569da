import { FopError } from '../fop/error.js';
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from '../fop/fd.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';

/** The whole of a small file as text. EFBIG beyond `maxBytes`. */
export function readSmallFile(disk: Disk, path: string, maxBytes: number): string {
  return readSmallBytes(disk, path, maxBytes).toString('utf8');
}

/** The whole of a small file. EFBIG beyond `maxBytes`. */
export function readSmallBytes(disk: Disk, path: string, maxBytes: number): Buffer {
  const file = disk.open(byteString(path), O_RDONLY, 0);
  try {
    const into = Buffer.allocUnsafe(maxBytes + 1);
    let size = 0;
    for (let count = -1; count !== 0 && size <= maxBytes; size += count)
      count = disk.read(file, into.subarray(size), size);
    if (size > maxBytes) throw new FopError('EFBIG', path);
    return into.subarray(0, size);
  } finally {
    disk.close(file);
  }
}

/** Makes or replaces a small file, in place. */
export function writeSmallFile(disk: Disk, path: string, text: string, mode: number): void {
  const file = disk.open(byteString(path), O_WRONLY | O_CREAT | O_TRUNC, mode);
  try {
    const data = Buffer.from(text);
    for (let at = 0; at < data.length; ) at += disk.write(file, data.subarray(at), at);
  } finally {
    disk.close(file);
  }
}
