import assert from 'node:assert/strict';
import { serveVolfiles, type VolfileServer } from '../../../src/daemon/volfile-server.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import type { ByteStream } from '../../../src/platform/network.js';
import { type ConnectionOwner, RpcConnection } from '../../../src/rpc/connection.js';
import { AUTH_GLUSTERFS_V2, encodeCredential } from '../../../src/rpc/credentials.js';
import { askPrograms } from '../../../src/rpc/dump.js';
import type { IncomingCall } from '../../../src/rpc/incoming-call.js';
import { HANDSHAKE_PROGRAM, PORTMAP_PROGRAM } from '../../../src/rpc/programs.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ScriptedBrick } from './brick.js';
import { ManualClock, settle } from './manual-clock.js';
import { clientOf, platformOf, serverOf } from './pair.js';

const CREDENTIAL = encodeCredential(ROOT_FRAME, AUTH_GLUSTERFS_V2);
const PORT = 24_007;

class Mounter implements ConnectionOwner {
  readonly callbacks: number[] = [];

  called(call: IncomingCall): void {
    this.callbacks.push(call.header.procedure);
    call.drop();
  }

  closed(): void {}
}

describe('the volfile server', () => {
  const network = memoryNetwork();
  const clock = new ManualClock();
  const platform = platformOf(network, clock);
  const mounter = new Mounter();
  let brickAt: number | undefined;
  let volfiles: VolfileServer;
  let connection: RpcConnection;

  before(async () => {
    volfiles = await serveVolfiles(
      platform,
      { host: '127.0.0.1', port: PORT },
      {
        volfile: (id) => (id === '/config' ? 'volume größe\nend-volume\n' : undefined),
        brickPort: (brick) => (brick === 'brick' ? brickAt : undefined),
      },
    );
    connection = await new Promise<RpcConnection>((resolve) => {
      const connected = (stream: ByteStream): RpcConnection => {
        const made = new RpcConnection(stream, mounter, clock);
        resolve(made);
        return made;
      };
      void network.connect(volfiles.endpoint, connected, 1000);
    });
  });
  after(() => volfiles.close());

  async function getSpec(key: string): Promise<readonly [number, number, string]> {
    const call = connection.beginCall(HANDSHAKE_PROGRAM, 2, CREDENTIAL);
    call.writer.u32(1);
    call.writer.string(key);
    call.writer.u32(0);
    const results = await connection.finishCall(call, undefined, 1000);
    return [results.i32(), results.i32(), Buffer.from(results.string(), 'latin1').toString()];
  }

  it('lists the portmapper', async () => {
    const programs = await askPrograms(connection, 1000);
    assert.ok(programs.some(({ number }) => number === PORTMAP_PROGRAM.number));
  });

  it('answers a volfile with its length in bytes', async () =>
    assert.deepEqual(await getSpec('/config'), [26, 0, 'volume größe\nend-volume\n']));

  it('answers ENOENT for one that is not there', async () =>
    assert.deepEqual(await getSpec('/other'), [-1, 2, '']));

  it('tells those who fetched a volfile that there is a new one', async () => {
    volfiles.changed();
    await settle();
    assert.deepEqual(mounter.callbacks, [1]);
  });

  it('leads a client that knows no port to the brick', async () => {
    const server = await serverOf([new ScriptedBrick()], platform);
    const client = clientOf(undefined, platform);
    await client.start();
    await clock.advance(1000);
    assert.equal(client.isUp, false);
    brickAt = server.endpoint?.port;
    await clock.advance(3000);
    assert.equal(client.isUp, true);
    await client.stop();
    await server.stop();
  });
});
