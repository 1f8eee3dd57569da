import { createHash, type Hash } from 'node:crypto';
import {
  type CommitMark,
  decodeEntry,
  type Entry,
  entryLength,
  isWhole,
  type LogHeader,
  MAGIC,
  PREFIX_HASH_BYTES,
} from './entry.js';
import { compareEpochs, type Epoch, NO_EPOCH } from './epoch.js';
import { rotten } from './lost-vote.js';
import { NO_HASH, previousHash, recordHash } from './record.js';

/** Where in the file a record stands. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A record that counts in this log but is not known here to be committed. */
export interface OpenAccept extends Place {
  readonly epoch: Epoch;
  readonly hash: Buffer;
  readonly previous: Buffer;
}

/** How many ends of entries are remembered to check prefix hashes against. */
const REMEMBERED_BOUNDARIES = 64;

/**
 * What one acceptor's file says, read from its start, once, in order. Pure: bytes are fed in, whoever feeds them
 * keeps nothing. The rules are those of the protocol's `parse`:
 * an accept counts unless a higher epoch stands before it; bytes that are no whole entry are skipped, unless a later
 * entry shows that they were one when they were synced.
 */
export class VoterLog {
  header: LogHeader | undefined;
  /** The highest epoch in the file so far. */
  promised: Epoch = NO_EPOCH;
  /** The newest commit that any entry knew of. */
  commit: CommitMark = { revision: 0, hash: NO_HASH };
  /** Bytes consumed: everything before is parsed and hashed. */
  parsed = 0;
  /** Where the last whole entry ends. */
  entryEnd = 0;
  /**
   * All records up to this revision stand in this log, and a commit mark in it vouches for their chain. Their places
   * are kept in `places`, two numbers each; what is above is in `open`.
   */
  settled: CommitMark = { revision: 0, hash: NO_HASH };
  /** How long each voter's log was, by the entries of this one. */
  readonly lengths = new Map<string, number>();
  private readonly places: number[] = [];
  /** Where whole entries end, in order. */
  private readonly ends: number[] = [];
  private readonly open = new Map<number, OpenAccept>();
  private readonly running: Hash = createHash('sha256');
  private readonly boundaries = new Map<number, Buffer>();
  private pending: Buffer = Buffer.alloc(0);
  private hashes: readonly Buffer[] = [];

  constructor() {
    this.remember();
  }

  /** The counting accept of a revision above `settled`. */
  accept(revision: number): OpenAccept | undefined {
    return this.open.get(revision);
  }

  /** Where the record of a revision stands; with `hash`, only that very record. */
  place(revision: number, hash?: Buffer): Place | undefined {
    if (revision <= this.settled.revision) return this.settledPlace(revision);
    const open = this.open.get(revision);
    return open && (hash === undefined || open.hash.equals(hash)) ? open : undefined;
  }

  private settledPlace(revision: number): Place {
    const at = (revision - 1) * 2;
    return { offset: this.places[at] ?? 0, length: this.places[at + 1] ?? 0 };
  }

  /**
   * Everything up to `mark` is committed. Where this log holds all of it, with the right hashes, `settled` moves there;
   * answers whether it did.
   */
  settle(mark: CommitMark): boolean {
    if (mark.revision <= this.settled.revision) return true;
    let expected = mark.hash;
    for (let revision = mark.revision; revision > this.settled.revision; revision--) {
      const open = this.open.get(revision);
      if (!open?.hash.equals(expected)) return false;
      expected = open.previous;
    }
    if (!expected.equals(this.settled.hash)) return false;
    for (let revision = this.settled.revision + 1; revision <= mark.revision; revision++) {
      const { offset, length } = this.open.get(revision) ?? { offset: 0, length: 0 };
      this.places.push(offset, length);
      this.open.delete(revision);
    }
    this.settled = mark;
    return true;
  }

  /**
   * Bytes read from `parsed + waiting` on. What is torn at the end waits for more. `hashes` are those of the records in them, in
   * order, where whoever feeds has written these very bytes.
   */
  feed(bytes: Buffer, hashes: readonly Buffer[] = []): void {
    this.hashes = hashes;
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    let at = 0;
    for (let step = this.step(at); step > 0; step = this.step(at)) {
      this.consume(at, step);
      at += step;
    }
    this.pending = Buffer.from(this.pending.subarray(at));
    this.hashes = [];
  }

  /** Bytes fed that belong to no whole entry yet. */
  get waiting(): number {
    return this.pending.length;
  }

