import type { Gfid } from '../fop/gfid.js';
import type { ByteString } from '../fop/name.js';

/** What a heal worker may use. Where a number is not given, the options of each replica set say it. */
export interface HealLimits {
  /** Inodes that are healed at once (shd-max-threads). */
  readonly parallel?: number;
  /** Of the bytes that it writes to bricks, of all replica sets together; undefined: as many as go. */
  readonly bytesPerSecond?: number;
  /** Between two looks at all lists, where nothing else is heard (heal-timeout). */
  readonly intervalMs?: number;
  /** Before it tries again what could not be healed yet; 5 seconds where it is not given. */
  readonly retryMs?: number;
}

/** An inode that is not healed yet, and why. */
export interface PendingInode {
  readonly gfid: Gfid;
  /** A sentence for people. */
  readonly why: string;
}

/** What was healed by keeping two versions: somebody has to look which one is wanted. */
export interface KeptVersion {
  /** The directory. */
  readonly gfid: Gfid;
  readonly name: ByteString;
}

/** How the heal of one replica set goes. */
export interface SetStatus {
  readonly name: string;
  readonly subvolumes: readonly { readonly name: string; readonly isUp: boolean }[];
  /** `working`: lists are being read or inodes healed; `waiting`: something is left for which it waits. */
  readonly state: 'idle' | 'working' | 'waiting';
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Of those that the lists named when they were read last. */
  readonly filesLeft: number;
  /** Over the work since the last standstill; 0 before it has begun. */
  readonly filesPerSecond: number;
  readonly bytesPerSecond: number;
  /** At that rate; undefined where nothing can be said. */
  readonly etaSeconds: number | undefined;
  /** Up to a hundred of what could not be healed. */
  readonly pending: readonly PendingInode[];
  /** The last hundred. */
  readonly kept: readonly KeptVersion[];
}

/** What heals the replica sets of a graph. Starting and stopping it takes no part in their reads and writes. */
export interface Healer {
  start(): void;
  /** Settles when nothing of it is under way any more; what is half done goes on another time. */
  stop(): Promise<void>;
  /** Looks at all lists now. Settles when what can be healed is. */
  healNow(): Promise<void>;
  status(): readonly SetStatus[];
}
