import { FopError, isErrno } from '../../../../fop/error.js';
import { type Gfid, ROOT_GFID } from '../../../../fop/gfid.js';
import type { ByteString } from '../../../../fop/name.js';
import { intentDomain } from '../intents.js';
import type { HealSession } from './session.js';

/** Locks that are held at some subvolumes. */
export interface HeldLocks {
  /** Where: only these take part. */
  readonly children: readonly number[];
  release(): Promise<void>;
}

/** How one lock is taken at one subvolume, waiting for it or not, and given back. */
interface LockKind {
  take(child: number, isWaiting: boolean): Promise<unknown>;
  give(child: number): Promise<unknown>;
}

const [TRY, WAIT] = [1, 2];
const [WRITE, UNLOCK] = [1, 2];
const [ENTRY_WAIT, ENTRY_UNLOCK, ENTRY_TRY] = [0, 1, 2];
/** Where changes of attributes are locked (engine reference, B.2). */
const METADATA_START = 0x7ffffffffffffffen;

/** The locks of one heal, in the domains of GlusterFS's clients and of its healers (engine reference, B.6 and B.8). */
export class HealLocks {
  private readonly clients: ByteString;
  private readonly healers: ByteString;

  constructor(private readonly session: HealSession) {
    this.clients = session.replica.name;
    this.healers = `${session.replica.name}:self-heal`;
  }

  /** Keeps other healers away from an inode; undefined where one is at it. */
  tieBreaker(gfid: Gfid): Promise<HeldLocks | undefined> {
    return this.attempt(this.range(this.healers, gfid, 0n, 0n));
  }

  /** The same for a directory's names. */
  namesTieBreaker(gfid: Gfid): Promise<HeldLocks | undefined> {
    return this.attempt(this.name(this.healers, gfid, undefined));
  }

  /** Keeps writers away from a range; a length of 0 is all the rest. */
  data(gfid: Gfid, start = 0n, len = 0n): Promise<HeldLocks> {
    return this.get(this.range(this.clients, gfid, start, len));
  }

  /** All of it, without waiting; undefined where somebody else has some of it. */
  tryData(gfid: Gfid): Promise<HeldLocks | undefined> {
    return this.attempt(this.range(this.clients, gfid, 0n, 0n));
  }

  metadata(gfid: Gfid): Promise<HeldLocks> {
    return this.get(this.range(this.clients, gfid, METADATA_START, 0n));
  }

  /** Keeps everybody away from a name, or from all names of a directory. */
  names(gfid: Gfid, name?: ByteString): Promise<HeldLocks> {
    return this.get(this.name(this.clients, gfid, name));
  }

  /** The same without waiting; undefined where somebody else has it. */
  tryName(gfid: Gfid, name: ByteString): Promise<HeldLocks | undefined> {
    return this.attempt(this.name(this.clients, gfid, name));
  }

  /** Whether a client holds the lock that shows that it lives, anywhere. */
  async isAlive(client: ByteString): Promise<boolean> {
    const held = await this.attempt(
      this.name(intentDomain(this.session.replica.name), ROOT_GFID, client),
    );
    await held?.release();
    return held === undefined;
  }

  private range(volume: ByteString, gfid: Gfid, start: bigint, len: bigint): LockKind {
    const { replica, frame } = this.session;
    const wind = (child: number, cmd: number, type: number) => {
      const { pid, lkOwner } = frame;
      const flock = { type, whence: 0, start, len, pid, lkOwner };
      return replica.windTo(
        child,
        'inodelk',
        { gfid, cmd, type, flock, volume, xdata: null },
        frame,
      );
    };
    return {
      take: (child, isWaiting) => wind(child, isWaiting ? WAIT : TRY, WRITE),
      give: (child) => wind(child, TRY, UNLOCK),
    };
  }

  private name(volume: ByteString, gfid: Gfid, name: ByteString | undefined): LockKind {
    const { replica, frame } = this.session;
    const wind = (child: number, cmd: number) => {
      const request = { gfid, cmd, type: WRITE, name, volume, xdata: null };
      return replica.windTo(child, 'entrylk', request, frame);
    };
    return {
      take: (child, isWaiting) => wind(child, isWaiting ? ENTRY_WAIT : ENTRY_TRY),
      give: (child) => wind(child, ENTRY_UNLOCK),
    };
  }

  /** Everywhere at once without waiting; nowhere if anybody else holds it anywhere. */
  private async attempt(kind: LockKind): Promise<HeldLocks | undefined> {
    const { up } = this.session;
    const outcomes = await Promise.allSettled(up.map((child) => kind.take(child, false)));
    const errors = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    const held = this.held(
      up.filter((_, index) => outcomes[index]?.status === 'fulfilled'),
      kind,
    );
    for (const error of errors) if (!(error instanceof FopError)) throw error;
    if (!errors.some((error) => isErrno(error, 'EAGAIN'))) return held;
    await held.release();
    return undefined;
  }

  /** Where somebody else holds it, all is given back and waited for one after the other: all who do so wait in one order. */
  private async get(kind: LockKind): Promise<HeldLocks> {
    const held = await this.attempt(kind);
    if (held) return held;
    const children: number[] = [];
    for (const child of this.session.up)
      try {
        await kind.take(child, true);
        children.push(child);
      } catch (error) {
        if (!(error instanceof FopError)) throw error;
      }
    return this.held(children, kind);
  }

  /** A lock that cannot be given back ends with the connection. */
  private held(children: readonly number[], kind: LockKind): HeldLocks {
    const release = async (): Promise<void> => {
      await Promise.allSettled(children.map((child) => kind.give(child)));
    };
    return { children, release };
  }
}

/** Does something under locks, and gives them back whatever becomes of it. */
export async function holding<Answer>(
  getting: Promise<HeldLocks>,
  act: (children: readonly number[]) => Promise<Answer>,
): Promise<Answer> {
  const held = await getting;
  try {
    return await act(held.children);
  } finally {
    await held.release();
  }
}
