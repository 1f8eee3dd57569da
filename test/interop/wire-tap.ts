import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Dict } from '../../src/fop/dict.js';
import { FopError } from '../../src/fop/error.js';
import { Fd } from '../../src/fop/fd.js';
import type { FopName } from '../../src/fop/fops.js';
import { ANONYMOUS_FD, codecOf, fopOfNumber } from '../../src/rpc/codec.js';
import { readCallHeader, readDirection, readReplyHeader } from '../../src/rpc/message.js';
import { FOP_PROGRAM } from '../../src/rpc/programs.js';
import { LAST_FRAGMENT, RecordParser } from '../../src/rpc/record.js';
import { Reader, Writer } from '../../src/rpc/xdr.js';

/** One message of a fop as it went by. */
export interface Passed {
  readonly fop: FopName;
  readonly isCall: boolean;
  readonly xdata: Dict;
  /** What the codec makes of it: the request, or the reply. */
  readonly message: object;
}

/** The numbers of one connection, taken as they are. */
class Numbers {
  private readonly numbers = new WeakMap<Fd, number>();

  find(number: number, gfid: string): Fd {
    const fd = new Fd(gfid, 0, number === ANONYMOUS_FD);
    this.numbers.set(fd, number);
    return fd;
  }

  create(gfid: string, flags: number): Fd {
    return new Fd(gfid, flags);
  }

  numberOf(fd: Fd): number {
    return this.numbers.get(fd) ?? 0;
  }
}

/**
 * Stands between a client and a brick, and passes on what our codecs make of each fop's request and successful reply after
 * they have read it. `mismatches` tells of every message that does not come out as it went in.
 */
export class WireTap {
  readonly passed: Passed[] = [];
  readonly mismatches: string[] = [];
  /** How many messages were decoded and encoded again. */
  count = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** Listens on `port` for clients of the brick at `brickPort`. */
  static async start(port: number, brickPort: number): Promise<WireTap> {
    const server = createServer((client) => tap.join(client, connect(brickPort, '127.0.0.1')));
    const tap = new WireTap(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return tap;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket, brick: Socket): void {
    const calls = new Map<number, FopName>();
    this.pass(client, brick, (record) => this.call(record, calls));
    this.pass(brick, client, (record) => this.reply(record, calls));
  }

  private pass(from: Socket, to: Socket, changed: (record: Buffer) => Buffer): void {
    const parser = new RecordParser();
    this.sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      parser.push(Buffer.from(chunk));
      for (let record = parser.next(); record !== undefined; record = parser.next()) {
        const bytes = changed(record);
        const marker = Buffer.alloc(4);
        marker.writeUInt32BE(LAST_FRAGMENT + bytes.length);
        to.write(Buffer.concat([marker, bytes]));
      }
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }

  private call(record: Buffer, calls: Map<number, FopName>): Buffer {
    const reader = new Reader(record);
    const { xid, isCall } = readDirection(reader);
    const header = isCall ? readCallHeader(reader) : undefined;
    const fop = header?.program === FOP_PROGRAM.number ? fopOfNumber(header.procedure) : undefined;
    if (fop === undefined) return record;
    calls.set(xid, fop);
    const at = reader.at;
    const numbers = new Numbers();
    return this.checked(`call of ${fop}`, record, at, (writer) => {
      const request = codecOf(fop).decodeRequest(reader, numbers);
      this.passed.push({ fop, isCall: true, xdata: request.xdata, message: request });
      return codecOf(fop).encodeRequest(writer, request, numbers);
    });
  }

  private reply(record: Buffer, calls: Map<number, FopName>): Buffer {
    const reader = new Reader(record);
    const { xid, isCall } = readDirection(reader);
    const fop = isCall ? undefined : calls.get(xid);
    if (fop === undefined) return record;
    calls.delete(xid);
    readReplyHeader(reader);
    const at = reader.at;
    // Of an error nothing but its number means anything, and beside success the number means nothing.
    const isError = record.readInt32BE(at) < 0;
    return this.checked(`reply to ${fop}`, record, at, (writer) => {
      try {
        const { reply, fd } = codecOf(fop).decodeReply(reader, 'tap');
        this.passed.push({ fop, isCall: false, xdata: reply.xdata, message: reply });
        return codecOf(fop).encodeReply(writer, reply, fd);
      } catch (error) {
        if (!isError || !(error instanceof FopError)) throw error;
        writer.raw(record.subarray(at));
        return undefined;
      }
    });
  }

  /** The record with everything from `at` made anew. */
  private checked(
    what: string,
    record: Buffer,
    at: number,
    encode: (writer: Writer) => Buffer | undefined,
  ): Buffer {
    this.count += 1;
    try {
      const writer = new Writer();
      const payload = encode(writer);
      const made = Buffer.concat([writer.finish(), payload ?? Buffer.alloc(0)]);
      const was = Buffer.from(record.subarray(at));
      if (what.startsWith('reply')) made.copy(was, 4, 4, 8);
      if (!made.equals(was))
        this.mismatches.push(`${what}\n  ${was.toString('hex')}\n  ${made.toString('hex')}`);
      return Buffer.concat([record.subarray(0, at), made]);
    } catch (error) {
      this.mismatches.push(`${what}: ${(error as Error).message} ${record.toString('hex')}`);
      return record;
    }
  }
}
