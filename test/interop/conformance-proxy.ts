import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { DictValue } from '../../src/fop/dict.js';
import { errnoNumber, FopError } from '../../src/fop/error.js';
import { Fd } from '../../src/fop/fd.js';
import type { FopName } from '../../src/fop/fops.js';
import type { Frame } from '../../src/fop/frame.js';
import { ANONYMOUS_FD, codecOf, type FopCodec, fopOfNumber } from '../../src/rpc/codec.js';
import { decodeCredential, encodeCredential } from '../../src/rpc/credentials.js';
import { readCallHeader, readDirection, readReplyHeader } from '../../src/rpc/message.js';
import { FOP_PROGRAM } from '../../src/rpc/programs.js';
import { RecordParser } from '../../src/rpc/record.js';
import { Reader, Writer } from '../../src/rpc/xdr.js';

/** What passed, and what our codec would have made of it. */
export class Conformance {
  messages = 0;
  /** Fops that passed, each with how often. */
  readonly fops = new Map<FopName, number>();
  /** `fop key type` of every pair that a reply's xdata had. */
  readonly answers = new Set<string>();
  /** `fop key` of every pair that a request's xdata had. */
  readonly asked = new Set<string>();
  /** What was not the same again, by its kind: the first of each, in hex. */
  readonly mismatches = new Map<string, string>();

  /** Of these, byte for byte. */
  exact = 0;

  /** Compares a message with what is made of it again: in its bytes, or where those differ in what they mean. */
  compare(what: string, before: Buffer, again: Buffer, meaning: (bytes: Buffer) => unknown): void {
    this.messages += 1;
    if (before.equals(again)) {
      this.exact += 1;
      return;
    }
    if (isDeepStrictEqual(meaning(before), meaning(again)) || this.mismatches.has(what)) return;
    const at = before.findIndex((byte, index) => byte !== again[index]);
    const near = (bytes: Buffer): string =>
      bytes.subarray(Math.max(0, at - 8), at + 24).toString('hex');
    this.mismatches.set(
      what,
      `${before.length} and ${again.length} bytes, from ${at}: ${near(before)} ${near(again)}`,
    );
  }

  failed(what: string, error: unknown): void {
    this.messages += 1;
    if (!this.mismatches.has(what)) this.mismatches.set(what, String(error));
  }
}

/** The fds of a connection as numbers only. */
class Numbers {
  private readonly numbers = new WeakMap<Fd, number>();

  numberOf(fd: Fd): number {
    return fd.isAnonymous ? ANONYMOUS_FD : (this.numbers.get(fd) ?? -1);
  }

  find(number: number, gfid: string): Fd {
    if (number === ANONYMOUS_FD) return Fd.anonymous(gfid);
    const fd = new Fd(gfid, 0);
    this.numbers.set(fd, number);
    return fd;
  }

  create(gfid: string, flags: number): Fd {
    return new Fd(gfid, flags);
  }
}

/** Passes bytes on between clients and one brick as they are, and looks at each message. */
export class ConformanceProxy {
  readonly seen = new Conformance();
  private readonly server: Server;

  private constructor(to: number) {
    this.server = createServer((client) => {
      const brick = createConnection({ host: '127.0.0.1', port: to });
      const line = new Line(this.seen);
      listen(client, (record) => line.called(record));
      listen(brick, (record) => line.replied(record));
      client.pipe(brick).pipe(client);
      for (const socket of [client, brick]) {
        socket.on('error', () => undefined);
        socket.on('close', () => {
          client.destroy();
          brick.destroy();
        });
      }
    });
  }

  static async to(port: number): Promise<ConformanceProxy> {
    const proxy = new ConformanceProxy(port);
    await once(proxy.server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.server.close();
  }
}

function listen(socket: Socket, heard: (record: Buffer) => void): void {
  const parser = new RecordParser();
  socket.on('data', (chunk: Buffer) => {
    parser.push(Buffer.from(chunk));
    for (let next = parser.next(); next !== undefined; next = parser.next()) heard(next);
  });
}

/** One connection: which reply belongs to which fop. */
class Line {
  private readonly fops = new Map<number, FopName>();
  private readonly numbers = new Numbers();

