import { gfidFromBytes } from '../../src/fop/gfid.js';
import { isRegular } from '../../src/fop/iatt.js';
import type { SimDisk } from './disk.js';
import { BLOCK_BYTES } from './replica-client.js';

/** What one brick holds in its root, read past everything that serves it. */
export interface BrickPicture {
  readonly contents: ReadonlyMap<string, string>;
  /** Marks that are left. */
  readonly marked: readonly string[];
  block(key: string): string;
  differences(other: BrickPicture, who: string): readonly string[];
  readonly lines: ReadonlyMap<string, string>;
}

export function brickPicture(disk: SimDisk, directory: string): BrickPicture {
  const contents = new Map<string, string>();
  const lines = new Map<string, string>();
  const marked = marksOf(disk, directory, '/');
  for (const { name } of disk.readdir(directory)) {
    if (name.startsWith('.glusterfs') || name === '.' || name === '..') continue;
    const path = `${directory}/${name}`;
    const stat = disk.lstat(path);
    const text = isRegular(stat) ? textOf(disk, path, stat.size) : '';
    contents.set(name, text);
    const gfid = gfidFromBytes(disk.getxattr(path, 'trusted.gfid'));
    lines.set(name, `${gfid} ${stat.mode.toString(8)} ${stat.nlink} ${JSON.stringify(text)}`);
    marked.push(...marksOf(disk, path, name));
  }
  return {
    contents,
    lines,
    marked,
    block: (key) => blockOf(contents, key),
    differences: (other, who) => differences(lines, other.lines, who),
  };
}

function differences(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
  who: string,
): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => `${who} differ in ${name}: ${one.get(name)} and ${other.get(name)}`);
}

function textOf(disk: SimDisk, path: string, size: number): string {
  const bytes = Buffer.alloc(size);
  const file = disk.open(path, 0, 0);
  disk.read(file, bytes, 0);
  disk.close(file);
  return bytes.toString('latin1');
}

function marksOf(disk: SimDisk, path: string, name: string): string[] {
  return disk.listxattr(path).flatMap((key) => {
    if (!key.startsWith('trusted.afr.')) return [];
    const value = disk.getxattr(path, key);
    return value.every((byte) => byte === 0)
      ? []
      : [`${name} is marked ${key}=${value.toString('hex')}`];
  });
}

/** The file and the number of the block; empty where the file is not there or is shorter. */
function blockOf(contents: ReadonlyMap<string, string>, key: string): string {
  const at = key.lastIndexOf(':');
  const text = contents.get(key.slice(0, at)) ?? '';
  const start = Number(key.slice(at + 1)) * BLOCK_BYTES;
  return text.slice(start, start + BLOCK_BYTES).replaceAll(/[.\0]+$/g, '');
}
