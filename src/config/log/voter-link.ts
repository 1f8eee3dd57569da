import { type FopError, isErrno } from '../../fop/error.js';
import type { Acceptor } from './acceptor.js';
import { type CommitMark, type EntryBody, encodeEntry, type VoterLength } from './entry.js';
import { compareEpochs, type Epoch, isSameEpoch } from './epoch.js';
import { KnownLengths } from './known-lengths.js';
import { LostVote, rotten, unsynced } from './lost-vote.js';
import { openRecord, type SealedRecord } from './record.js';
import { type Place, VoterLog } from './voter-log.js';

/** Somebody with a higher epoch stands before this entry: its writer leads no longer. */
export class EpochLost extends Error {
  override readonly name = 'EpochLost';

  constructor(readonly by: Epoch) {
    super(`epoch ${by.counter} of ${by.owner} came first`);
  }
}

/** What the last append left at the end of the log is not the entry: it was never there. */
export class TornAppend extends Error {
  override readonly name = 'TornAppend';
}

/** The disk took nothing, or only a part that is no entry: the log is as it was, can be read, and may be tried again. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused';

  constructor(override readonly cause: unknown) {
    super(String(cause));
  }
}

const READ_BYTES = 1024 * 1024;

/**
 * One voter as its writer sees it: the acceptor, what its log says, and the size that it must have if nobody else writes.
 * After any failure the outcome is unknown and `refresh` reads the log anew.
 */
export class VoterLink {
  log = new VoterLog();
  private isAttached = false;
  private running: Promise<unknown> = Promise.resolve();
  /** True while an append is on its way. */
  isBusy = false;
  /** Set for good once a sync has failed: what the disk holds is unknown, even where it reads well later. */
  private unsynced: LostVote | undefined;

  constructor(
    /** The voter's uuid and its cluster's. */
    readonly voter: string,
    private readonly cluster: string,
    private readonly acceptor: Acceptor,
    private readonly known = new KnownLengths(),
  ) {}

  get attached(): boolean {
    return this.isAttached;
  }

  /** The size that the file has, as far as this side knows. */
  get size(): number {
    return this.log.parsed + this.log.waiting;
  }

  /** The longest that this log is known to have been. */
  get acknowledged(): number {
    return this.known.of(this.voter);
  }

  /** Reads whatever is new; after a failure everything. Throws what the acceptor throws, or LostVote. */
  refresh(): Promise<void> {
    return this.alone(async () => {
      if (this.unsynced) throw this.unsynced;
      if (!this.isAttached) await this.open();
      const { acknowledged } = this;
      const size = await this.acceptor.size();
      if (size < acknowledged)
        throw new LostVote(
          'rolled-back',
          `the log has ${size} bytes and had ${acknowledged} before`,
        );
      await this.readTail(size);
      this.checkAcknowledged(acknowledged);
      this.isAttached = true;
    });
  }

  /**
   * Whoever acknowledged so many bytes had just synced an entry that ends there. What is torn before that is torn for good;
   * and where that very entry is torn, this is no power cut but a disk that has lost it.
   */
  private checkAcknowledged(length: number): void {
    const { log } = this;
    while (log.parsed < length && log.waiting > 0) log.skipTorn();
    if (length > 0 && !log.endsAt(length))
      throw rotten(`what ended at byte ${length} was acknowledged and is whole no more`);
  }

  private async open(): Promise<void> {
    const header = await this.acceptor.open();
    if (header.voter !== this.voter || header.cluster !== this.cluster)
      throw new LostVote(
        'wrong',
        `log of voter ${header.voter}, cluster ${header.cluster}, where ${this.voter} of ${this.cluster} was expected`,
      );
    this.log = new VoterLog();
  }

  /**
   * Appends one entry under `epoch`; `hashes` are those of its records, in order, where they are known. Throws EpochLost, or what
   * went wrong: then the outcome is unknown.
   */
  append(
    epoch: Epoch,
    body: EntryBody,
    commit: CommitMark,
    lengths: readonly VoterLength[],
    hashes: readonly Buffer[] = [],
  ): Promise<void> {
    return this.alone(async () => {
      this.isBusy = true;
      try {
        await this.appendAlone(epoch, body, commit, lengths, hashes);
      } finally {
        this.isBusy = false;
      }
    });
  }

