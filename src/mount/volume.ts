import { type Dict, dictBytes, dictOfBytes, NO_DICT } from '../fop/dict.js';
import { FopError } from '../fop/error.js';
import type { DirentPlus } from '../fop/fops.js';
import { type Frame, ROOT_FRAME } from '../fop/frame.js';
import { type Gfid, NULL_GFID } from '../fop/gfid.js';
import { type Iatt, isDirectory, isRegular } from '../fop/iatt.js';
import type { ByteString } from '../fop/name.js';
import type { Translator } from '../fop/translator.js';
import { outcomeOf } from '../fop/wind.js';
import { readContent, writeContent } from './content.js';
import { Directories } from './directories.js';
import { listDirectory } from './listing.js';
import { components, parentAndName, type VolumePath } from './volume-path.js';
import { Walk, type Wind } from './walk.js';

export interface VolumeOptions {
  /** On whose behalf; root of this process by default. */
  readonly frame?: Frame;
  /** Makes the gfid of each new file and directory that is created without a given one. */
  readonly newGfid: () => Gfid;
  /** Remember the gfids of directories. For the only writer of a volume. */
  readonly remembersDirectories?: boolean;
}

/** What a new file or directory is to be. */
export interface Creation {
  readonly gfid?: Gfid;
  /** Permission bits. */
  readonly mode?: number;
}

const MAX_FILE_BYTES = 1024 * 1024 * 1024;
const MAX_LINK_BYTES = 4096;
const MAX_ENTRIES = 10_000_000;

/**
 * A volume by path, for programs: over the top of a graph, or over any translator. Errors are FopErrors with the numbers of
 * the system calls of the same name. Symlinks are not followed.
 */
export class Volume {
  private readonly wind: Wind;
  private readonly walk: Walk;

  constructor(
    private readonly top: Translator,
    private readonly options: VolumeOptions,
    directories = options.remembersDirectories ? new Directories() : undefined,
  ) {
    const frame = options.frame ?? ROOT_FRAME;
    this.wind = (fop, request) => top.wind(fop, request, frame);
    this.walk = new Walk(this.wind, directories);
  }

  /** The same volume on behalf of somebody else, or with another time for changes. */
  as(frame: Frame): Volume {
    return new Volume(this.top, { ...this.options, frame }, this.walk.directories);
  }

  /** The attributes of a path, its gfid among them. */
  async stat(path: VolumePath): Promise<Iatt> {
    return (await this.walk.lookup(components(path))).stat;
  }

  /**
   * As `stat`; what somebody put on a brick by hand and has no gfid yet gets one. ENOENT within a second of its making:
   * it may be in the making still.
   */
  async takeIn(path: VolumePath): Promise<Iatt> {
    const xdata: Dict = new Map([['gfid-req', { type: 'gfid', gfid: this.options.newGfid() }]]);
    return (await this.walk.lookup(components(path), xdata)).stat;
  }

  /** The whole content of a regular file, of one moment. EFBIG beyond `maxBytes`. */
  async readFile(path: VolumePath, maxBytes = MAX_FILE_BYTES): Promise<Buffer> {
    const stat = await this.stat(path);
    if (!isRegular(stat)) throw new FopError(isDirectory(stat) ? 'EISDIR' : 'EINVAL', 'readFile');
    return readContent(this.wind, stat, maxBytes);
  }

  /**
   * Gives a path this content. One that exists keeps its gfid and mode; a new one takes the given ones (mode 0644 by
   * default). Atomic on this engine's bricks (see writeContent).
   */
  async writeFile(path: VolumePath, data: Buffer, creation: Creation = {}): Promise<Iatt> {
    const { parent, name: bname } = parentAndName(path);
    const gfid = creation.gfid ?? this.options.newGfid();
    const mode = creation.mode ?? 0o644;
    const time = this.options.frame?.time;
    return this.walk.inDirectory(parent, (pargfid) =>
      writeContent(this.wind, { pargfid, bname, mode, data, gfid, time }),
    );
  }

