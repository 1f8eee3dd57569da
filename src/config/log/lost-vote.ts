import { isErrno } from '../../fop/error.js';

/*
 * What a voter must not come back from by itself. What was once acknowledged by its log is part of every majority that counted
 * it; a log that does not hold it any more would vote as if it had never been.
 */

/**
 * rotten       bytes that were synced read differently now
 * rolled-back  shorter than somebody has recorded it
 * missing      no log where one was, or one without a header
 * wrong        another voter's or another cluster's log
 * unsynced     a sync failed: what the disk holds of the last appends is unknown, whatever it says later
 */
export type LossKind = 'rotten' | 'rolled-back' | 'missing' | 'wrong' | 'unsynced';

/** What has become of a log, as one node tells another. */
export interface Loss {
  readonly kind: LossKind;
  readonly message: string;
}

/** This log has lost its vote: only a new one, of a new voter, can take its place (protocol, section 6). */
export class LostVote extends Error {
  override readonly name = 'LostVote';

  constructor(
    readonly kind: LossKind,
    message: string,
  ) {
    super(message);
  }
}

/** Bytes that were there have changed, or are gone. */
export function rotten(message: string): LostVote {
  return new LostVote('rotten', message);
}

/** The kernel may have dropped what it could not write, and read it back as if it had. */
export function unsynced(message: string): LostVote {
  return new LostVote('unsynced', message);
}

/** The loss that an error means; undefined for one after which the same log may be tried again. */
export function lossOf(error: unknown): LostVote | undefined {
  if (error instanceof LostVote) return error;
  if (isErrno(error, 'ENOENT')) return new LostVote('missing', 'there is no log on the brick');
  if (isErrno(error, 'EUCLEAN'))
    return new LostVote('missing', 'the log on the brick has no header');
  if (isErrno(error, 'ENODATA', 'EISDIR', 'ELOOP'))
    return new LostVote('wrong', `what is named as the log is none (${error.errno})`);
  return undefined;
}