  private async appendAlone(
    epoch: Epoch,
    body: EntryBody,
    commit: CommitMark,
    lengths: readonly VoterLength[],
    hashes: readonly Buffer[],
  ): Promise<void> {
    if (compareEpochs(this.log.promised, epoch) > 0) throw new EpochLost(this.log.promised);
    // Others may have told more of it meanwhile.
    if (this.acknowledged <= this.size) this.checkAcknowledged(this.acknowledged);
    const bytes = encodeEntry({
      epoch,
      prefixLength: this.log.parsed,
      prefixHash: this.log.prefixHash(),
      commit,
      lengths,
      body,
    });
    const expected = this.size + bytes.length;
    const size = await this.appendBytes(bytes, epoch);
    if (size === expected && this.log.waiting === 0) this.log.feed(bytes, hashes);
    else await this.readTail(size);
    while (this.log.waiting > 0) this.log.skipTorn();
    if (this.log.entryEnd !== size)
      throw new TornAppend(`the entry that ends at byte ${size} is torn`);
    if (!isSameEpoch(this.log.promised, epoch)) throw new EpochLost(this.log.promised);
    this.known.note(this.voter, size);
  }

  private async appendBytes(bytes: Buffer, epoch: Epoch): Promise<number> {
    try {
      return await this.acceptor.append(bytes);
    } catch (error) {
      if (isErrno(error, 'EIO'))
        this.unsynced = unsynced(`its disk failed to sync the log: ${error.message}`);
      if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS')) return this.refused(epoch, error);
      throw this.unsynced ?? error;
    }
  }

  /**
   * A full or read-only disk answers before anything is synced, so whatever stands there now is no whole entry of ours. Were it
   * one nevertheless, nobody could say whether it is on the platter: then the outcome is unknown, as after any other failure.
   */
  private async refused(epoch: Epoch, error: FopError): Promise<never> {
    const { entryEnd } = this.log;
    await this.readTail(await this.acceptor.size());
    if (compareEpochs(this.log.promised, epoch) > 0) throw new EpochLost(this.log.promised);
    throw this.log.entryEnd === entryEnd ? new AppendRefused(error) : error;
  }

  /**
   * True where, at some moment after this call began, no entry stood in the log that this side does not know. Throws as
   * `refresh` does.
   */
  async isUndisturbed(epoch: Epoch): Promise<boolean> {
    const before = this.size;
    const size = await this.acceptor.size();
    if (size === before) return true;
    if (size < before) return false;
    await this.running;
    return this.isAttached && size <= this.size && isSameEpoch(this.log.promised, epoch);
  }

  /**
   * Records that this log holds, from a revision on: as many as follow each other within READ_BYTES of the file, at least
   * the one asked for; none where the log does not hold it.
   */
  async records(from: number): Promise<SealedRecord[]> {
    const first = this.log.place(from);
    if (first === undefined) return [];
    const bytes = await this.acceptor.read(first.offset, Math.max(first.length, READ_BYTES));
    const found: SealedRecord[] = [];
    for (let place: Place | undefined = first; place; place = this.log.place(from + found.length)) {
      const at = place.offset - first.offset;
      if (at < 0 || at + place.length > bytes.length) break;
      found.push(recordAt(bytes, at, place.length, from + found.length));
    }
    if (found.length === 0) throw rotten(`the log ends before revision ${from} does`);
    return found;
  }

  /** The record of a revision, or undefined where this log does not hold it. */
  async record(revision: number): Promise<SealedRecord | undefined> {
    return (await this.records(revision))[0];
  }

  detach(): void {
    this.isAttached = false;
    this.acceptor.close();
  }

  private async readTail(size: number): Promise<void> {
    if (size < this.size) throw rotten(`the log has ${size} bytes and had ${this.size} before`);
    while (this.size < size) {
      const bytes = await this.acceptor.read(this.size, Math.min(READ_BYTES, size - this.size));
      if (bytes.length === 0) throw rotten(`the log ends at byte ${this.size}, not ${size}`);
      this.log.feed(bytes);
    }
    for (const [voter, length] of this.log.lengths) this.known.note(voter, length);
  }

  /** One operation at a time; one that fails detaches. */
  private alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.running.then(run).catch((error: unknown) => {
      if (!(error instanceof EpochLost || error instanceof AppendRefused)) this.detach();
      throw error;
    });
    this.running = result.catch(() => undefined);
    return result;
  }
}

/** A copy: what is kept of a record must not keep all that was read with it. */
function recordAt(bytes: Buffer, at: number, length: number, revision: number): SealedRecord {
  const sealed = openRecord(Buffer.from(bytes.subarray(at, at + length)));
  if (sealed.record.revision !== revision)
    throw rotten(`the record of revision ${revision} reads as ${sealed.record.revision}`);
  return sealed;
}