  /** Makes a directory, of mode 0755 by default. EEXIST where the name is taken. */
  async mkdir(path: VolumePath, creation: Creation = {}): Promise<Iatt> {
    const { parent, name: bname } = parentAndName(path);
    const gfid = creation.gfid ?? this.options.newGfid();
    const xdata: Dict = new Map([['gfid-req', { type: 'gfid', gfid }]]);
    const mode = creation.mode ?? 0o755;
    return this.walk.inDirectory(parent, async (pargfid) => {
      return (await this.wind('mkdir', { pargfid, bname, mode, umask: 0, xdata })).stat;
    });
  }

  /** Where a symlink points to. EINVAL for anything else. */
  async readlink(path: VolumePath): Promise<ByteString> {
    const { gfid } = await this.stat(path);
    const { path: target } = await this.wind('readlink', {
      gfid,
      size: MAX_LINK_BYTES,
      xdata: NO_DICT,
    });
    return target;
  }

  async unlink(path: VolumePath): Promise<void> {
    const { parent, name: bname } = parentAndName(path);
    await this.walk.inDirectory(parent, (pargfid) =>
      this.wind('unlink', { pargfid, bname, xflags: 0, xdata: NO_DICT }),
    );
  }

  /** Removes an empty directory; ENOTEMPTY otherwise. */
  async rmdir(path: VolumePath): Promise<void> {
    const { parent, name: bname } = parentAndName(path);
    this.walk.directories?.forget([...parent, bname]);
    await this.walk.inDirectory(parent, (pargfid) =>
      this.wind('rmdir', { pargfid, bname, xflags: 0, xdata: NO_DICT }),
    );
  }

  /** Replaces what is at `to`, as `rename(2)`. */
  async rename(from: VolumePath, to: VolumePath): Promise<Iatt> {
    const source = parentAndName(from);
    const target = parentAndName(to);
    for (const { parent, name } of [source, target])
      this.walk.directories?.forget([...parent, name]);
    const names = { oldbname: source.name, newbname: target.name, xdata: NO_DICT };
    return this.walk.inDirectory(source.parent, (oldpargfid) =>
      this.walk.inDirectory(target.parent, async (newpargfid) => {
        return (await this.wind('rename', { oldpargfid, newpargfid, ...names })).stat;
      }),
    );
  }

  /** The names of a directory with their attributes, sorted by name. */
  async list(path: VolumePath, maxEntries = MAX_ENTRIES): Promise<DirentPlus[]> {
    const { stat } = await this.walk.lookup(components(path));
    if (!isDirectory(stat)) throw new FopError('ENOTDIR', 'list');
    const listed = await listDirectory(this.wind, stat.gfid, maxEntries);
    const found: DirentPlus[] = [];
    for (const entry of listed) found.push(await this.withAttributes(stat.gfid, entry));
    return found.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** A listing may leave attributes out, of copies that are not good where it was read; a lookup has them. */
  private async withAttributes(pargfid: Gfid, entry: DirentPlus): Promise<DirentPlus> {
    if (entry.stat.gfid !== NULL_GFID) return entry;
    const request = { gfid: NULL_GFID, pargfid, bname: entry.name, xdata: NO_DICT };
    const outcome = await outcomeOf(this.wind('lookup', request));
    return 'reply' in outcome ? { ...entry, stat: outcome.reply.stat } : entry;
  }

  async setxattr(path: VolumePath, name: ByteString, value: Buffer): Promise<void> {
    const { gfid } = await this.stat(path);
    const dict = dictOfBytes([[name, value]]);
    await this.wind('setxattr', { gfid, flags: 0, dict, xdata: NO_DICT });
  }

  /** One extended attribute; ENODATA where it is not set. */
  async getxattr(path: VolumePath, name: ByteString): Promise<Buffer> {
    const { gfid } = await this.stat(path);
    const { dict } = await this.wind('getxattr', { gfid, name, xdata: NO_DICT });
    const value = dictBytes(dict, name);
    if (!value) throw new FopError('ENODATA', 'getxattr');
    return Buffer.from(value);
  }
}
