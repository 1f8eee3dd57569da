import * as fs from 'node:fs';
import type { ByteString } from '../../fop/name.js';
import type { DiskDirent } from '../disk.js';
import { calling } from './failure.js';
import { type SystemCalls, systemCalls } from './syscalls.js';

const O_DIRECTORY_ONLY = fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;

/** All names of a directory but `.` and `..`, in the filesystem's order. */
export function readDirectory(path: ByteString): readonly DiskDirent[] {
  const calls = systemCalls();
  const name = Buffer.from(path, 'latin1');
  return calls === undefined ? readWithStat(name) : readWithGetdents(name, calls);
}

function readWithGetdents(name: Buffer, calls: SystemCalls): DiskDirent[] {
  const file = calling('opendir', () => fs.openSync(name, O_DIRECTORY_ONLY));
  try {
    const block = Buffer.alloc(32_768);
    const found: DiskDirent[] = [];
    for (let size = calls.getdents64(file, block); size > 0; size = calls.getdents64(file, block))
      decodeBlock(block, size, found);
    return found;
  } finally {
    fs.closeSync(file);
  }
}

/** `struct linux_dirent64`: ino 8, offset 8, record length 2, type 1, name with its NUL. */
function decodeBlock(block: Buffer, size: number, found: DiskDirent[]): void {
  for (let at = 0; at < size; at += block.readUInt16LE(at + 16)) {
    const name = block.toString('latin1', at + 19, block.indexOf(0, at + 19));
    if (name === '.' || name === '..') continue;
    found.push({ name, ino: block.readBigUInt64LE(at), type: block.readUInt8(at + 18) });
  }
}

/** Without koffi: Node tells no inode numbers, so each name is asked for its own. */
function readWithStat(path: Buffer): DiskDirent[] {
  return calling('readdir', () =>
    fs.readdirSync(path, { encoding: 'buffer' }).flatMap((name) => {
      const child = Buffer.concat([path, Buffer.from('/'), name]);
      const stat = fs.lstatSync(child, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) return [];
      const type = Number((stat.mode >> 12n) & 0o17n);
      return [{ name: name.toString('latin1'), ino: stat.ino, type }];
    }),
  );
}