  constructor(private readonly seen: Conformance) {}

  called(record: Buffer): void {
    const reader = new Reader(record);
    const { xid, isCall } = readDirection(reader);
    if (!isCall) return;
    const header = readCallHeader(reader);
    const body = record.subarray(header.credentialAt, header.credentialAt + header.credentialBytes);
    this.credential(header.flavour, body);
    const fop = header.program === FOP_PROGRAM.number ? fopOfNumber(header.procedure) : undefined;
    if (fop === undefined) return;
    this.fops.set(xid, fop);
    this.seen.fops.set(fop, (this.seen.fops.get(fop) ?? 0) + 1);
    const before = record.subarray(reader.at);
    this.looked(
      `call of ${fop}`,
      before,
      () => {
        const request = codecOf(fop).decodeRequest(new Reader(before), this.numbers);
        for (const key of request.xdata?.keys() ?? []) this.seen.asked.add(`${fop} ${key}`);
        return written((writer) => codecOf(fop).encodeRequest(writer, request, this.numbers));
      },
      (bytes) => codecOf(fop).decodeRequest(new Reader(bytes), this.numbers),
    );
  }

  replied(record: Buffer): void {
    const reader = new Reader(record);
    const { xid, isCall } = readDirection(reader);
    const fop = this.fops.get(xid);
    if (isCall || fop === undefined) return;
    this.fops.delete(xid);
    readReplyHeader(reader);
    const before = record.subarray(reader.at);
    const isError = before.readInt32BE(0) < 0;
    this.looked(
      `${isError ? 'error' : 'reply'} of ${fop}`,
      before,
      () => this.again(codecOf(fop), before),
      (bytes) => replyIn(codecOf(fop), bytes),
    );
  }

  private again(codec: FopCodec<FopName>, before: Buffer): Buffer {
    try {
      const { reply, fd } = codec.decodeReply(new Reader(before), 'proxy');
      this.note(codec.fop, reply.xdata);
      return written((writer) => codec.encodeReply(writer, reply, fd));
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return written((writer) => codec.encodeError(writer, errnoNumber(error.errno)));
    }
  }

  private note(fop: FopName, xdata: ReadonlyMap<string, DictValue> | null): void {
    for (const [key, { type }] of xdata ?? []) this.seen.answers.add(`${fop} ${key} ${type}`);
  }

  private credential(flavour: number, body: Buffer): void {
    if (flavour !== 390039 && flavour !== 390040) return;
    const read = (bytes: Buffer): Frame => {
      const frame = decodeCredential(flavour, bytes);
      if (frame === undefined) throw new Error('not known');
      return frame;
    };
    const again = (): Buffer => encodeCredential(read(body), flavour).subarray(8, -8);
    this.looked(`credential ${flavour}`, body, again, read);
  }

  private looked(
    what: string,
    before: Buffer,
    again: () => Buffer,
    meaning: (bytes: Buffer) => unknown,
  ): void {
    try {
      this.seen.compare(what, before, again(), meaning);
    } catch (error) {
      this.seen.failed(what, error);
    }
  }
}

function written(write: (writer: Writer) => unknown): Buffer {
  const writer = new Writer();
  const payload = write(writer);
  return Buffer.concat([writer.finish(), Buffer.isBuffer(payload) ? payload : Buffer.alloc(0)]);
}

/** What a reply says: its fields, or the number of an error. Of an error nothing else is looked at. */
function replyIn(codec: FopCodec<FopName>, bytes: Buffer): unknown {
  try {
    return codec.decodeReply(new Reader(bytes), 'proxy');
  } catch (error) {
    if (error instanceof FopError) return error.errno;
    throw error;
  }
}
