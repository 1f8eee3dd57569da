import type { Clock, Random } from '../platform/platform.js';
import type { Acceptor } from './log/acceptor.js';
import type { VoterLength } from './log/entry.js';
import type { Loss } from './log/lost-vote.js';
import type { SealedRecord } from './log/record.js';
import type { Members, Server } from './members.js';
import type { Peers } from './peers.js';
import type { PlaceClaim } from './places.js';
import type { Touched } from './store.js';

/** What a database needs of the node that it is on. */
export interface DatabaseContext {
  /** This node's id. */
  readonly self: string;
  /** Of this process, a uuid that is new with each start. */
  readonly instance: string;
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly peers: Peers;
  /** The last list that this node knows, from its own state: where to begin to look. */
  readonly members: Members;
  /** HTTP addresses where members may be, beside those of the list. */
  listed(): readonly string[];
  /** The acceptor of a server's log; a new one each time. */
  acceptor(server: Server): Acceptor;
  /** That voter is on no list any more: let go of what its acceptor needed. */
  release(voter: string): void;
  /** Where this node is, if it serves: the list may have another place for it. */
  readonly place?: PlaceClaim;
  /** A server is elsewhere: what its acceptor needs has to follow. */
  moved?(server: Server): void;
  /** Another node at `address` says that it is this server. */
  doubled?(server: Server, address: string): void;
  /** A record has been applied. */
  applied(record: SealedRecord, touched: Touched): void;
  /** How long the voters' logs were, as this node remembers. */
  readonly lengths: readonly VoterLength[];
  /** Keep these for the next start. Called now and then, and before the end. */
  rememberLengths(lengths: readonly VoterLength[]): void;
  /** The log of this node may not vote any more until it is replaced by a new one. Called once for each reason. */
  ownLogLost(loss: Loss): void;
  /** This node is no member any more. Called once. */
  retired(): void;
  log(
    level: 'debug' | 'info' | 'warn',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}
