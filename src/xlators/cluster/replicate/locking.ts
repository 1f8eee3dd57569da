import type { FopError } from '../../../fop/error.js';
import { isErrno } from '../../../fop/error.js';
import type { Fd } from '../../../fop/fd.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { ByteString } from '../../../fop/name.js';
import { type Outcome, outcomeOf, outcomesOf } from '../../../fop/wind.js';
import type { OpenFds } from './open-fds.js';
import type { Replica } from './replica.js';

/** What a transaction locks: a name, all names (undefined) of a directory, or bytes of an inode. */
export type Lockee =
  | { readonly kind: 'entry'; readonly gfid: Gfid; readonly name: ByteString | undefined }
  | {
      readonly kind: 'inode';
      readonly gfid: Gfid;
      /** Locked through an open file, which may have no name any more. */
      readonly fd?: Fd | undefined;
      readonly start: bigint;
    };

/** The bytes that stand for an inode's attributes (engine reference, B.2). */
export const ATTRIBUTES_START = 0x7ffffffffffffffen;

/** Locks that were taken: at each child all of the lockees. */
export interface HeldLocks {
  readonly lockees: readonly Lockee[];
  readonly children: readonly number[];
  /** Why others have none. */
  readonly errors: readonly FopError[];
  readonly frame: Frame;
}

interface Tried {
  readonly child: number;
  readonly lockee: Lockee;
  readonly outcome: Outcome<unknown>;
}

type How = 'try' | 'wait' | 'give';
const ENTRY_COMMAND = { try: 2, wait: 0, give: 1 } as const;
const INODE_COMMAND = { try: 1, wait: 2, give: 1 } as const;
const WRITE = 1;
const UNLOCK = 2;

/**
 * Takes the locks of a transaction, in a domain under the replica set's name: at once everywhere; where somebody else has one,
 * gives back what it got and waits for one child after the other, in an order that is the same for all.
 */
export class Locking {
  constructor(
    private readonly replica: Replica,
    private readonly fds: OpenFds,
  ) {}

  /** `more` is learned while the first are being taken. `frame.lkOwner` is the transaction's own. Never rejects. */
  async take(
    lockees: readonly Lockee[],
    children: readonly number[],
    frame: Frame,
    more?: Promise<readonly Lockee[]>,
  ): Promise<HeldLocks> {
    const tried = await this.tryAll(lockees, children, frame);
    const found = (await more) ?? [];
    const all = [...lockees, ...found].toSorted(byPlace);
    if (found.length > 0 && !tried.some(isTaken))
      tried.push(...(await this.tryAll(found, childrenOf(lockees, tried, children), frame)));
    if (!tried.some(isTaken)) return this.keep(all, children, tried, frame);
    await this.giveBack(tried.filter(isGranted), frame);
    return this.waitAll(all, children, frame);
  }

  /** Gives all of them back. What cannot be given back is gone with its connection. */
  async give({ lockees, children, frame }: HeldLocks): Promise<void> {
    await outcomesOf(
      children.flatMap((child) => lockees.map((lockee) => this.wind(child, lockee, 'give', frame))),
    );
  }

  private async tryAll(
    lockees: readonly Lockee[],
    children: readonly number[],
    frame: Frame,
  ): Promise<Tried[]> {
    const pairs = children.flatMap((child) => lockees.map((lockee) => ({ child, lockee })));
    const outcomes = await outcomesOf(
      pairs.map(({ child, lockee }) => this.wind(child, lockee, 'try', frame)),
    );
    return pairs.map((pair, index) => ({ ...pair, outcome: outcomes[index] ?? { reply: null } }));
  }

  private async waitAll(
    lockees: readonly Lockee[],
    children: readonly number[],
    frame: Frame,
  ): Promise<HeldLocks> {
    const tried: Tried[] = [];
    for (const child of children)
      for (const lockee of lockees) {
        const outcome = await outcomeOf(this.wind(child, lockee, 'wait', frame));
        tried.push({ child, lockee, outcome });
        if ('error' in outcome) break;
      }
    return this.keep(lockees, children, tried, frame);
  }

  /** A child counts that has granted all; the others give back what they granted. */
  private async keep(
    lockees: readonly Lockee[],
    children: readonly number[],
    tried: readonly Tried[],
    frame: Frame,
  ): Promise<HeldLocks> {
    const held = childrenOf(lockees, tried, children);
    await this.giveBack(
      tried.filter((one) => isGranted(one) && !held.includes(one.child)),
      frame,
    );
    const errors = tried.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
    return { lockees, children: held, errors, frame };
  }

  private async giveBack(granted: readonly Tried[], frame: Frame): Promise<void> {
    await outcomesOf(granted.map(({ child, lockee }) => this.wind(child, lockee, 'give', frame)));
  }

  private wind(child: number, lockee: Lockee, how: How, frame: Frame): Promise<unknown> {
    const { replica } = this;
    const volume = replica.name;
    if (lockee.kind === 'entry') {
      const { gfid, name } = lockee;
      const request = { gfid, name, volume, cmd: ENTRY_COMMAND[how], type: WRITE, xdata: null };
      return replica.windTo(child, 'entrylk', request, frame);
    }
    const type = how === 'give' ? UNLOCK : WRITE;
    const { gfid, fd, start } = lockee;
    const owner = { pid: frame.pid, lkOwner: frame.lkOwner };
    const flock = { type, whence: 0, start, len: 0n, ...owner };
    const request = { volume, cmd: INODE_COMMAND[how], type, flock, xdata: null };
    if (fd === undefined) return replica.windTo(child, 'inodelk', { ...request, gfid }, frame);
    return this.fds.wind(child, 'finodelk', fd, { ...request, fd }, frame);
  }
}

/** The children at which every lockee was granted. */
function childrenOf(
  lockees: readonly Lockee[],
  tried: readonly Tried[],
  children: readonly number[],
): readonly number[] {
  const granted = tried.filter(isGranted);
  return children.filter((child) =>
    lockees.every((lockee) => granted.some((one) => one.child === child && one.lockee === lockee)),
  );
}

function isGranted({ outcome }: Tried): boolean {
  return 'reply' in outcome;
}

function isTaken({ outcome }: Tried): boolean {
  return 'error' in outcome && isErrno(outcome.error, 'EAGAIN');
}

function byPlace(one: Lockee, other: Lockee): number {
  const [a, b] = [placeOf(one), placeOf(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function placeOf(lockee: Lockee): string {
  const { gfid } = lockee;
  return lockee.kind === 'inode' ? `${gfid} ${lockee.start}` : `${gfid}/${lockee.name ?? ''}`;
}
