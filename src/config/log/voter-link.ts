import type { Acceptor } from './acceptor.js';
import { type CommitMark, type EntryBody, encodeEntry, type VoterLength } from './entry.js';
import { compareEpochs, type Epoch, isSameEpoch } from './epoch.js';
import { openRecord, type SealedRecord } from './record.js';
import { LogRot, type Place, VoterLog } from './voter-log.js';

/** Somebody with a higher epoch stands before this entry: its writer leads no longer. */
export class EpochLost extends Error {
  override readonly name = 'EpochLost';

  constructor(readonly by: Epoch) {
    super(`epoch ${by.counter} of ${by.owner} came first`);
  }
}

/** The log that answered is not the voter that the member list means. */
export class WrongVoter extends Error {
  override readonly name = 'WrongVoter';
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
  /** The longest that this log has been acknowledged to be; shorter later means a disk rolled back. */
  acknowledged = 0;

  constructor(
    /** The voter's uuid and its cluster's. */
    readonly voter: string,
    private readonly cluster: string,
    private readonly acceptor: Acceptor,
  ) {}

  get attached(): boolean {
    return this.isAttached;
  }

  /** The size that the file has, as far as this side knows. */
  get size(): number {
    return this.log.parsed + this.log.waiting;
  }

  /** Reads whatever is new; after a failure everything. Throws what the acceptor throws, WrongVoter or LogRot. */
  refresh(): Promise<void> {
    return this.alone(async () => {
      if (this.isAttached) return this.readTail(await this.acceptor.size());
      const header = await this.acceptor.open();
      if (header.voter !== this.voter || header.cluster !== this.cluster)
        throw new WrongVoter(
          `log of voter ${header.voter}, cluster ${header.cluster}, where ${this.voter} of ${this.cluster} was expected`,
        );
      this.log = new VoterLog();
      const size = await this.acceptor.size();
      if (size < this.acknowledged)
        throw new LogRot(`the log has ${size} bytes and had ${this.acknowledged} before`);
      await this.readTail(size);
      this.isAttached = true;
    });
  }

  /** Appends one entry under `epoch`. Throws EpochLost, or what went wrong: then the outcome is unknown. */
  append(
    epoch: Epoch,
    body: EntryBody,
    commit: CommitMark,
    lengths: readonly VoterLength[],
  ): Promise<void> {
    return this.alone(async () => {
      this.isBusy = true;
      try {
        await this.appendAlone(epoch, body, commit, lengths);
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
  ): Promise<void> {
    if (compareEpochs(this.log.promised, epoch) > 0) throw new EpochLost(this.log.promised);
    const bytes = encodeEntry({
      epoch,
      prefixLength: this.log.parsed,
      prefixHash: this.log.prefixHash(),
      commit,
      lengths,
      body,
    });
    const expected = this.size + bytes.length;
    const size = await this.acceptor.append(bytes);
    if (size === expected && this.log.waiting === 0) this.log.feed(bytes);
    else await this.readTail(size);
    while (this.log.waiting > 0) this.log.skipTorn();
    if (this.log.entryEnd !== size) throw new LogRot(`the entry that ends at byte ${size} is torn`);
    if (!isSameEpoch(this.log.promised, epoch)) throw new EpochLost(this.log.promised);
    this.acknowledged = size;
  }

  /**
   * True where, at some moment after this call began, no entry stood in the log that this side does not know. Throws as
   * `refresh` does.
   */
  async isUndisturbed(epoch: Epoch): Promise<boolean> {
    const before = this.size;
    const size = await this.acceptor.size();
    if (size === before) return true;
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
    if (found.length === 0) throw new LogRot(`the log ends before revision ${from} does`);
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
    if (size < this.size) throw new LogRot(`the log has ${size} bytes and had ${this.size} before`);
    while (this.size < size) {
      const bytes = await this.acceptor.read(this.size, Math.min(READ_BYTES, size - this.size));
      if (bytes.length === 0) throw new LogRot(`the log ends at byte ${this.size}, not ${size}`);
      this.log.feed(bytes);
    }
  }

  /** One operation at a time; one that fails detaches. */
  private alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.running.then(run).catch((error: unknown) => {
      if (!(error instanceof EpochLost)) this.detach();
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
    throw new LogRot(`the record of revision ${revision} reads as ${sealed.record.revision}`);
  return sealed;
}
