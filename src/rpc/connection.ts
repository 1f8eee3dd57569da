import type { ByteStream, StreamEvents } from '../platform/network.js';
import type { Clock } from '../platform/platform.js';
import { NO_CREDENTIAL } from './credentials.js';
import { RpcError } from './error.js';
import { IncomingCall } from './incoming-call.js';
import { readCallHeader, readDirection, readReplyHeader, writeCallHeader } from './message.js';
import { PendingCalls } from './pending-calls.js';
import type { Program } from './programs.js';
import { LAST_FRAGMENT, MAX_RECORD_BYTES, RecordParser } from './record.js';
import { Reader, Writer } from './xdr.js';

/** Who owns a connection and is told of it. */
export interface ConnectionOwner {
  /** The peer calls. Called in the order of arrival; must not throw. */
  called(call: IncomingCall): void;
  /** The connection is over; told once, after which nothing else is. */
  closed(why: string): void;
}

/** What all connections of a server hold together. */
export interface MemoryMeter {
  /** Of all calls under way. */
  openBytes: number;
  /** Nothing more is to be begun where something is under way. */
  readonly isFull: boolean;
  /** A peer leaves much of its replies, or all is full: it is time to look. */
  large(): void;
}

/** Beyond any of these the connection is not read until something has been answered. */
export interface ConnectionLimits {
  readonly calls: number;
  /** Bytes of records whose calls are not answered yet, and of the replies that these will have or that are queued. */
  readonly callBytes: number;
  /** Bytes of replies that the peer has not taken. */
  readonly queuedBytes: number;
  readonly recordBytes: number;
  readonly meter?: MemoryMeter;
}

/** Where a peer leaves so much of its replies, the meter hears of it. */
const LARGE_QUEUE_BYTES = 64 * 1024;

export const DEFAULT_LIMITS: ConnectionLimits = {
  calls: 64,
  callBytes: 64 * 1024 * 1024,
  queuedBytes: 8 * 1024 * 1024,
  recordBytes: MAX_RECORD_BYTES,
};

/** The writer of a call that is being made, and its number. */
export interface OutgoingCall {
  readonly xid: number;
  readonly writer: Writer;
}

/**
 * RPC both ways over one stream: calls out, matched with their replies by number, and calls in, handed to the owner.
 * A record that cannot be understood closes it, with a reason.
 */
export class RpcConnection implements StreamEvents {
  private readonly records: RecordParser;
  private readonly pending: PendingCalls;
  private nextXid = 1;
  private openCalls = 0;
  private openBytes = 0;
  private isPaused = false;
  private isPumping = false;
  private overWhy: string | undefined;
  /** It was closed because a record could not be understood. */
  isMalformed = false;
  /** When bytes last came, on the clock's monotonic scale. */
  heardMs: number;

  constructor(
    readonly stream: ByteStream,
    private readonly owner: ConnectionOwner,
    private readonly clock: Clock,
    private readonly limits: ConnectionLimits = DEFAULT_LIMITS,
  ) {
    this.records = new RecordParser(limits.recordBytes);
    this.pending = new PendingCalls(clock);
    this.heardMs = clock.monotonicMs();
  }

  get isOver(): boolean {
    return this.overWhy !== undefined;
  }

  /** Calls of this side that wait for a reply. */
  get outstanding(): number {
    return this.pending.count;
  }

  /** Takes records up to this size from here on. */
  allowRecords(maxBytes: number): void {
    this.records.maxBytes = maxBytes;
  }

  /** Begins a call: write the arguments, then `finishCall`, in the same turn. */
  beginCall(program: Program, procedure: number, credential: Buffer): OutgoingCall {
    const writer = new Writer();
    const xid = this.nextXid;
    this.nextXid = xid === 0xffff_ffff ? 1 : xid + 1;
    writeCallHeader(writer, xid, program, procedure, credential);
    return { xid, writer };
  }

