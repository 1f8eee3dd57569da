import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import { hash64 } from '../../src/xlators/storage/posix/hash64.js';
import { shell } from './shell.js';

/**
 * All that a brick holds, as lines that two bricks can be compared by: names with their attributes, xattrs and contents, and what
 * lies in `.glusterfs`, but for what is on its way out. Times are left out, also those in `trusted.glusterfs.mdata`. Each line says itself what is wrong in
 * the brick: a handle that is no handle of its inode, a gfid2path whose hash is another.
 */
export async function brickPicture(
  directory: string,
  gfids: 'as they are' | 'by name' = 'as they are',
): Promise<string[]> {
  const picture = new Picture(directory, await xattrsBelow(directory), gfids === 'by name');
  return [...picture.names(), ...picture.hidden()].sort();
}

type Xattrs = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Every xattr below a directory, in hexadecimal, by relative path and name. */
async function xattrsBelow(directory: string): Promise<Xattrs> {
  const dump =
    'export LC_ALL=C; cd $1; find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex --';
  const all = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of (await shell(dump, directory)).split('\n')) {
    const file = /^# file: (.*)$/.exec(line)?.[1];
    const [name = '', value = ''] = line.split('=', 2);
    if (file !== undefined) {
      current = new Map();
      all.set(unescaped(file).replace(/^\.(\/|$)/, ''), current);
    } else if (name !== '') current.set(unescaped(name), value.replace(/^0x/, ''));
  }
  return all;
}

