import assert from 'node:assert/strict';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import type { ByteStream } from '../../../src/platform/network.js';
import { codecOf } from '../../../src/rpc/codec.js';
import { type ConnectionOwner, RpcConnection } from '../../../src/rpc/connection.js';
import { AUTH_GLUSTERFS_V3, encodeCredential } from '../../../src/rpc/credentials.js';
import { askPrograms, ping } from '../../../src/rpc/dump.js';
import { RpcError, type RpcFault } from '../../../src/rpc/error.js';
import {
  DUMP_PROGRAM,
  FOP_PROGRAM,
  HANDSHAKE_PROGRAM,
  type Program,
} from '../../../src/rpc/programs.js';
import type { Reader, Writer } from '../../../src/rpc/xdr.js';
import type { ProtocolServer } from '../../../src/xlators/protocol/server/server.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ScriptedBrick } from './brick.js';
import { ManualClock, settle } from './manual-clock.js';
import { platformOf, serverOf } from './pair.js';

const CREDENTIAL = encodeCredential(ROOT_FRAME, AUTH_GLUSTERFS_V3);

class Stranger implements ConnectionOwner {
  over: string | undefined;
  called(): void {}
  closed(why: string): void {
    this.over = why;
  }
}

describe('a stranger at a brick', () => {
  const clock = new ManualClock();
  const network = memoryNetwork();
  const platform = platformOf(network, clock);
  let server: ProtocolServer;
  let stranger: Stranger;
  let connection: RpcConnection;
  let stream: ByteStream;

  beforeEach(async () => {
    server = await serverOf([new ScriptedBrick()], platform);
    stranger = new Stranger();
    const connected = new Promise<void>((resolve) => {
      void network.connect(
        server.endpoint ?? { host: '', port: 0 },
        (made) => {
          stream = made;
          connection = new RpcConnection(made, stranger, clock);
          resolve();
          return connection;
        },
        1000,
      );
    });
    await connected;
  });
  afterEach(async () => {
    connection.close('end of test');
    await server.stop();
  });

  function call(
    program: Program,
    procedure: number,
    write: (writer: Writer) => void = () => undefined,
  ): Promise<Reader> {
    const made = connection.beginCall(program, procedure, CREDENTIAL);
    write(made.writer);
    return connection.finishCall(made, undefined, 1000);
  }

  it('may ask what is served', async () => {
    assert.deepEqual(await askPrograms(connection, 1000), [
      FOP_PROGRAM,
      DUMP_PROGRAM,
      HANDSHAKE_PROGRAM,
    ]);
  });

  it('may ping, and call the procedure that does nothing', async () => {
    await ping(connection, CREDENTIAL, 1000);
    for (const program of [DUMP_PROGRAM, HANDSHAKE_PROGRAM]) {
      const results = await call(program, 0);
      assert.deepEqual(results.raw(results.left), Buffer.alloc(12));
    }
  });

  const REFUSALS: readonly (readonly [string, Program, number, RpcFault])[] = [
    ['an unknown program', { name: '', number: 7, version: 1 }, 1, 'no-program'],
    ['another version', { ...FOP_PROGRAM, version: 330 }, 27, 'no-version'],
    ['an unknown procedure', DUMP_PROGRAM, 3, 'no-procedure'],
    ['a handshake that is not served', HANDSHAKE_PROGRAM, 6, 'no-procedure'],
    ['arguments that are missing', HANDSHAKE_PROGRAM, 1, 'bad-arguments'],
  ];
  for (const [what, program, procedure, fault] of REFUSALS)
    it(`is refused ${what}`, async () => {
      await assert.rejects(
        call(program, procedure),
        (error) => error instanceof RpcError && error.fault === fault,
      );
      await ping(connection, CREDENTIAL, 1000);
    });

  it('may wind no fop', async () => {
    const { number, encodeRequest } = codecOf('lookup');
    const root = { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata: null };
    const asked = call(FOP_PROGRAM, number, (writer) => {
      encodeRequest(writer, root, { numberOf: () => 0 });
    });
    await assert.rejects(
      asked,
      (error) => error instanceof RpcError && error.fault === 'bad-arguments',
    );
  });

  it('is told that a brick has no volfiles', async () => {
    const results = await call(HANDSHAKE_PROGRAM, 2, (writer) => {
      writer.u32(0);
      writer.string('vol');
      writer.u32(0);
    });
    assert.deepEqual([results.i32(), results.i32()], [-1, 38]);
  });

  it('has thirty seconds to introduce itself', async () => {
    await clock.advance(29_000);
    assert.equal(stranger.over, undefined);
    await clock.advance(2000);
    assert.equal(stranger.over, 'closed by peer');
  });

  const GARBAGE: readonly (readonly [string, string])[] = [
    ['a record beyond the limit', 'ffffffff'],
    ['an empty record', '80000000'],
    ['neither call nor reply', '80000008 00000001 00000002'],
    ['another RPC version', '8000000c 00000001 00000000 00000003'],
    [
      'a credential that is too long',
      '80000020 00000001 00000000 00000002 00000001 00000001 00000001 00000000 00000191',
    ],
  ];
  for (const [what, hex] of GARBAGE)
    it(`is cut off after ${what}`, async () => {
      stream.write([Buffer.from(hex.replaceAll(' ', ''), 'hex')]);
      await settle();
      assert.equal(stranger.over, 'closed by peer');
    });

  it('fails all its calls when the connection ends, and none is left', async () => {
    stream.pause();
    const asked = ping(connection, CREDENTIAL, 1000);
    connection.close('enough');
    await assert.rejects(asked, (error) => error instanceof RpcError && error.fault === 'closed');
    assert.equal(connection.outstanding, 0);
    await assert.rejects(ping(connection, CREDENTIAL, 1000), RpcError);
  });

  it('fails a call at its deadline, and drops the reply that comes after', async () => {
    stream.pause();
    const asked = ping(connection, CREDENTIAL, 1000);
    const failed = assert.rejects(
      asked,
      (error) => error instanceof RpcError && error.fault === 'deadline',
    );
    await clock.advance(1000);
    await failed;
    stream.resume();
    await ping(connection, CREDENTIAL, 1000);
  });
});

