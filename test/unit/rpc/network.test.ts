import assert from 'node:assert/strict';
import {
  type ByteStream,
  type Listener,
  type Network,
  NetworkError,
  type StreamEvents,
} from '../../../src/platform/network.js';
import { TRANSPORTS } from './pair.js';

/** Notes what one end of a connection is told. */
class End implements StreamEvents {
  readonly chunks: Buffer[] = [];
  drains = 0;
  readonly closings: string[] = [];
  stream: ByteStream | undefined;

  readonly attach = (stream: ByteStream): StreamEvents => {
    this.stream = stream;
    return this;
  };

  data(chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  drain(): void {
    this.drains += 1;
  }

  closed(why: string): void {
    this.closings.push(why);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}

for (const [name, make] of TRANSPORTS)
  describe(`a network: ${name}`, () => {
    let network: Network;
    let listener: Listener;
    let [here, there] = [new End(), new End()];
    let stream: ByteStream;

    beforeEach(async () => {
      network = make();
      [here, there] = [new End(), new End()];
      listener = await network.listen({ host: '127.0.0.1', port: 0 }, (accepted) =>
        there.attach(accepted),
      );
      stream = await network.connect(listener.endpoint, here.attach, 1000);
      await until(() => there.stream !== undefined && here.stream !== undefined);
    });
    afterEach(async () => {
      stream.close();
      await listener.close();
    });

    it('knows both ends by the same names', () => {
      assert.deepEqual(stream.remote, listener.endpoint);
      assert.deepEqual(there.stream?.remote, stream.local);
    });

    it('carries bytes in order, chunk by chunk and write by write', async () => {
      stream.write([Buffer.from('ab'), Buffer.from('c')]);
      stream.write([Buffer.from('de')]);
      there.stream?.write([Buffer.from('back')]);
      await until(() => there.bytes.length === 5 && here.bytes.length === 4);
      assert.equal(there.bytes.toString(), 'abcde');
      assert.equal(here.bytes.toString(), 'back');
    });

    it('holds back what a paused end does not want, and tells when the queue is empty', async () => {
      const size = name.includes('byte') ? 20_000 : 12 * 1024 * 1024;
      there.stream?.pause();
      stream.write([Buffer.alloc(size, 1)]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(there.bytes.length, 0);
      assert.ok(stream.queuedBytes > 0);
      assert.equal(here.drains, 0);
      there.stream?.resume();
      await until(() => there.chunks.reduce((sum, { length }) => sum + length, 0) === size);
      await until(() => here.drains === 1);
      assert.equal(stream.queuedBytes, 0);
    });

    it('tells both ends once that it is over, and nothing after', async () => {
      stream.close('enough');
      stream.close('again');
      stream.write([Buffer.from('late')]);
      await until(() => here.closings.length > 0 && there.closings.length > 0);
      assert.deepEqual(here.closings, ['enough']);
      assert.deepEqual(there.closings, ['closed by peer']);
      assert.equal(there.bytes.length, 0);
    });

    it('refuses a second listener at one port', async () => {
      await assert.rejects(
        network.listen(listener.endpoint, there.attach),
        (error) => error instanceof NetworkError && error.code === 'EADDRINUSE',
      );
    });

    it('frees the port when the listener closes, and keeps what was accepted', async () => {
      await listener.close();
      await assert.rejects(
        network.connect(listener.endpoint, here.attach, 1000),
        (error) => error instanceof NetworkError && error.code === 'ECONNREFUSED',
      );
      stream.write([Buffer.from('still')]);
      await until(() => there.bytes.length === 5);
      const again = await network.listen(listener.endpoint, there.attach);
      await again.close();
    });
  });
