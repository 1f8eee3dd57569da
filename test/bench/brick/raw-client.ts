import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { FopName, Request } from '../../../src/fop/fops.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { codecOf, type DecodedReply, type FdNumbers } from '../../../src/rpc/codec.js';
import { AUTH_GLUSTERFS_V3, encodeCredential } from '../../../src/rpc/credentials.js';
import { encodeFlatDict } from '../../../src/rpc/flat-dict.js';
import { readDirection, readReplyHeader, writeCallHeader } from '../../../src/rpc/message.js';
import { FOP_PROGRAM, HANDSHAKE, HANDSHAKE_PROGRAM } from '../../../src/rpc/programs.js';
import { LAST_FRAGMENT } from '../../../src/rpc/record.js';
import { Reader, Writer, wordAt } from '../../../src/rpc/xdr.js';
import { Certificates } from '../../unit/rpc/certificates.js';
import { EXPORT } from './brick-volfile.js';

const CREDENTIAL = encodeCredential(ROOT_FRAME, AUTH_GLUSTERFS_V3);
const BUFFER_BYTES = 256 * 1024;
const FD_0: FdNumbers = { numberOf: () => 0 };
/** Of a reply that came: marker, number, and five words of header; then the result. */
const RESULT_AT = 28;

/**
 * The cheapest client that there is: requests are encoded once and sent again and again, and of a reply nothing is looked at
 * but its length and its result. So what is measured is the server.
 */
export class RawClient {
  private readonly waiting = new Map<number, (record: Buffer) => void>();
  private nextXid = 1;
  private held: Buffer = Buffer.alloc(0);
  private load: Load | undefined;

  private constructor(private readonly socket: Socket) {}

  /** Connects and introduces itself; over TLS where `certificates` says where its own are. */
  static open(port: number, certificates?: string): Promise<RawClient> {
    return certificates === undefined
      ? RawClient.plain(port)
      : RawClient.secure(port, certificates);
  }