  /**
   * Sends the call and waits for its results. An RpcError says why there are none: `closed` and `deadline` leave
   * open whether it was done.
   */
  finishCall(
    call: OutgoingCall,
    payload: Uint8Array | undefined,
    timeoutMs: number,
  ): Promise<Reader> {
    if (this.overWhy !== undefined) return Promise.reject(new RpcError('closed', this.overWhy));
    const results = this.pending.add(call.xid, timeoutMs);
    this.send(call.writer, payload);
    return results;
  }

  /** Makes a call to which no reply is ever sent. */
  tell(program: Program, procedure: number, write: (writer: Writer) => void): void {
    const { writer } = this.beginCall(program, procedure, NO_CREDENTIAL);
    write(writer);
    this.send(writer);
  }

  /** Sends a record that was written from its marker on, with `payload` behind it; `taken` as ByteStream.write says. */
  send(writer: Writer, payload?: Uint8Array, taken?: () => void): void {
    if (this.isOver) return;
    const bytes = writer.length - 4 + (payload?.length ?? 0);
    writer.setWord(0, LAST_FRAGMENT + bytes);
    const head = writer.finish();
    const chunks = payload === undefined || payload.length === 0 ? [head] : [head, payload];
    this.stream.write(chunks, taken);
    if (this.stream.queuedBytes > LARGE_QUEUE_BYTES) this.limits.meter?.large();
  }

  close(why: string): void {
    if (this.isOver) return;
    this.stream.close(why);
    this.closed(why);
  }

  data(chunk: Buffer): void {
    if (this.isOver) return;
    this.heardMs = this.clock.monotonicMs();
    this.records.push(chunk);
    this.pump();
    this.records.keep();
  }

  drain(): void {
    this.goOn();
  }

  /** What is kept for this peer at the moment. */
  get heldBytes(): number {
    return this.openBytes + this.stream.queuedBytes + this.records.heldBytes;
  }

  closed(why: string): void {
    if (this.isOver) return;
    this.overWhy = why;
    this.pending.failAll(new RpcError('closed', why));
    this.owner.closed(why);
  }

  /** A call of `bytes` was answered; IncomingCall tells. */
  settled(bytes: number): void {
    this.openCalls -= 1;
    this.expected(-bytes);
    this.goOn();
  }

  /** The reply of a call will have so many bytes; IncomingCall tells. */
  expected(bytes: number): void {
    this.openBytes += bytes;
    const { meter } = this.limits;
    if (meter !== undefined) meter.openBytes += bytes;
  }

  private isFull(): boolean {
    const { queuedBytes } = this.stream;
    const { limits } = this;
    return (
      this.openCalls >= limits.calls ||
      this.openBytes + queuedBytes >= limits.callBytes ||
      queuedBytes >= limits.queuedBytes ||
      (this.openCalls > 0 && limits.meter?.isFull === true)
    );
  }

  /** Reads on where it had stopped and may again. */
  goOn(): void {
    if (!this.isPaused || this.isOver || this.isPumping || this.isFull()) return;
    this.isPaused = false;
    this.stream.resume();
    this.pump();
  }

  private pump(): void {
    if (this.isPumping || this.isPaused) return;
    this.isPumping = true;
    try {
      this.takeRecords();
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.isMalformed = true;
      this.close(error.message);
    } finally {
      this.isPumping = false;
    }
  }

  private takeRecords(): void {
    while (!this.isOver) {
      if (this.isFull()) {
        this.isPaused = true;
        this.stream.pause();
        this.limits.meter?.large();
        return;
      }
      const record = this.records.next();
      if (record === undefined) return;
      this.take(record);
    }
  }

  private take(record: Buffer): void {
    const reader = new Reader(record);
    const { xid, isCall } = readDirection(reader);
    if (!isCall) {
      this.takeReply(xid, reader);
      return;
    }
    const header = readCallHeader(reader);
    this.openCalls += 1;
    this.expected(record.length);
    this.owner.called(new IncomingCall(this, xid, header, reader));
  }

  private takeReply(xid: number, reader: Reader): void {
    try {
      readReplyHeader(reader);
    } catch (error) {
      if (!(error instanceof RpcError) || error.fault === 'malformed') throw error;
      this.pending.fail(xid, error);
      return;
    }
    this.pending.answer(xid, reader);
  }
}
