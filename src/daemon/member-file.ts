import { FopError } from '../fop/error.js';
import { S_IFMT, S_IFREG } from '../fop/iatt.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { type MemberHost, memberHost } from './member-host.js';
import { readSmallBytes } from './small-file.js';

/** Some ten thousand lines. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a file of members: a HOST or HOST:PORT on each line, blank lines and what follows a `#` left away. Throws an Error that says
 * what is wrong, with the number of the line; half a list is none.
 */
export function readMemberFile(disk: Disk, path: string): readonly MemberHost[] {
  return memberLines(readText(disk, path));
}

/** The members in a text. Throws an Error that names the line. */
export function memberLines(text: string): readonly MemberHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const word = line.replace(/#.*/, '').trim();
    if (word === '') return [];
    try {
      return [memberHost(word)];
    } catch {
      throw new Error(`line ${index + 1} is neither HOST nor HOST:PORT: ${JSON.stringify(word)}`);
    }
  });
}

/** Changes whenever the file may have: also when another one took its name, and when it went or came. */
export function stampOf(disk: Disk, path: string): string {
  try {
    const { ino, size, mtime, mtimeNsec, ctime, ctimeNsec } = disk.stat(byteString(path));
    return [ino, size, mtime, mtimeNsec, ctime, ctimeNsec].join(' ');
  } catch (error) {
    return error instanceof FopError ? error.errno : String(error);
  }
}

function readText(disk: Disk, path: string): string {
  const text = readBytes(disk, path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}

function readBytes(disk: Disk, path: string): Buffer {
  try {
    const isFile = (disk.stat(byteString(path)).mode & S_IFMT) === S_IFREG;
    if (!isFile) throw new Error('it is not a file');
    return readSmallBytes(disk, path, MAX_BYTES);
  } catch (error) {
    if (!(error instanceof FopError)) throw error;
    if (error.errno === 'EFBIG') throw new Error(`it has more than ${MAX_BYTES} bytes`);
    throw new Error(error.errno === 'ENOENT' ? 'it is missing' : error.message);
  }
}
