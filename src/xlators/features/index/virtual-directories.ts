import { isErrno } from '../../../fop/error.js';
import { type Gfid, gfidBytes } from '../../../fop/gfid.js';
import { type Iatt, NO_IATT } from '../../../fop/iatt.js';
import type { ByteString } from '../../../fop/name.js';
import type { Disk } from '../../../platform/disk.js';
import type { Random } from '../../../platform/platform.js';
import { INDEX_KINDS, type IndexFiles, type IndexKind } from './index-files.js';

/** A directory of the index as clients reach it: one of the three, or one of names below the third. */
export type IndexDirectory =
  | { readonly kind: IndexKind; readonly parent?: undefined }
  | { readonly kind: 'names'; readonly parent: Gfid };

/** By which a client asks for the gfid of a directory, and how many entries are in it. */
const GFID_KEY: Readonly<Record<IndexKind, string>> = {
  xattrop: 'glusterfs.xattrop_index_gfid',
  dirty: 'glusterfs.xattrop_dirty_gfid',
  'entry-changes': 'glusterfs.xattrop_entry_changes_gfid',
};
const COUNT_KEY = new Map<string, IndexKind>([
  ['glusterfs.xattrop_index_count', 'xattrop'],
  ['glusterfs.xattrop_dirty_count', 'dirty'],
]);

/** Directories of names that clients may know at once; of more, the one asked for longest ago is forgotten. */
const MAX_NAMES_DIRECTORIES = 65_536;

/** The index under gfids that nobody else has, drawn anew with each start. */
export class VirtualDirectories {
  private readonly byGfid = new Map<Gfid, IndexDirectory>();
  private readonly gfids: Readonly<Record<IndexKind, Gfid>>;
  private readonly namesGfids = new Map<Gfid, Gfid>();

  constructor(
    private readonly files: IndexFiles,
    private readonly disk: Disk,
    private readonly random: Random,
  ) {
    const draw = (kind: IndexKind): Gfid => {
      const gfid = random.uuid();
      this.byGfid.set(gfid, { kind });
      return gfid;
    };
    this.gfids = {
      xattrop: draw('xattrop'),
      dirty: draw('dirty'),
      'entry-changes': draw('entry-changes'),
    };
  }

  find(gfid: Gfid): IndexDirectory | undefined {
    return this.byGfid.get(gfid);
  }

  /** The bytes of the gfid that an attribute of the root means. */
  gfidOfKey(key: string): Buffer | undefined {
    const kind = INDEX_KINDS.find((each) => GFID_KEY[each] === key);
    return kind && gfidBytes(this.gfids[kind]);
  }

  countOfKey(key: string): bigint | undefined {
    const kind = COUNT_KEY.get(key);
    return kind && BigInt(this.files.list(kind).length);
  }

  /** The gfid of the directory of a parent's names; undefined where nothing is noted. */
  namesOf(parent: Gfid): Gfid | undefined {
    if (this.stat({ kind: 'names', parent }, parent) === undefined) return undefined;
    const known = this.namesGfids.get(parent) ?? this.random.uuid();
    this.namesGfids.delete(parent);
    this.namesGfids.set(parent, known);
    this.byGfid.set(known, { kind: 'names', parent });
    this.forgetOldest();
    return known;
  }

  private forgetOldest(): void {
    if (this.namesGfids.size <= MAX_NAMES_DIRECTORIES) return;
    for (const [parent, gfid] of this.namesGfids) {
      this.namesGfids.delete(parent);
      this.byGfid.delete(gfid);
      return;
    }
  }

  path(directory: IndexDirectory): ByteString {
    return directory.kind === 'names'
      ? this.files.names(directory.parent)
      : this.files.directory(directory.kind);
  }

  /** The attributes of a directory, or of an entry in it, under `gfid`; undefined where it is not there. */
  stat(directory: IndexDirectory, gfid: Gfid, name?: ByteString): Iatt | undefined {
    const path = this.path(directory);
    try {
      const { ino: _ino, ...stat } = this.disk.lstat(name === undefined ? path : `${path}/${name}`);
      return { ...NO_IATT, ...stat, gfid };
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  list(directory: IndexDirectory): readonly ByteString[] {
    return directory.kind === 'names'
      ? this.files.listNames(directory.parent)
      : this.files.list(directory.kind);
  }
}
