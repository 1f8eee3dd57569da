import { giveBuffer } from '../platform/buffers.js';
import type { RpcConnection } from './connection.js';
import { ACCEPTED, type CallHeader, NO_VERSION, writeDenial, writeReplyHeader } from './message.js';
import type { Program } from './programs.js';
import { Reader, Writer } from './xdr.js';

const NOTHING = new Reader(Buffer.alloc(0));

/**
 * A call from the peer. Whoever takes it answers once, with `send`, one of the refusals, or `drop`; until then it
 * counts against the connection's limits, unless `uncount` was called because it may wait for long.
 */
export class IncomingCall {
  private isCounted = true;
  private isOver = false;
  /** What it counts for. */
  private bytes: number;

  constructor(
    private readonly connection: RpcConnection,
    readonly xid: number,
    readonly header: CallHeader,
    /** Stands at the arguments. */
    public args: Reader,
  ) {
    this.bytes = args.bytes.length;
  }

  /** Its reply will have about so many bytes: until it is sent they count, too. */
  expect(bytes: number): void {
    if (!this.isCounted) return;
    this.bytes += bytes;
    this.connection.expected(bytes);
  }

  /** A reply's headers; the results follow. */
  beginReply(): Writer {
    const writer = new Writer();
    writeReplyHeader(writer, this.xid, ACCEPTED);
    return writer;
  }

  /** Sends what was written, with `payload` behind it, as one write. `taken` is called when the payload's bytes are free again. */
  send(writer: Writer, payload?: Uint8Array, taken?: () => void): void {
    this.end();
    this.connection.send(writer, payload, taken);
  }

  /** Refuses with an accept state of message.ts. */
  refuse(state: number): void {
    const writer = new Writer();
    writeReplyHeader(writer, this.xid, state);
    this.send(writer);
  }

  /** Refuses the version and says which one is served. */
  refuseVersion(program: Program): void {
    const writer = new Writer();
    writeReplyHeader(writer, this.xid, NO_VERSION);
    writer.u32(program.version);
    writer.u32(program.version);
    this.send(writer);
  }

  /** The caller is not believed. */
  deny(): void {
    const writer = new Writer();
    writeDenial(writer, this.xid);
    this.send(writer);
  }

  /** No reply is sent: for callbacks, and where the connection is gone. */
  drop(): void {
    this.end();
  }

  /** The call may wait for another client; it must not keep this one's other calls from being read. */
  uncount(): void {
    if (!this.isCounted) return;
    this.isCounted = false;
    this.connection.settled(this.bytes);
  }

  /** The call is answered, and nothing of its record is kept: its bytes may be used for another. */
  recycle(): void {
    if (this.isOver) giveBuffer(this.args.bytes);
  }

  /** The arguments are decoded: a call that waits for long does not keep the memory that they came in. */
  forget(): void {
    this.args = NOTHING;
  }

  private end(): void {
    if (this.isOver) throw new Error(`call ${this.xid} was answered twice`);
    this.isOver = true;
    this.uncount();
  }
}
