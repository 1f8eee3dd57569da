import { dictBytes } from '../../../../fop/dict.js';
import { isErrno } from '../../../../fop/error.js';
import { Fd } from '../../../../fop/fd.js';
import { type Gfid, gfidFromBytes, isGfid, NULL_GFID, ROOT_GFID } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import type { HealSession } from './session.js';

const NAMES_KEY = 'glusterfs.xattrop_entry_changes_gfid';

/** The lists that features/index keeps, as far as gfids are in them. */
export const INDEX_LISTS = {
  // Names come first: what is made anew can be filled then.
  names: NAMES_KEY,
  pending: 'glusterfs.xattrop_index_gfid',
  dirty: 'glusterfs.xattrop_dirty_gfid',
} as const;
export type IndexList = keyof typeof INDEX_LISTS;

const READ_BYTES = 128 * 1024;
/** Of one directory; who has more unhealed names than this has them healed in several rounds. */
const MAX_NAMES = 1_000_000;

/** Reads a brick's index (engine reference, A.4). A brick without one has empty lists. */
export class IndexReader {
  constructor(private readonly session: HealSession) {}

  /** The gfids that a brick has marked. */
  async gfids(child: number, list: IndexList): Promise<readonly Gfid[]> {
    const directory = await this.directory(child, INDEX_LISTS[list]);
    const names = directory === undefined ? [] : await this.names(child, directory);
    return names.filter(isGfid);
  }

  /** The names of a directory that a brick has noted as changed. */
  async changedNames(child: number, gfid: Gfid): Promise<readonly ByteString[]> {
    const directory = await this.namesDirectory(child, gfid);
    return directory === undefined ? [] : this.names(child, directory);
  }

  /** Takes a gfid out of a list: its inode is gone. */
  async remove(child: number, list: Exclude<IndexList, 'names'>, gfid: Gfid): Promise<void> {
    const pargfid = await this.directory(child, INDEX_LISTS[list]);
    if (pargfid === undefined) return;
    const { replica, frame } = this.session;
    await this.unlessGone(
      replica.windTo(child, 'unlink', { pargfid, bname: gfid, xflags: 0, xdata: null }, frame),
    );
  }

  /** Takes all noted names of a directory out, but those to keep: it is gone, or healed everywhere. */
  async removeNames(
    child: number,
    gfid: Gfid,
    isKept: (name: ByteString) => boolean = () => false,
  ): Promise<void> {
    const directory = await this.namesDirectory(child, gfid);
    const root = await this.directory(child, NAMES_KEY);
    if (directory === undefined || root === undefined) return;
    const { replica, frame } = this.session;
    const names = await this.names(child, directory);
    for (const bname of names.filter((name) => !isKept(name)))
      await this.unlessGone(
        replica.windTo(
          child,
          'unlink',
          { pargfid: directory, bname, xflags: 0, xdata: null },
          frame,
        ),
      );
    if (names.some(isKept)) return;
    await this.unlessGone(
      replica.windTo(child, 'rmdir', { pargfid: root, bname: gfid, xflags: 0, xdata: null }, frame),
    );
  }

  private async directory(child: number, key: string): Promise<Gfid | undefined> {
    const { replica, frame } = this.session;
    const request = { gfid: ROOT_GFID, name: key, xdata: null };
    const reply = await this.unlessGone(replica.windTo(child, 'getxattr', request, frame));
    const bytes = reply && dictBytes(reply.dict, key);
    return bytes?.length === 16 ? gfidFromBytes(bytes) : undefined;
  }

  private async namesDirectory(child: number, gfid: Gfid): Promise<Gfid | undefined> {
    const pargfid = await this.directory(child, NAMES_KEY);
    if (pargfid === undefined) return undefined;
    const { replica, frame } = this.session;
    const request = { gfid: NULL_GFID, pargfid, bname: gfid, xdata: null };
    const reply = await this.unlessGone(replica.windTo(child, 'lookup', request, frame));
    return reply?.stat.gfid;
  }

  private async names(child: number, gfid: Gfid): Promise<readonly ByteString[]> {
    return listNames(this.session, child, gfid);
  }

  private async unlessGone<Answer>(fop: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await fop;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ESTALE', 'ENODATA', 'EOPNOTSUPP')) return undefined;
      throw error;
    }
  }
}

/** All names of a directory at one subvolume, without `.` and `..`; none where it is gone. */
export async function listNames(
  { replica, frame }: HealSession,
  child: number,
  gfid: Gfid,
): Promise<readonly ByteString[]> {
  const fd = new Fd(gfid, 0);
  try {
    await replica.windTo(child, 'opendir', { gfid, fd, xdata: null }, frame);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESTALE')) return [];
    throw error;
  }
  const names: ByteString[] = [];
  try {
    for (let offset = 0n; names.length < MAX_NAMES; ) {
      const request = { fd, offset, size: READ_BYTES, xdata: null };
      const part = await replica.windTo(child, 'readdir', request, frame);
      for (const { name } of part.entries) if (name !== '.' && name !== '..') names.push(name);
      const last = part.entries.at(-1);
      if (part.isEof || last === undefined || last.offset === offset) break;
      offset = last.offset;
    }
  } finally {
    await replica.windTo(child, 'releasedir', { fd, xdata: null }, frame).catch(() => undefined);
  }
  return names;
}