describe('a brick under random bytes', () => {
  it('cuts off who sends them and serves everybody else', async () => {
    const clock = new ManualClock();
    const network = memoryNetwork();
    const server = await serverOf([new ScriptedBrick()], platformOf(network, clock));
    let state = 12_345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    for (let round = 0; round < 300; round += 1) {
      const body = Buffer.from(Array.from({ length: 8 + random(120) }, () => random(256)));
      // Every other one has a header that is right, so that what is behind it is looked at.
      if (round % 2 === 0) writeHeader(body);
      const marker = Buffer.alloc(4);
      marker.writeUInt32BE(0x8000_0000 + body.length);
      const sent = await network.connect(
        server.endpoint ?? { host: '', port: 0 },
        (stream) => new RpcConnection(stream, new Stranger(), clock),
        1000,
      );
      sent.write([marker, body]);
    }
    await settle();
    const connection = await new Promise<RpcConnection>((resolve) => {
      void network.connect(
        server.endpoint ?? { host: '', port: 0 },
        (stream) => {
          const made = new RpcConnection(stream, new Stranger(), clock);
          resolve(made);
          return made;
        },
        1000,
      );
    });
    await ping(connection, CREDENTIAL, 1000);
    connection.close('end of test');
    await server.stop();
  });
});

function writeHeader(body: Buffer): void {
  const words = [1, 0, 2, HANDSHAKE_PROGRAM.number, 2, 1, 0, 0, 0, 0];
  for (const [index, word] of words.entries())
    if (body.length >= 4 * index + 4) body.writeUInt32BE(word, 4 * index);
}
