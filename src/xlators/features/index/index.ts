import type { Dict, DictValue } from '../../../fop/dict.js';
import { type ErrnoName, FopError } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { Dirent, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import { type Gfid, inodeNumber, isGfid } from '../../../fop/gfid.js';
import { NO_IATT, S_IFMT } from '../../../fop/iatt.js';
import { type ByteString, byteString } from '../../../fop/name.js';
import { type Handlers, PassThrough } from '../../../fop/translator.js';
import type { CreateContext, OptionSpec, TranslatorSpec } from '../../../graph/spec.js';
import { IndexFiles } from './index-files.js';
import { type IndexDirectory, VirtualDirectories } from './virtual-directories.js';
import { nameIn, type Watchlist, watched, watchlist } from './watch.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'index-base',
    kind: 'path',
    isRequired: true,
    doc: "Where the index stands: `.glusterfs/indices` of the brick's directory.",
  },
  {
    key: 'xattrop-pending-watchlist',
    kind: 'string',
    doc: 'Attributes that mark what another copy is owed, by the beginning of their names.',
  },
  {
    key: 'xattrop-dirty-watchlist',
    kind: 'string',
    doc: 'The attribute that marks a change under way.',
  },
  {
    key: 'xattrop64-watchlist',
    kind: 'string',
    doc: 'As xattrop-pending-watchlist, for marks of 64 bits.',
  },
];

const ENTRY_CREATE = 'glusterfs.xattrop-entry-create';
const ENTRY_DELETE = 'glusterfs.xattrop-entry-delete';
const PURGE = 'glusterfs.xattrop-purge-index';
const LINK_COUNT = 'link-count';
const TYPES_WANTED = 'get-gfid-type';
/** Whoever looks up one of the three directories may ask whether unlink or rmdir removes what is in it. */
const KIND_WANTED = 'glusterfs.index-ia-type-get-req';
const KIND_IS = 'glusterfs.index-ia-type-get-rsp';
const IA_IFREG = 1n;
const IA_IFDIR = 2n;
const ENTRY_BYTES = 217;
const DT_REG = 8;
const DT_DIR = 4;

/**
 * features/index: keeps lists of the inodes whose marks say that a copy is owed something, and of the names, so that a healer
 * need not walk the brick; and shows them as directories under gfids of their own.
 *
 * Promises: whatever is marked is listed. An entry is made before the mark is, and goes after the mark has gone; so after
 * a crash there may be one too many, which a healer removes, and never one too few.
 *
 * Relies on: a brick whose `.glusterfs` is there, and whose xattrop answers what stands afterwards.
 *
 *     volume vol-index
 *         type features/index
 *         option index-base /bricks/b0/.glusterfs/indices
 *         option xattrop-pending-watchlist trusted.afr.vol-
 *         option xattrop-dirty-watchlist trusted.afr.dirty
 *         subvolumes vol-barrier
 *     end-volume
 */
export class Index extends PassThrough {
  readonly type = 'features/index';
  private readonly files: IndexFiles;
  private readonly directories: VirtualDirectories;
  private readonly pending: Watchlist;
  private readonly dirty: Watchlist;
  private readonly turns = new Map<Gfid, Promise<unknown>>();
  /** Names of a directory as they were when its listing began. */
  private readonly listings = new WeakMap<Fd, readonly ByteString[]>();

  constructor({ name, options, children, platform }: CreateContext) {
    const [child] = children;
    if (child === undefined) throw new TypeError('features/index has one child');
    super(name, child);
    const base = byteString(options.required('index-base'));
    this.files = new IndexFiles(platform.disk, platform.random, base);
    this.directories = new VirtualDirectories(this.files, platform.disk, platform.random);
    this.pending = [
      ...watchlist(options.text('xattrop-pending-watchlist')),
      ...watchlist(options.text('xattrop64-watchlist')),
    ];
    this.dirty = watchlist(options.text('xattrop-dirty-watchlist'));
  }

  override async start(): Promise<void> {
    this.files.prepare();
  }

  protected readonly handlers: Handlers = {
    xattrop: (request, frame) =>
      this.marking(request.gfid, request, () => this.child.wind('xattrop', request, frame)),
    fxattrop: (request, frame) =>
      this.marking(request.fd.gfid, request, () => this.child.wind('fxattrop', request, frame)),
    lookup: (request, frame) => this.lookup(request, frame),
    stat: (request, frame) => this.statOf(request.gfid) ?? this.child.wind('stat', request, frame),
    fstat: (request, frame) => this.fstat(request, frame),
    getxattr: (request, frame) => this.getxattr(request, frame),
    opendir: async (request, frame) =>
      this.directories.find(request.gfid)
        ? { xdata: null }
        : this.child.wind('opendir', request, frame),
    readdir: async (request, frame) => {
      const directory = this.directories.find(request.fd.gfid);
      return directory
        ? this.readdir(directory, request, frame)
        : this.child.wind('readdir', request, frame);
    },
    releasedir: async (request, frame) =>
      this.directories.find(request.fd.gfid)
        ? { xdata: null }
        : this.child.wind('releasedir', request, frame),
    unlink: async (request, frame) => {
      const directory = this.directories.find(request.pargfid);
      return directory
        ? this.unlink(directory, request)
        : this.child.wind('unlink', request, frame);
    },
    rmdir: async (request, frame) => {
      const directory = this.directories.find(request.pargfid);
      return directory ? this.rmdir(directory, request) : this.child.wind('rmdir', request, frame);
    },
  };

