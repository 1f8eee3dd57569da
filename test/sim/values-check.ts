import { createHash } from 'node:crypto';
import { type DesiredValue, derivedValues, desiredValue } from '../../src/config/desired-values.js';
import type { Store } from '../../src/config/store.js';
import { gfidFromBytes } from '../../src/fop/gfid.js';
import { HIDDEN_DIRECTORY, handlePath } from '../../src/xlators/storage/posix/handle-path.js';
import { GFID_XATTR } from '../../src/xlators/storage/posix/xattr-name.js';
import type { SimDisk } from './disk.js';

interface Stands {
  readonly gfid: string;
  readonly isDirectory: boolean;
  readonly content: string;
}

/** A values export as it stands on the disk, one line per path: kind, gfid, bytes. */
export function valuesOnDisk(disk: SimDisk, root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  walk(disk, root, '', (key, stands) => found.set(key, line(stands)));
  return found;
}

/** What the export should hold, in the same lines. */
export function valuesOf(store: Store, cluster: string): ReadonlyMap<string, string> {
  const wanted = new Map<string, DesiredValue>(derivedValues(store, cluster));
  for (const key of [...store.directoriesWithin(''), ...store.keysWithin('')]) {
    const desired = desiredValue(store, cluster, key);
    if (desired) wanted.set(key, desired);
  }
  return new Map(
    [...wanted].map(([key, { gfid, kind, value }]) => [
      key,
      line({ gfid, isDirectory: kind === 'directory', content: value.toString('latin1') }),
    ]),
  );
}

/** How two copies differ, in words. */
export function differences(
  name: string,
  found: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): string[] {
  const keys = new Set([...found.keys(), ...wanted.keys()]);
  return [...keys]
    .filter((key) => found.get(key) !== wanted.get(key))
    .map((key) => `${name}: ${key} is ${found.get(key)}, and should be ${wanted.get(key)}`);
}

function line({ gfid, isDirectory, content }: Stands): string {
  return `${isDirectory ? 'directory' : 'file'} ${gfid} ${shown(content)}`;
}

/** A value for people: what is long is told by its length and its hash. */
export function shown(content: string): string {
  if (content.length < 200) return JSON.stringify(content);
  const hash = createHash('sha256').update(content, 'latin1').digest('hex');
  return `${JSON.stringify(content.slice(0, 30))}… ${content.length} bytes, ${hash.slice(0, 16)}`;
}

function walk(
  disk: SimDisk,
  root: string,
  prefix: string,
  visit: (key: string, stands: Stands) => void,
): void {
  for (const { name } of disk.readdir(prefix === '' ? root : `${root}/${prefix}`)) {
    if (prefix === '' && name === HIDDEN_DIRECTORY) continue;
    const key = prefix === '' ? name : `${prefix}/${name}`;
    const stands = standsAt(disk, root, key);
    visit(key, stands);
    if (stands.isDirectory) walk(disk, root, key, visit);
  }
}

function standsAt(disk: SimDisk, root: string, key: string): Stands {
  const path = `${root}/${key}`;
  const { mode, size, ino } = disk.lstat(path);
  const gfid = gfidFromBytes(disk.getxattr(path, GFID_XATTR));
  const isDirectory = (mode & 0o170000) === 0o040000;
  if (isDirectory) return { gfid, isDirectory, content: '' };
  const bytes = Buffer.alloc(size);
  const file = disk.open(path, 0, 0);
  disk.read(file, bytes, 0);
  disk.close(file);
  const isHandled = disk.lstat(`${root}/${handlePath(gfid)}`).ino === ino;
  return { gfid, isDirectory, content: bytes.toString('latin1') + (isHandled ? '' : ' unhandled') };
}
