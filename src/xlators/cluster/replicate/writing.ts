import type { Handlers } from '../../../fop/translator.js';
import { AttributeFops } from './attribute-fops.js';
import { Bookkeeping } from './bookkeeping.js';
import { Chooser } from './chooser.js';
import { DataFops } from './data-fops.js';
import { DataSessions } from './data-sessions.js';
import { EntryFops } from './entry-fops.js';
import type { Examiner } from './examiner.js';
import { LockFops } from './lock-fops.js';
import { Locking } from './locking.js';
import { Marker } from './marker.js';
import type { Mender } from './mender.js';
import { NamesInHand } from './names-in-hand.js';
import type { OpenFds } from './open-fds.js';
import type { ReadPolicy } from './read-order.js';
import type { Replica } from './replica.js';
import { Transactions } from './transaction.js';

/** The parts of a replica set that change something, put together. */
export class Writing {
  readonly handlers: Handlers;
  readonly sessions: DataSessions;
  readonly data: DataFops;
  private readonly names: NamesInHand | undefined;

  constructor(
    replica: Replica,
    fds: OpenFds,
    examiner: Examiner,
    mender: Mender,
    policy: ReadPolicy,
    /** Tells this client apart from others. */
    token: string,
  ) {
    const marker = new Marker(replica, fds);
    const books = new Bookkeeping(replica, marker);
    this.names = replica.settings.isGranular ? new NamesInHand(replica, marker, token) : undefined;
    const locking = new Locking(replica, fds);
    const chooser = new Chooser(replica, examiner, policy);
    const transactions = new Transactions(replica, examiner, locking, books, mender, this.names);
    const forget = (gfid: string): void => examiner.forget(gfid);
    this.sessions = new DataSessions({ replica, fds, locking, books, forget }, mender);
    this.data = new DataFops(replica, fds, this.sessions, chooser);
    const attributes = new AttributeFops(replica, fds, transactions, this.sessions, chooser);
    const entries = new EntryFops(replica, fds, examiner, transactions, this.sessions, chooser);
    const locks = new LockFops(replica, fds);
    this.handlers = {
      ...this.data.handlers,
      ...attributes.handlers,
      ...entries.handlers,
      ...locks.handlers,
    };
  }

  /** A child went or came, or all is to end. */
  hurry(): void {
    this.sessions.hurryAll();
    this.names?.hurryAll();
  }

  stop(): void {
    this.sessions.hurryAll();
    this.names?.stop();
  }
}
