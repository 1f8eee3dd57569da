import type { LogHeader } from './entry.js';

/**
 * One voter's log: an append-only file on one server's `journal` export. It is passive: who appends finds out from the
 * size in the reply whether anybody else did (protocol, section 3).
 *
 * A connection serves one opening: whatever fails on it is of unknown outcome, and after that only `open` helps.
 * Every call ends within a deadline of its own.
 */
export interface Acceptor {
  /** Opens the log and answers its header. Throws where there is none, or it cannot be reached. */
  open(): Promise<LogHeader>;
  /**
   * Appends `bytes` as one write and makes the whole file durable. Answers the file's size after this
   * write; larger than expected means that something unseen stands before it. One call at a time.
   */
  append(bytes: Buffer): Promise<number>;
  /** The bytes from `offset` on, up to `length`; fewer at the end of the file. In a buffer of their own. */
  read(offset: number, length: number): Promise<Buffer>;
  /** The file's size now. Not older than the moment of the call. */
  size(): Promise<number>;
  /** Lets go of the file. Cannot fail. */
  close(): void;
}

/** Makes a new log. */
export interface AcceptorMaker {
  /** `first` (see new-log.ts) is what it begins with, durable when it settles. Throws EEXIST where there is a log. */
  create(first: Buffer): Promise<void>;
}