  private error(errno: ErrnoName): FopError {
    return new FopError(errno, this.name);
  }

  /** One change of marks at a time for each inode: else an entry could go that another one has just made. */
  private marking<R extends Reply<'xattrop'>>(
    gfid: Gfid,
    { dict, xdata }: Pick<Request<'xattrop'>, 'dict' | 'xdata'>,
    wind: () => Promise<R>,
  ): Promise<R> {
    const isNoted = [this.pending, this.dirty].some((list) => watched(dict, list) !== undefined);
    if (!isNoted && !this.concernsNames(xdata)) return wind();
    const run = async (): Promise<R> => {
      this.noteBefore(gfid, dict, xdata);
      const reply = await wind();
      this.noteAfter(gfid, reply.dict, xdata);
      return reply;
    };
    const turn = (this.turns.get(gfid) ?? Promise.resolve()).then(run, run);
    this.turns.set(gfid, turn);
    const over = (): void => {
      if (this.turns.get(gfid) === turn) this.turns.delete(gfid);
    };
    turn.then(over, over);
    return turn;
  }

  private concernsNames(xdata: Dict): boolean {
    return [ENTRY_CREATE, ENTRY_DELETE, PURGE].some((key) => xdata?.has(key) === true);
  }

  private noteBefore(gfid: Gfid, dict: Dict, xdata: Dict): void {
    if (watched(dict, this.pending)) this.files.add('xattrop', gfid);
    if (watched(dict, this.dirty)) this.files.add('dirty', gfid);
    const created = nameIn(xdata, ENTRY_CREATE);
    if (created !== undefined) this.files.addName(gfid, created);
  }

  private noteAfter(gfid: Gfid, dict: Dict, xdata: Dict): void {
    const isOwed = watched(dict, this.pending);
    this.correct('xattrop', gfid, isOwed);
    this.correct('dirty', gfid, watched(dict, this.dirty));
    const deleted = nameIn(xdata, ENTRY_DELETE);
    if (deleted !== undefined) this.files.removeName(gfid, deleted);
    // What is still owed was marked while the healer worked: it has not seen those names.
    if (xdata?.has(PURGE) === true && isOwed === false) this.files.purge(gfid);
  }

  private correct(kind: 'xattrop' | 'dirty', gfid: Gfid, isSet: boolean | undefined): void {
    if (isSet === true) this.files.add(kind, gfid);
    if (isSet === false) this.files.remove(kind, gfid);
  }

  private async lookup(request: Request<'lookup'>, frame: Frame): Promise<Reply<'lookup'>> {
    const { gfid, pargfid, bname } = request;
    const itself = bname === '' ? this.directories.find(gfid) : undefined;
    if (itself) return { ...this.found(itself, gfid), xdata: entryKind(itself, request.xdata) };
    const directory = bname === '' ? undefined : this.directories.find(pargfid);
    if (directory) return this.lookupEntry(directory, bname);
    const reply = await this.child.wind('lookup', request, frame);
    return { ...reply, xdata: this.withLinkCount(request.xdata, reply.xdata) };
  }

  private lookupEntry(directory: IndexDirectory, name: ByteString): Reply<'lookup'> {
    if (directory.kind === 'entry-changes') {
      const gfid = isGfid(name) ? this.directories.namesOf(name) : undefined;
      if (gfid === undefined) throw this.error('ENOENT');
      return this.found({ kind: 'names', parent: name }, gfid);
    }
    const gfid = isGfid(name) ? name : undefined;
    const stat = gfid && this.directories.stat(directory, gfid, name);
    if (!stat) throw this.error('ENOENT');
    return { stat, postparent: NO_IATT, xdata: null };
  }

  private found(directory: IndexDirectory, gfid: Gfid): Reply<'lookup'> {
    const stat = this.directories.stat(directory, gfid);
    if (stat === undefined) throw this.error('ENOENT');
    return { stat, postparent: NO_IATT, xdata: null };
  }