  /**
   * No more is coming for now and what waits was there when somebody appended after it: it is torn for good. Skips to
   * the next whole entry, or to the end. Throws LostVote where an entry shows that it was not torn when it was synced.
   */
  skipTorn(): void {
    const rest = this.pending;
    let at = rest.indexOf(MAGIC, 1);
    while (at !== -1 && !this.followsTorn(rest, at)) at = rest.indexOf(MAGIC, at + 1);
    const skipped = at === -1 ? rest.length : at;
    this.advance(rest.subarray(0, skipped));
    this.pending = rest.subarray(skipped);
    this.feed(Buffer.alloc(0));
  }

  /** True where a whole entry ends at that byte of the file. */
  endsAt(length: number): boolean {
    let [low, high] = [0, this.ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? 0) < length) low = middle + 1;
      else high = middle;
    }
    return this.ends[low] === length;
  }

  /** The hash of everything parsed, as an entry's prefixHash has it. */
  prefixHash(): Buffer {
    const known = this.boundaries.get(this.parsed);
    return known ?? this.running.copy().digest().subarray(0, PREFIX_HASH_BYTES);
  }

  /**
   * True for a whole entry at `at` whose writer knew this very file. A value inside a torn entry may be made to look like an
   * entry; but whoever makes values knows no hash of the file before them, unless it is that of nothing. So what names
   * a prefix that cannot be checked any more is skipped with the rest: an append so late counts for nobody.
   */
  private followsTorn(bytes: Buffer, at: number): boolean {
    const length = entryLength(bytes, at);
    if (length === undefined || !isWhole(bytes, at, length)) return false;
    const { prefixLength, prefixHash } = decodeEntry(bytes, at, length);
    const into = prefixLength - this.parsed;
    if (into > at) return true;
    const known = into > 0 ? this.hashWith(bytes, into) : this.boundaries.get(prefixLength);
    if (known === undefined || prefixLength === 0) return false;
    if (known.equals(prefixHash)) return true;
    throw rotten(`the first ${prefixLength} bytes have changed since they were written`);
  }

  private hashWith(bytes: Buffer, length: number): Buffer {
    const hash = this.running.copy().update(bytes.subarray(0, length));
    return hash.digest().subarray(0, PREFIX_HASH_BYTES);
  }

  /** The length of the whole entry at `at`, or 0 where there is none (yet). */
  private step(at: number): number {
    const length = entryLength(this.pending, at);
    return length !== undefined && isWhole(this.pending, at, length) ? length : 0;
  }

  private consume(at: number, length: number): void {
    const entry = decodeEntry(this.pending, at, length);
    this.checkPrefix(entry);
    this.note(entry, this.pending, at);
    this.advance(this.pending.subarray(at, at + length));
    this.entryEnd = this.parsed;
    this.ends.push(this.entryEnd);
  }

  private advance(bytes: Buffer): void {
    this.running.update(bytes);
    this.parsed += bytes.length;
    this.remember();
  }

  private remember(): void {
    this.boundaries.set(this.parsed, this.prefixHash());
    if (this.boundaries.size <= REMEMBERED_BOUNDARIES) return;
    for (const oldest of this.boundaries.keys()) {
      this.boundaries.delete(oldest);
      break;
    }
  }

  private checkPrefix(entry: Entry): void {
    if (entry.prefixLength > this.parsed)
      throw rotten(
        `byte ${this.parsed}: ${entry.prefixLength} bytes stood before this entry when it was written`,
      );
    const known = this.boundaries.get(entry.prefixLength);
    if (known !== undefined && !known.equals(entry.prefixHash))
      throw rotten(`the first ${entry.prefixLength} bytes have changed since they were written`);
  }

  private note(entry: Entry, bytes: Buffer, at: number): void {
    for (const { voter, length } of entry.lengths)
      if (length > (this.lengths.get(voter) ?? 0)) this.lengths.set(voter, length);
    if (entry.body.kind === 'header') {
      this.header ??= entry.body.header;
      return;
    }
    if (compareEpochs(entry.epoch, this.promised) < 0) return;
    this.promised = entry.epoch;
    this.noteAccept(entry, bytes, at);
    this.noteCommit(entry.commit);
  }

  private noteCommit(mark: CommitMark): void {
    if (mark.revision > this.commit.revision)
      this.commit = { revision: mark.revision, hash: Buffer.from(mark.hash) };
    this.settle(this.commit);
  }

  private noteAccept(entry: Entry, bytes: Buffer, at: number): void {
    if (entry.body.kind !== 'accept') return;
    let revision = entry.body.first;
    for (const [index, record] of entry.body.records.entries()) {
      if (revision > this.settled.revision)
        this.open.set(revision, {
          epoch: entry.epoch,
          offset: this.parsed + (record.byteOffset - bytes.byteOffset - at),
          length: record.length,
          hash: this.hashes[index] ?? recordHash(record),
          previous: Buffer.from(previousHash(record)),
        });
      revision++;
    }
  }
}
