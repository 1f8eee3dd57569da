import { isErrno } from '../../../fop/error.js';
import type { Gfid } from '../../../fop/gfid.js';
import { type ByteString, isComponent } from '../../../fop/name.js';
import type { Disk } from '../../../platform/disk.js';
import type { Random } from '../../../platform/platform.js';

/** What an index notes: inodes that owe a copy something, inodes with a change under way, and names. */
export const INDEX_KINDS = ['xattrop', 'dirty', 'entry-changes'] as const;
export type IndexKind = (typeof INDEX_KINDS)[number];

const O_CREAT_EXCL = 0o301;
/** A filesystem that counts no more links to one file says so now and then; a new file begins a new count. */
const MAX_BASE_FILES = 8;

/**
 * The directories below `.glusterfs/indices` (engine reference, A.4). An entry is a hard link to an empty base file of
 * the same directory, so it costs no inode:
 *
 *     xattrop/<gfid>   dirty/<gfid>   entry-changes/<gfid of the parent>/<name>
 *
 * beside `<kind>/<kind>-<uuid>`, the base files. Every change is of one system call, and doing it again does no harm.
 */
export class IndexFiles {
  private uuid: string;

  constructor(
    private readonly disk: Disk,
    private readonly random: Random,
    /** `index-base` of the volfile. */
    readonly base: ByteString,
  ) {
    this.uuid = random.uuid();
  }

  /** Makes what is missing. Throws where the brick has no `.glusterfs`: it is the brick's to make. */
  prepare(): void {
    for (const path of [this.base, ...INDEX_KINDS.map((kind) => this.directory(kind))])
      unless('EEXIST', () => this.disk.mkdir(path, 0o700));
    // Base files of earlier runs would be taken for entries by nobody, but they would gather.
    for (const kind of INDEX_KINDS)
      for (const name of this.baseFiles(kind))
        unless('ENOENT', () => this.disk.unlink(`${this.directory(kind)}/${name}`));
  }

  directory(kind: IndexKind): ByteString {
    return `${this.base}/${kind}`;
  }

  private baseFiles(kind: IndexKind): ByteString[] {
    const names = this.disk.readdir(this.directory(kind)).map(({ name }) => name);
    return names.filter((name) => isBaseFile(kind, name));
  }

  add(kind: 'xattrop' | 'dirty', gfid: Gfid): void {
    this.link(kind, `${this.directory(kind)}/${gfid}`);
  }

  remove(kind: 'xattrop' | 'dirty', gfid: Gfid): void {
    unless('ENOENT', () => this.disk.unlink(`${this.directory(kind)}/${gfid}`));
  }

  /** Notes a name that a copy of its directory may lack. */
  addName(parent: Gfid, name: ByteString): void {
    if (!isComponent(name)) return;
    const directory = this.names(parent);
    // As the directories that the brick has made: who is not root needs its own permission.
    const mode = this.disk.lstat(this.base).mode & 0o777;
    unless('EEXIST', () => this.disk.mkdir(directory, mode));
    this.link('entry-changes', `${directory}/${name}`);
  }

  /**
   * The list stays while its directory is owed something, even without a name in it: a healer of GlusterFS gives up where it finds
   * no list on the copy that it heals from.
   */
  removeName(parent: Gfid, name: ByteString): void {
    if (!isComponent(name)) return;
    this.dropName(parent, name);
    if (!this.isNoted('xattrop', parent)) this.removeEmpty(parent);
  }

  private isNoted(kind: 'xattrop' | 'dirty', gfid: Gfid): boolean {
    try {
      this.disk.lstat(`${this.directory(kind)}/${gfid}`);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Forgets all names of a directory. */
  purge(parent: Gfid): void {
    for (const name of this.listNames(parent)) this.dropName(parent, name);
    this.removeEmpty(parent);
  }

  private dropName(parent: Gfid, name: ByteString): void {
    unless('ENOENT', () => this.disk.unlink(`${this.names(parent)}/${name}`));
  }

  private removeEmpty(parent: Gfid): void {
    unless('ENOTEMPTY', () => unless('ENOENT', () => this.disk.rmdir(this.names(parent))));
  }

  list(kind: IndexKind): readonly ByteString[] {
    const all = this.disk.readdir(this.directory(kind)).map(({ name }) => name);
    return all.filter((name) => !isBaseFile(kind, name)).sort();
  }

  /** The names noted for a directory; none where nothing is. */
  listNames(parent: Gfid): readonly ByteString[] {
    try {
      return this.disk
        .readdir(this.names(parent))
        .map(({ name }) => name)
        .sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  names(parent: Gfid): ByteString {
    return `${this.directory('entry-changes')}/${parent}`;
  }

  /** Links a base file to `path`: the one there is, or one that is made now. */
  private link(kind: IndexKind, path: ByteString): void {
    for (let tries = 1; ; tries++) {
      const base = `${this.directory(kind)}/${kind}-${this.uuid}`;
      try {
        this.disk.link(base, path);
        return;
      } catch (error) {
        if (isErrno(error, 'EEXIST')) return;
        if (tries >= MAX_BASE_FILES || !isErrno(error, 'ENOENT', 'EMLINK')) throw error;
        if (isErrno(error, 'EMLINK')) this.uuid = this.random.uuid();
      }
      this.makeBase(`${this.directory(kind)}/${kind}-${this.uuid}`);
    }
  }

  private makeBase(path: ByteString): void {
    unless('EEXIST', () => this.disk.close(this.disk.open(path, O_CREAT_EXCL, 0)));
  }
}

function isBaseFile(kind: IndexKind, name: ByteString): boolean {
  return name.startsWith(`${kind}-`);
}

function unless(errno: 'EEXIST' | 'ENOENT' | 'ENOTEMPTY', work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, errno)) throw error;
  }
}