/** getfattr writes odd bytes as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

class Picture {
  private readonly pathOf = new Map<string, string>();

  constructor(
    private readonly directory: string,
    private readonly xattrs: Xattrs,
    private readonly isByName: boolean,
  ) {
    for (const path of [...xattrs.keys()].sort()) {
      const gfid = this.gfid(path);
      if (gfid === undefined || isHidden(path)) continue;
      if (!this.pathOf.has(gfid)) this.pathOf.set(gfid, path);
    }
  }

  /** What clients see. */
  names(): string[] {
    return this.walk('', (name) => name !== '.glusterfs').flatMap((path) => [
      `${path} ${this.described(path)}`,
      ...this.handleProblems(path),
    ]);
  }

  /** What the brick keeps for itself. */
  hidden(): string[] {
    return this.walk('.glusterfs', () => true).flatMap((path) => {
      if (/^\.glusterfs\/(health_check|(changelogs|landfill)\/.*)$/.test(path)) return [];
      const handle = /^\.glusterfs\/..\/..\/([0-9a-f-]{36})$/.exec(path)?.[1];
      if (handle !== undefined) return [`handle of ${this.shown(handle)} ${this.handle(path)}`];
      const base = /^(\.glusterfs\/indices\/[^/]*\/)(xattrop|dirty|entry-changes)-[0-9a-f-]{36}$/;
      if (base.test(path)) return [];
      const second = /^\.glusterfs\/[0-9a-f]{2}\/[0-9a-f]{2}$/.test(path);
      const { mode } = this.stat(path);
      if (second) return mode === 0o40700 ? [] : [`${path} has mode ${octal(mode)}`];
      return [`${this.withoutGfids(path)} ${octal(mode)}`];
    });
  }

  private walk(path: string, isWanted: (name: string) => boolean): string[] {
    if (!this.stat(path).isDirectory()) return [path];
    const names = readdirSync(this.full(path), 'latin1').filter(isWanted);
    const below = names.flatMap((name) => this.walk(join(path, name), isWanted));
    return [path, ...below];
  }

  /** Names are bytes, each of which is a character here. */
  private full(path: string): Buffer {
    return Buffer.from(join(this.directory, path), 'latin1');
  }

  private stat(path: string): Stats {
    return lstatSync(this.full(path));
  }

  private gfid(path: string): string | undefined {
    return dashed(this.xattrs.get(path)?.get('trusted.gfid') ?? '');
  }

  private shown(gfid: string): string {
    return this.isByName ? `<${this.pathOf.get(gfid) ?? ' has no name'}>` : gfid;
  }

  private withoutGfids(text: string): string {
    return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (gfid) => this.shown(gfid));
  }

  private described(path: string): string {
    const stat = this.stat(path);
    const links = stat.isDirectory() ? '' : ` links ${stat.nlink}`;
    const what = `${octal(stat.mode)} ${stat.uid}:${stat.gid}${links} ${this.content(path, stat)}`;
    const xattrs = [...(this.xattrs.get(path) ?? [])]
      .map(([name, value]) => this.xattr(path, name, value))
      .sort();
    return `${what} {${xattrs.join(', ')}}`;
  }

  private content(path: string, stat: Stats): string {
    const full = this.full(path);
    if (stat.isSymbolicLink()) return `-> ${readlinkSync(full, 'latin1')}`;
    if (stat.isCharacterDevice() || stat.isBlockDevice()) return `device ${stat.rdev}`;
    if (!stat.isFile()) return '';
    return `size ${stat.size} ${createHash('sha256').update(readFileSync(full)).digest('hex')}`;
  }

  private xattr(path: string, name: string, value: string): string {
    if (name === 'trusted.gfid') return `gfid ${this.shown(dashed(value) ?? value)}`;
    if (name === 'trusted.glusterfs.mdata')
      return `mdata ${value.length / 2} ${value.slice(0, 18)}`;
    const hash = /^trusted\.gfid2path\.(.*)$/.exec(name)?.[1];
    if (hash === undefined) return `${name}=${value}`;
    const place = Buffer.from(value, 'hex');
    const right = hash64(place).toString(16).padStart(16, '0');
    const problem = hash === right ? '' : ` (hash ${hash}, not ${right})`;
    const isStale = !this.isNameOf(place.toString('latin1'), path);
    return `${isStale ? 'once ' : ''}named ${this.withoutGfids(place.toString('latin1'))}${problem}`;
  }

  /** Whether `<gfid of parent>/<basename>` leads to the inode that lies at `path`. */
  private isNameOf(place: string, path: string): boolean {
    const parent = this.pathOf.get(place.slice(0, 36));
    if (parent === undefined) return false;
    const named = join(parent, place.slice(37));
    return this.gfid(named) !== undefined && this.gfid(named) === this.gfid(path);
  }

  /** Whether the gfid of a name leads to that very inode. */
  private handleProblems(path: string): string[] {
    const gfid = this.gfid(path);
    if (gfid === undefined) return [`${path} has no gfid`];
    const handle = `.glusterfs/${gfid.slice(0, 2)}/${gfid.slice(2, 4)}/${gfid}`;
    try {
      const [named, found] = [this.stat(path), this.stat(handle)];
      if (!named.isDirectory())
        return named.ino === found.ino ? [] : [`${path}: its handle is another inode`];
      if (!found.isSymbolicLink()) return [`${path}: its handle is no symlink`];
      const target = readlinkSync(this.full(handle), 'latin1');
      return path === '' || target === this.directoryTarget(path)
        ? []
        : [`${path}: its handle leads to ${target}`];
    } catch {
      return [`${path} has no handle`];
    }
  }

  private directoryTarget(path: string): string {
    const [parent, name] = [join(path, '..'), relative(join(path, '..'), path)];
    const gfid = this.gfid(parent === '.' ? '' : parent) ?? '';
    return `../../${gfid.slice(0, 2)}/${gfid.slice(2, 4)}/${gfid}/${name}`;
  }

  private handle(path: string): string {
    const stat = this.stat(path);
    if (stat.isSymbolicLink() && stat.nlink === 1) {
      const target = readlinkSync(this.full(path), 'latin1');
      return `-> ${this.withoutGfids(target).replace(/^\.\.\/\.\.\/..\/..\//, '')}`;
    }
    return `${octal(stat.mode)} links ${stat.nlink}`;
  }
}

function isHidden(path: string): boolean {
  return path === '.glusterfs' || path.startsWith('.glusterfs/');
}

function dashed(hex: string): string | undefined {
  if (hex.length !== 32) return undefined;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function octal(mode: number): string {
  return mode.toString(8);
}
