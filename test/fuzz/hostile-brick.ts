import fc from 'fast-check';
import type { FopName } from '../../src/fop/fops.js';
import type { ByteStream, Network, StreamEvents } from '../../src/platform/network.js';
import { codecOf, fopOfNumber } from '../../src/rpc/codec.js';
import { encodeFlatDict } from '../../src/rpc/flat-dict.js';
import {
  ACCEPTED,
  readCallHeader,
  readDirection,
  writeCallHeader,
  writeReplyHeader,
} from '../../src/rpc/message.js';
import {
  CALLBACK_PROGRAM,
  DUMP_PROGRAM,
  FOP_PROGRAM,
  HANDSHAKE_PROGRAM,
} from '../../src/rpc/programs.js';
import { LAST_FRAGMENT, RecordParser } from '../../src/rpc/record.js';
import { Reader, Writer } from '../../src/rpc/xdr.js';
import type { SimRandom } from '../sim/random.js';
import { replyOf } from '../unit/rpc/arbitraries.js';
import { mutated } from './mutation.js';

/** A call that came: its number, and what was asked. */
interface Call {
  readonly xid: number;
  readonly program: number;
  readonly procedure: number;
}

const PROGRAMS = [FOP_PROGRAM, DUMP_PROGRAM, HANDSHAKE_PROGRAM];
/** Of each fop, so many replies are made once and damaged again and again. */
const MODELS = 8;

/**
 * A server that answers as a brick does, and then damages most of what it says: replies, the handshake, callbacks, record marks. What it
 * says follows from its seed and from what it is asked.
 */
export class HostileBrick {
  /** Records that it has sent. */
  sent = 0;
  connections = 0;
  private readonly models = new Map<FopName, Buffer[]>();

  constructor(private readonly random: SimRandom) {}

  listen(network: Network) {
    return network.listen({ host: '127.0.0.1', port: 0 }, (stream) => this.accept(stream));
  }

  private accept(stream: ByteStream): StreamEvents {
    this.connections += 1;
    const records = new RecordParser();
    return {
      data: (chunk) => {
        records.push(chunk);
        for (let next = records.next(); next !== undefined; next = records.next())
          this.answer(stream, next);
      },
      drain: () => undefined,
      closed: () => undefined,
    };
  }

  private answer(stream: ByteStream, record: Buffer): void {
    const { random } = this;
    const reader = new Reader(record);
    const { xid, isCall } = readDirection(reader);
    // A refusal of what was called back.
    if (!isCall) return;
    const { program, procedure } = readCallHeader(reader);
    if (random.chance(0.02)) return;
    if (random.chance(0.1)) this.send(stream, this.damaged(this.callback(), 1));
    this.send(stream, this.replyTo({ xid, program, procedure }));
    if (random.chance(0.005)) stream.write([Buffer.alloc(random.int(40), random.int(256))]);
    if (random.chance(0.005)) stream.close();
  }

  private replyTo({ xid, program, procedure }: Call): Buffer {
    const { random } = this;
    const writer = new Writer();
    writeReplyHeader(writer, xid, random.chance(0.02) ? random.int(7) : ACCEPTED);
    const head = Buffer.from(writer.finish().subarray(4));
    const isFop = program === FOP_PROGRAM.number;
    const body = isFop ? this.fopReply(procedure) : this.handshake(program, procedure);
    const harm = isFop ? random.pick([0, 1, 1, 2]) : random.pick([0, 0, 0, 0, 1]);
    // The header is damaged seldom: what is behind it would not be looked at.
    return random.chance(0.01)
      ? this.damaged(Buffer.concat([head, body]), 1)
      : Buffer.concat([head, this.damaged(body, harm)]);
  }

  private damaged(record: Buffer, times: number): Buffer {
    return mutated(record, record, times, this.random);
  }

  private fopReply(procedure: number): Buffer {
    const fop = fopOfNumber(procedure);
    if (fop === undefined) return Buffer.alloc(8);
    const known = this.models.get(fop) ?? modelsOf(fop, this.random.int(2 ** 31));
    this.models.set(fop, known);
    return this.random.pick(known);
  }

  private handshake(program: number, procedure: number): Buffer {
    const writer = new Writer();
    if (program === DUMP_PROGRAM.number && procedure === 1) {
      writer.zeros(16);
      for (const each of PROGRAMS) {
        writer.u32(1);
        writer.string(each.name);
        writer.u64(each.number);
        writer.u64(each.version);
      }
      writer.u32(0);
    } else if (program === HANDSHAKE_PROGRAM.number) {
      writer.zeros(8);
      writer.opaque(encodeFlatDict(new Map([['child_up', '1']])));
    } else {
      writer.zeros(12);
    }
    return Buffer.from(writer.finish());
  }

  private callback(): Buffer {
    const { random } = this;
    const writer = new Writer();
    const credential = Buffer.alloc(16);
    writeCallHeader(writer, random.int(100), CALLBACK_PROGRAM, 1 + random.int(11), credential);
    writer.string('00000000-0000-0000-0000-000000000001');
    for (let left = random.int(120); left > 0; left -= 1) writer.u32(random.int(4));
    return Buffer.from(writer.finish().subarray(4));
  }

  private send(stream: ByteStream, record: Buffer): void {
    const marker = Buffer.alloc(4);
    marker.writeUInt32BE((LAST_FRAGMENT + record.length) >>> 0);
    this.sent += 1;
    stream.write([marker, record]);
  }
}

function modelsOf(fop: FopName, seed: number): Buffer[] {
  return fc.sample(replyOf(fop), { numRuns: MODELS, seed }).map((reply) => {
    const writer = new Writer();
    const payload = codecOf(fop).encodeReply(writer, reply, seed % 5);
    return Buffer.concat([writer.finish(), payload ?? Buffer.alloc(0)]);
  });
}
