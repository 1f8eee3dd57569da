import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { encodeFlatDict } from '../../src/rpc/flat-dict.js';
import { writeCallHeader } from '../../src/rpc/message.js';
import { CALLBACK, CALLBACK_PROGRAM } from '../../src/rpc/programs.js';
import { RecordParser } from '../../src/rpc/record.js';
import { Writer } from '../../src/rpc/xdr.js';
import type { SimRandom } from '../sim/random.js';
import { marked } from './attacker.js';
import { mutated } from './mutation.js';

/** Its number and that it is a reply stay, so that the client takes it for the answer to what it asked. */
const HEAD_BYTES = 8;
const HANDSHAKE_REPLIES = 2;
const NO_CREDENTIAL = Buffer.alloc(16);

/**
 * Stands between a client and a real brick and passes on what they say; but of the replies, one in `oneIn` comes damaged,
 * and now and then comes a callback that nobody understands.
 */
export class HostileServer {
  /** Replies that were damaged. */
  damaged = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly brickPort: number,
    private readonly random: SimRandom,
    private readonly oneIn: number,
  ) {
    this.server = createServer((client) => this.serve(client));
  }

  static async before(brickPort: number, random: SimRandom, oneIn: number): Promise<HostileServer> {
    const hostile = new HostileServer(brickPort, random, oneIn);
    hostile.server.listen(0, '127.0.0.1');
    await once(hostile.server, 'listening');
    return hostile;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(client: Socket): void {
    const brick = connect(this.brickPort, '127.0.0.1');
    const replies = new RecordParser();
    let count = 0;
    client.pipe(brick);
    brick.on('data', (chunk: Buffer) => {
      replies.push(chunk);
      for (let next = replies.next(); next !== undefined; next = replies.next())
        this.pass(client, Buffer.from(next), count++ < HANDSHAKE_REPLIES);
    });
    for (const socket of [client, brick]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        brick.destroy();
        this.sockets.delete(socket);
      });
    }
  }

  /** Handshakes are damaged as well, but seldom: without one there is nothing else. */
  private pass(client: Socket, reply: Buffer, isHandshake: boolean): void {
    const { random } = this;
    if (client.destroyed) return;
    if (random.chance(0.02)) client.write(marked(callback(random)));
    if (random.int(isHandshake ? 20 : this.oneIn) > 0) {
      client.write(marked(reply));
      return;
    }
    this.damaged += 1;
    const damaged = mutated(reply.subarray(HEAD_BYTES), reply, random.pick([1, 1, 2, 5]), random);
    client.write(marked(Buffer.concat([reply.subarray(0, HEAD_BYTES), damaged])));
  }
}

/** A call of a brick to its client, with arguments that are not those of its procedure. */
function callback(random: SimRandom): Buffer {
  const writer = new Writer();
  const procedure = random.pick([...Object.values(CALLBACK), 0, 99]);
  writeCallHeader(writer, random.next(), CALLBACK_PROGRAM, procedure, NO_CREDENTIAL);
  writer.opaque(encodeFlatDict(new Map([['k', 'v']])));
  const record = Buffer.from(writer.finish().subarray(4));
  return mutated(record, record, random.int(3), random);
}
