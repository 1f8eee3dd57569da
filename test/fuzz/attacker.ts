import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeCredential, OWN_FRAME } from '../../src/rpc/credentials.js';
import { encodeFlatDict } from '../../src/rpc/flat-dict.js';
import { writeCallHeader } from '../../src/rpc/message.js';
import {
  DUMP,
  DUMP_PROGRAM,
  FOP_PROGRAM,
  HANDSHAKE,
  HANDSHAKE_PROGRAM,
} from '../../src/rpc/programs.js';
import { LAST_FRAGMENT, RecordParser } from '../../src/rpc/record.js';
import { Writer } from '../../src/rpc/xdr.js';

/** When a server that neither answers nor closes is taken for hanging. */
const PATIENCE_MS = 20_000;

/** Of the ping behind all others. */
const LAST_XID = 0xfeed_beef;

/** What became of the records of one connection. */
export interface Volley {
  readonly sent: number;
  /** Replies that came back. */
  readonly answers: number;
  readonly wasClosed: boolean;
}

/** A record with its marker. */
export function marked(record: Buffer): Buffer {
  const marker = Buffer.alloc(4);
  marker.writeUInt32BE((LAST_FRAGMENT + record.length) >>> 0);
  return Buffer.concat([marker, record]);
}

function handshake(id: string): Buffer {
  const writer = new Writer();
  const credential = encodeCredential(OWN_FRAME, 390040);
  writeCallHeader(writer, 1, HANDSHAKE_PROGRAM, HANDSHAKE.SETVOLUME, credential);
  const said = new Map([
    ['remote-subvolume', 'fuzzed'],
    ['process-uuid', id],
    ['fops-version', `${FOP_PROGRAM.number}`],
    ['clnt-lk-version', '1'],
  ]);
  writer.opaque(encodeFlatDict(said));
  return marked(Buffer.from(writer.finish().subarray(4)));
}

function ping(): Buffer {
  const writer = new Writer();
  writeCallHeader(writer, LAST_XID, DUMP_PROGRAM, DUMP.PING, encodeCredential(OWN_FRAME, 390039));
  return marked(Buffer.from(writer.finish().subarray(4)));
}

/**
 * Introduces itself, sends the records at once, and waits until the server has answered a ping behind them or has closed
 * the connection. Throws where it does neither.
 */
export async function fire(port: number, id: string, records: readonly Buffer[]): Promise<Volley> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const ears = new Ears(socket);
  socket.write(handshake(id));
  await ears.until(() => ears.answers > 0);
  for (const record of records) socket.write(record);
  socket.write(ping());
  await ears.until(() => ears.heardLast);
  socket.destroy();
  return { sent: records.length, answers: ears.answers, wasClosed: !ears.heardLast };
}

/** Counts the replies that come, and knows the last one by its number. */
class Ears {
  answers = 0;
  heardLast = false;
  private readonly records = new RecordParser();
  private isOver = false;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.records.push(chunk);
      for (let next = this.records.next(); next !== undefined; next = this.records.next())
        this.hear(next);
      this.wake();
    });
    socket.on('close', () => {
      this.isOver = true;
      this.wake();
    });
  }

  private hear(record: Buffer): void {
    if (record.readUInt32BE(4) === 1) this.answers += 1;
    this.heardLast ||= record.readUInt32BE(0) === LAST_XID;
  }

  /** Settles when it is so, or the connection is over. */
  async until(isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!isSo() && !this.isOver) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no answer and no end within ${PATIENCE_MS / 1000} s`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
