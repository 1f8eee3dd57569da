import { giveBuffer, takeBuffer } from '../platform/buffers.js';
import { RpcError } from './error.js';
import { wordAt } from './xdr.js';

/*
 * Record marking (RFC 5531, section 11): a record is one or more fragments, each behind a word whose top bit says
 * that it is the last one and whose other bits are its length.
 *
 *   | 1 bit last | 31 bits length | length bytes |  …
 */

export const LAST_FRAGMENT = 0x8000_0000;
/** 16 MiB of payload and room for headers and xdata. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024 + 64 * 1024;
/** A record that spans chunks is gathered in at most this much before more of it has come. */
const FIRST_GATHER_BYTES = 1024 * 1024;

/**
 * Takes chunks as they arrive and gives records. Each record is copied once, out of the chunks that belong to the stream. The
 * memory held is bounded by the bytes that came, rounded up, never by what a header announces.
 */
export class RecordParser {
  private readonly chunks: Buffer[] = [];
  /** The last chunk belongs to the stream. */
  private isBorrowed = false;
  private at = 0;
  private readonly marker = Buffer.alloc(4);
  private markerBytes = 0;
  private fragmentLeft = 0;
  private isLast = false;
  private gathered: Buffer | undefined;
  private gatheredBytes = 0;

  constructor(public maxBytes = MAX_RECORD_BYTES) {}

  /** Of a record that has not come whole. */
  get heldBytes(): number {
    return this.gathered?.length ?? 0;
  }

  /** Takes a chunk that its owner may change once `keep` was called. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.keep();
    this.chunks.push(chunk);
    this.isBorrowed = true;
  }

  /** Copies what has not been taken yet of the chunk that came last. */
  keep(): void {
    const last = this.chunks.length - 1;
    const chunk = this.chunks[last];
    if (!this.isBorrowed || chunk === undefined) return;
    this.isBorrowed = false;
    if (last > 0) {
      this.chunks[last] = Buffer.from(chunk);
      return;
    }
    this.chunks[0] = Buffer.from(chunk.subarray(this.at));
    this.at = 0;
  }

  /** The next whole record, or undefined until more has come. Throws `too-large` for one beyond the limit. */
  next(): Buffer | undefined {
    for (;;) {
      if (this.markerBytes < 4 && !this.readMarker()) return undefined;
      const record = this.readFragment();
      if (record !== undefined || this.markerBytes === 4) return record;
    }
  }

  private readMarker(): boolean {
    for (let chunk = this.chunks[0]; chunk !== undefined; chunk = this.chunks[0]) {
      const taken = Math.min(4 - this.markerBytes, chunk.length - this.at);
      chunk.copy(this.marker, this.markerBytes, this.at, this.at + taken);
      this.markerBytes += taken;
      this.advance(taken);
      if (this.markerBytes === 4) {
        this.beginFragment(wordAt(this.marker, 0));
        return true;
      }
    }
    return false;
  }

  private beginFragment(word: number): void {
    this.isLast = word >= LAST_FRAGMENT;
    this.fragmentLeft = this.isLast ? word - LAST_FRAGMENT : word;
    const total = this.gatheredBytes + this.fragmentLeft;
    if (total > this.maxBytes)
      throw new RpcError(
        'too-large',
        `a record of ${total} bytes or more, ${this.maxBytes} are allowed`,
      );
  }

  /** Answers a record where the fragment completes it; leaves `markerBytes` at 4 where the chunks ran out. */
  private readFragment(): Buffer | undefined {
    const chunk = this.chunks[0];
    if (this.isLast && this.gathered === undefined && chunk !== undefined) {
      const end = this.at + this.fragmentLeft;
      if (end <= chunk.length) {
        const isLastChunk = this.isBorrowed && this.chunks.length === 1;
        const record = isLastChunk ? copyOf(chunk, this.at, end) : chunk.subarray(this.at, end);
        this.advance(this.fragmentLeft);
        this.markerBytes = 0;
        return record;
      }
    }
    return this.gather() ? this.endFragment() : undefined;
  }

  private gather(): boolean {
    while (this.fragmentLeft > 0) {
      const chunk = this.chunks[0];
      if (chunk === undefined) return false;
      const taken = Math.min(this.fragmentLeft, chunk.length - this.at);
      const into = this.roomFor(taken);
      chunk.copy(into, this.gatheredBytes, this.at, this.at + taken);
      this.gatheredBytes += taken;
      this.fragmentLeft -= taken;
      this.advance(taken);
    }
    return true;
  }

  private endFragment(): Buffer | undefined {
    this.markerBytes = 0;
    if (!this.isLast) return undefined;
    const record = (this.gathered ?? Buffer.alloc(0)).subarray(0, this.gatheredBytes);
    this.gathered = undefined;
    this.gatheredBytes = 0;
    return record;
  }

  private roomFor(count: number): Buffer {
    const used = this.gatheredBytes;
    const held = this.gathered;
    if (held !== undefined && held.length - used >= count) return held;
    const wanted = used + Math.max(count, Math.min(this.fragmentLeft, FIRST_GATHER_BYTES));
    const larger = takeBuffer(Math.max(wanted, Math.min(2 * used, this.maxBytes)));
    if (held !== undefined) {
      held.copy(larger, 0, 0, used);
      giveBuffer(held);
    }
    this.gathered = larger;
    return larger;
  }

  private advance(count: number): void {
    this.at += count;
    if (this.at < (this.chunks[0]?.length ?? 0)) return;
    this.chunks.shift();
    this.at = 0;
  }
}

const SLAB_BYTES = 64 * 1024;
const MAX_SLICE_BYTES = 16 * 1024;

/** Small copies share slabs: each costs a view, not an allocation. */
let slab = Buffer.alloc(0);
let slabAt = 0;

function copyOf(chunk: Buffer, from: number, to: number): Buffer {
  const copy = roomFor(to - from);
  chunk.copy(copy, 0, from, to);
  return copy;
}

function roomFor(size: number): Buffer {
  if (size > MAX_SLICE_BYTES) return takeBuffer(size);
  if (slabAt + size > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabAt = 0;
  }
  const room = slab.subarray(slabAt, slabAt + size);
  slabAt = (slabAt + size + 7) & ~7;
  return room;
}
