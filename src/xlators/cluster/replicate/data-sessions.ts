import type { Fd } from '../../../fop/fd.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import { type DataChange, DataSession, type SessionParts } from './data-session.js';
import type { Mender } from './mender.js';
import type { Answers } from './transaction.js';

/** The sessions in which inodes are written, one for each at most: as many as were written in the last moment. */
export class DataSessions {
  private readonly sessions = new Map<Gfid, DataSession>();

  constructor(
    private readonly parts: SessionParts,
    private readonly mender: Mender,
  ) {}

  /** Runs a change in the inode's session, and begins one if there is none. */
  run<Reply>(
    gfid: Gfid,
    fd: Fd | undefined,
    change: DataChange<Reply>,
    frame: Frame,
  ): Promise<Answers<Reply>> {
    return this.mender.run(() => this.attempt(gfid, fd, change, frame));
  }

  private async attempt<Reply>(
    gfid: Gfid,
    fd: Fd | undefined,
    change: DataChange<Reply>,
    frame: Frame,
  ): Promise<Answers<Reply>> {
    for (;;) {
      const session = this.sessions.get(gfid) ?? this.begin(gfid, fd, frame);
      if (session.join())
        try {
          return await session.run(change);
        } finally {
          session.leave();
        }
      await session.over;
    }
  }

  /** The same in a session that is under way; undefined where none is. */
  async runIfOpen<Reply>(
    gfid: Gfid,
    change: DataChange<Reply>,
  ): Promise<Answers<Reply> | undefined> {
    const session = this.sessions.get(gfid);
    if (session === undefined) return undefined;
    if (session.join())
      try {
        return await session.run(change);
      } finally {
        session.leave();
      }
    await session.over;
    return undefined;
  }

  /** Somebody else wants the inode, or nobody here is going to write it again. */
  hurry(gfid: Gfid): void {
    this.sessions.get(gfid)?.hurry();
  }

  /** Ends the inode's session and settles when it is over. */
  async end(gfid: Gfid): Promise<void> {
    const session = this.sessions.get(gfid);
    session?.hurry();
    await session?.over;
  }

  hurryAll(): void {
    for (const session of this.sessions.values()) session.hurry();
  }

  private begin(gfid: Gfid, fd: Fd | undefined, frame: Frame): DataSession {
    const via = fd?.isAnonymous === true ? undefined : fd;
    const ended = (): void => {
      if (this.sessions.get(gfid) === session) this.sessions.delete(gfid);
    };
    const session = new DataSession(gfid, via, this.parts, frame, ended);
    this.sessions.set(gfid, session);
    return session;
  }
}