  private statOf(gfid: Gfid): Promise<Reply<'stat'>> | undefined {
    const directory = this.directories.find(gfid);
    if (directory === undefined) return undefined;
    const stat = this.directories.stat(directory, gfid);
    return stat ? Promise.resolve({ stat, xdata: null }) : Promise.reject(this.error('ENOENT'));
  }

  private async fstat(request: Request<'fstat'>, frame: Frame): Promise<Reply<'fstat'>> {
    const own = this.statOf(request.fd.gfid);
    if (own) return own;
    const reply = await this.child.wind('fstat', request, frame);
    return { ...reply, xdata: this.withLinkCount(request.xdata, reply.xdata) };
  }

  /** Who asks for `link-count` wants to know whether anything is owed at all. */
  private withLinkCount(asked: Dict, answered: Dict): Dict {
    if (asked?.has(LINK_COUNT) !== true) return answered;
    const count = this.files.list('xattrop').length > 0 ? 1n : 0n;
    return new Map([...(answered ?? []), [LINK_COUNT, { type: 'int', int: count }]]);
  }

  private async getxattr(request: Request<'getxattr'>, frame: Frame): Promise<Reply<'getxattr'>> {
    const { name } = request;
    const value = name === undefined ? undefined : this.virtualXattr(name);
    if (name === undefined || value === undefined)
      return this.child.wind('getxattr', request, frame);
    return { dict: new Map([[name, value]]), xdata: null };
  }

  private virtualXattr(name: ByteString): DictValue | undefined {
    const bytes = this.directories.gfidOfKey(name);
    if (bytes) return { type: 'bytes', bytes };
    const count = this.directories.countOfKey(name);
    return count === undefined ? undefined : { type: 'uint', uint: count };
  }

  /** The cookie of a name is its place in the listing, which stays as it was when the listing began. */
  private async readdir(
    directory: IndexDirectory,
    { fd, offset, size, xdata }: Request<'readdir'>,
    frame: Frame,
  ): Promise<Reply<'readdir'>> {
    const known = offset === 0n ? undefined : this.listings.get(fd);
    const names = known ?? this.directories.list(directory);
    this.listings.set(fd, names);
    const entries: Dirent[] = [];
    let [at, used] = [Number(offset), 0];
    for (let name = names[at]; name !== undefined; name = names[++at]) {
      used += ENTRY_BYTES + name.length;
      if (used > size && entries.length > 0) break;
      const type = await this.typeOf(directory, name, xdata, frame);
      const ino = isGfid(name) ? inodeNumber(name) : 0n;
      entries.push({ name, ino, offset: BigInt(at + 1), type });
    }
    return { entries, isEof: at >= names.length, xdata: null };
  }

  private async typeOf(
    directory: IndexDirectory,
    name: ByteString,
    xdata: Dict,
    frame: Frame,
  ): Promise<number> {
    if (directory.kind === 'entry-changes') return DT_DIR;
    if (directory.kind === 'names' || xdata?.has(TYPES_WANTED) !== true) return DT_REG;
    const at = { gfid: name, pargfid: name, bname: '', xdata: null };
    try {
      const { stat } = await this.child.wind('lookup', at, frame);
      return (stat.mode & S_IFMT) >> 12;
    } catch (error) {
      // It is gone: the entry is one too many, and who reads it finds that out.
      if (error instanceof FopError) return 0;
      throw error;
    }
  }

  private async unlink(
    directory: IndexDirectory,
    { bname }: Request<'unlink'>,
  ): Promise<Reply<'unlink'>> {
    if (directory.kind === 'names') this.files.removeName(directory.parent, bname);
    else if (directory.kind !== 'entry-changes' && isGfid(bname))
      this.files.remove(directory.kind, bname);
    else throw this.error('EPERM');
    return { preparent: NO_IATT, postparent: NO_IATT, xdata: null };
  }

  /** A healer removes what is noted of a directory that is gone, with all names in it. */
  private async rmdir(
    directory: IndexDirectory,
    { bname }: Request<'rmdir'>,
  ): Promise<Reply<'rmdir'>> {
    if (directory.kind !== 'entry-changes' || !isGfid(bname)) throw this.error('EPERM');
    if (this.directories.namesOf(bname) === undefined) throw this.error('ENOENT');
    this.files.purge(bname);
    return { preparent: NO_IATT, postparent: NO_IATT, xdata: null };
  }
}

function entryKind({ kind }: IndexDirectory, asked: Dict): Dict {
  if (kind === 'names' || asked?.has(KIND_WANTED) !== true) return null;
  return new Map([
    [KIND_IS, { type: 'uint', uint: kind === 'entry-changes' ? IA_IFDIR : IA_IFREG }],
  ]);
}

export const featuresIndex: TranslatorSpec = {
  type: 'features/index',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create: (context) => new Index(context),
};