  private static secure(port: number, directory: string): Promise<RawClient> {
    const paths = new Certificates(directory);
    const [cert, key, ca] = [
      readFileSync(paths.path('client')),
      readFileSync(paths.path('client', 'key')),
      readFileSync(paths.path('authority')),
    ];
    return new Promise((resolve, reject) => {
      const checkServerIdentity = () => undefined;
      const to = { port, host: '127.0.0.1', checkServerIdentity };
      const socket = connectTls({ ...to, cert, key, ca });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        const client = new RawClient(socket);
        socket.on('data', (chunk) => client.came(chunk));
        client.introduce().then(() => resolve(client), reject);
      });
    });
  }

  private static plain(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const buffer = Buffer.alloc(BUFFER_BYTES);
      let client: RawClient | undefined;
      const onread = {
        buffer,
        callback: (size: number) => {
          client?.came(buffer.subarray(0, size));
          return true;
        },
      };
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
      socket.once('error', reject);
      socket.once('connect', () => {
        client = new RawClient(socket);
        client.introduce().then(() => resolve(client as RawClient), reject);
      });
    });
  }

  close(): void {
    this.socket.destroy();
  }

  /** Winds one fop and decodes its answer. */
  async wind<F extends FopName>(fop: F, request: Request<F>): Promise<DecodedReply<F>> {
    const record = await this.ask(encodeFop(fop, request));
    const reader = new Reader(record, 4);
    readDirection(reader);
    readReplyHeader(reader);
    return codecOf(fop).decodeReply(reader, fop);
  }

  /** Sends these requests in turn, `depth` of them under way, for a time; answers how many came back per second. */
  async rate(
    requests: readonly Buffer[],
    depth: number,
    warmMs: number,
    ms: number,
  ): Promise<number> {
    await this.run({ requests, depth, endMs: performance.now() + warmMs });
    const before = performance.now();
    const done = await this.run({ requests, depth, endMs: before + ms });
    return done / ((performance.now() - before) / 1000);
  }

  /** Sends each of these requests once, `depth` of them under way. */
  async each(requests: readonly Buffer[], depth: number): Promise<void> {
    await this.run({ requests, depth, endMs: Number.POSITIVE_INFINITY, most: requests.length });
  }

  private run(asked: LoadAsked): Promise<number> {
    return new Promise((resolve, reject) => {
      this.load = { ...asked, sent: 0, done: 0, at: 0, resolve, reject };
      this.fill(this.load);
    });
  }

  private fill(load: Load): void {
    const most = load.most ?? Number.POSITIVE_INFINITY;
    if (load.sent >= most || performance.now() >= load.endMs) {
      if (load.sent > load.done) return;
      this.load = undefined;
      load.resolve(load.done);
      return;
    }
    const parts: Buffer[] = [];
    while (load.sent - load.done < load.depth && load.sent < most) {
      const record = load.requests[load.at] as Buffer;
      load.at = (load.at + 1) % load.requests.length;
      load.sent += 1;
      parts.push(record);
    }
    this.send(parts);
  }

  /** Over TLS each as a write of its own: glusterfsd forgets what stands behind the first request of a TLS record. */
  private send(records: readonly Buffer[]): void {
    if (this.socket instanceof TLSSocket) for (const record of records) this.socket.write(record);
    else if (records.length > 0) this.socket.write(Buffer.concat(records));
  }

  private introduce(): Promise<Buffer> {
    const writer = new Writer();
    writeCallHeader(writer, 0, HANDSHAKE_PROGRAM, HANDSHAKE.SETVOLUME, CREDENTIAL);
    const words = new Map([
      ['process-uuid', `bench-${randomUUID()}`],
      ['remote-subvolume', EXPORT],
      ['fops-version', `${FOP_PROGRAM.number}`],
      ['client-version', '10.3'],
      ['opversion', '100000'],
      ['clnt-lk-version', '1'],
    ]);
    writer.opaque(encodeFlatDict(words));
    return this.ask(framed(writer));
  }

  /** Sends one request and answers the record of its reply. */
  ask(record: Buffer): Promise<Buffer> {
    const xid = this.nextXid++;
    record.writeUInt32BE(xid, 4);
    this.socket.write(record);
    return new Promise((resolve) => this.waiting.set(xid, resolve));
  }

  private came(chunk: Buffer): void {
    let bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    let end = recordEnd(bytes);
    while (end !== undefined) {
      this.take(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
      end = recordEnd(bytes);
    }
    this.held = bytes.length === 0 ? bytes : Buffer.from(bytes);
    if (this.load !== undefined) this.fill(this.load);
  }

  private take(record: Buffer): void {
    if (wordAt(record, 8) !== 1) return;
    const { load } = this;
    if (load === undefined) {
      const xid = wordAt(record, 4);
      this.waiting.get(xid)?.(Buffer.from(record));
      this.waiting.delete(xid);
      return;
    }
    load.done += 1;
    if (wordAt(record, RESULT_AT) >= 0x8000_0000) {
      this.load = undefined;
      load.reject(new Error(`the brick answers errno ${wordAt(record, RESULT_AT + 4)}`));
    }
  }
}

interface LoadAsked {
  readonly requests: readonly Buffer[];
  readonly depth: number;
  readonly endMs: number;
  readonly most?: number;
}

interface Load extends LoadAsked {
  sent: number;
  done: number;
  at: number;
  resolve(done: number): void;
  reject(error: Error): void;
}

/** Where the first record of these bytes ends; undefined where it is not whole. */
function recordEnd(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const end = 4 + (wordAt(bytes, 0) & 0x7fff_ffff);
  return end <= bytes.length ? end : undefined;
}

function framed(writer: Writer, payload?: Uint8Array): Buffer {
  const bytes = Buffer.concat([writer.finish(), payload ?? Buffer.alloc(0)]);
  bytes.writeUInt32BE(LAST_FRAGMENT + bytes.length - 4, 0);
  return bytes;
}

/** A whole record; an fd in it is the first one that was opened on the connection. */
export function encodeFop<F extends FopName>(fop: F, request: Request<F>): Buffer {
  const codec = codecOf(fop);
  const writer = new Writer();
  writeCallHeader(writer, 0, FOP_PROGRAM, codec.number, CREDENTIAL);
  const payload = codec.encodeRequest(writer, request, FD_0);
  return framed(writer, payload);
}
