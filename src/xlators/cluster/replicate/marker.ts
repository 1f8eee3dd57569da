import type { Dict, DictValue } from '../../../fop/dict.js';
import type { FopError } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import { type Outcome, outcomesOf } from '../../../fop/wind.js';
import type { OpenFds } from './open-fds.js';
import { type Marks, NO_MARKS, type Testimony } from './pending.js';
import type { Replica } from './replica.js';

/** An inode beside which marks are kept, and of a directory the name that they are about. */
export interface Marked {
  readonly gfid: Gfid;
  /** Reached through an open file, which may have no name any more. */
  readonly fd?: Fd | undefined;
  readonly name?: ByteString | undefined;
}

/** What to add to the marks of one inode. */
export interface Addition {
  /** To those about each of these subvolumes. */
  readonly about: readonly number[];
  readonly marks: Marks;
  /** To that of changes under way. */
  readonly dirty: Marks;
  /** Whether the name goes into or out of the index of names that are owed. */
  readonly name?: 'owed' | 'settled' | undefined;
}

/** What a brick says of an inode once it has been marked. */
export type Marking = { readonly child: number } & (
  | { readonly testimonies: readonly Testimony[] }
  | { readonly error: FopError }
);

const NAME_KEY = {
  owed: 'glusterfs.xattrop-entry-create',
  settled: 'glusterfs.xattrop-entry-delete',
} as const;

/** Adds to marks on bricks. */
export class Marker {
  constructor(
    private readonly replica: Replica,
    private readonly fds: OpenFds,
  ) {}

  /** Adds the same at some children, beside each of some inodes: a directory that is named twice is counted twice. */
  async add(
    inodes: readonly Marked[],
    addition: Addition,
    children: readonly number[],
    frame: Frame,
  ): Promise<readonly Marking[]> {
    const { about, marks, dirty } = addition;
    const dict = this.replica.settings.keys.adding(
      new Map(about.map((child) => [child, marks])),
      dirty,
    );
    const all = await outcomesOf(
      children.map((child) => this.addAt(child, inodes, dict, addition, frame)),
    );
    return all.map((outcome, index) => this.marking(children[index] ?? -1, outcome));
  }

  /** One after the other: what the last one answers of an inode is what stands. */
  private async addAt(
    child: number,
    inodes: readonly Marked[],
    dict: Dict,
    { name }: Addition,
    frame: Frame,
  ): Promise<readonly Reply<'xattrop'>[]> {
    const replies: Reply<'xattrop'>[] = [];
    for (const inode of inodes) {
      const xdata = name && inode.name !== undefined ? about(NAME_KEY[name], inode.name) : null;
      replies.push(await this.wind(child, inode, dict, xdata, frame));
    }
    return replies;
  }

  private wind(
    child: number,
    { gfid, fd }: Marked,
    dict: Dict,
    xdata: Dict,
    frame: Frame,
  ): Promise<Reply<'xattrop'>> {
    const request: Omit<Request<'xattrop'>, 'gfid'> = { flags: 0, dict, xdata };
    return fd === undefined || fd.isAnonymous
      ? this.replica.windTo(child, 'xattrop', { ...request, gfid }, frame)
      : this.fds.wind(child, 'fxattrop', fd, { ...request, fd }, frame);
  }

  private marking(child: number, outcome: Outcome<readonly Reply<'xattrop'>[]>): Marking {
    if ('error' in outcome) return { child, error: outcome.error };
    const { keys } = this.replica.settings;
    return { child, testimonies: outcome.reply.map(({ dict }) => keys.testimony(dict)) };
  }
}

function about(key: string, name: ByteString): ReadonlyMap<string, DictValue> {
  return new Map([[key, { type: 'string', text: name }]]);
}

/** Nothing of that kind. */
export const NOTHING: Addition = { about: [], marks: NO_MARKS, dirty: NO_MARKS };
