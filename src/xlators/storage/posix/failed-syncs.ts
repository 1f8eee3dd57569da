import type { Gfid } from '../../../fop/gfid.js';
import { FAILED_SYNC_XATTR } from '../../../fop/keys.js';
import { readable } from '../../../fop/name.js';
import type { Brick, Inode } from './brick.js';

/**
 * Files of which a sync has failed, where the volfile says `mark-failed-syncs on`.
 *
 * The kernel takes pages that it could not write for clean: it reads them back as they were meant to be, and the next sync
 * succeeds without them. So reading the file again proves nothing, neither for this process nor for the next one, as long as
 * this kernel runs. The mark is an attribute of the file, in memory and sooner or later on the disk. A crash of
 * the machine may take the mark along; with it goes the page cache, and what is read then is what the disk holds: all that was
 * ever acknowledged by an earlier sync, or less if the disk lost that too, which shows by its length and its hashes.
 */
export class FailedSyncs {
  /** For a disk that does not even take the mark. */
  private readonly unmarked = new Map<Gfid, string>();

  constructor(private readonly brick: Brick) {}

  /** Why a file is not to be trusted, or undefined. */
  of({ gfid, path }: Pick<Inode, 'gfid' | 'path'>): string | undefined {
    if (!this.brick.options.marksFailedSyncs) return undefined;
    return this.unmarked.get(gfid) ?? this.brick.xattr(path, FAILED_SYNC_XATTR)?.toString('utf8');
  }

  note({ gfid }: Pick<Inode, 'gfid'>, why: unknown): void {
    const { brick } = this;
    if (!brick.options.marksFailedSyncs) return;
    const text = String(why);
    const path = brick.handles.path(gfid);
    this.unmarked.set(gfid, text);
    brick.notice('a sync has failed; the file takes no more writes', {
      code: 'HFS-5010',
      path: readable(path),
      gfid,
      why: text,
      next: 'replace the disk, and this server by a new one',
    });
    try {
      brick.setXattr(path, FAILED_SYNC_XATTR, Buffer.from(text));
    } catch (error) {
      brick.notice('the mark of a failed sync was not written', {
        path: readable(path),
        gfid,
        why: String(error),
      });
    }
  }
}
