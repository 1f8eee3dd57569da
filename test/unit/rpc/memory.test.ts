import assert from 'node:assert/strict';
import { Fd } from '../../../src/fop/fd.js';
import type { Request } from '../../../src/fop/fops.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import type { Notice } from '../../../src/fop/translator.js';
import { MemoryWatch } from '../../../src/xlators/protocol/server/memory-watch.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ROOT_IATT, ScriptedBrick } from './brick.js';
import { ManualClock, settle } from './manual-clock.js';
import { clientOf, type OptionTexts, platformOf, serverOf } from './pair.js';

const MIB = 1024 * 1024;
/** Of one connection: what is under way, one call more than fits, and what may be queued. */
const MOST_MIB = 64 + 16;

describe('memory of protocol/server', () => {
  async function begin(options: OptionTexts = {}) {
    const [network, clock] = [memoryNetwork(), new ManualClock()];
    const platform = platformOf(network, clock);
    const brick = new ScriptedBrick();
    let handedOut = 0;
    const pages = Buffer.alloc(16 * MIB);
    brick.handlers = {
      async readv({ size }: Request<'readv'>) {
        handedOut += size;
        const data = pages.subarray(0, size);
        return { stat: ROOT_IATT, data, isEof: false, xdata: null };
      },
    };
    const server = await serverOf([brick], platform, options);
    const logged: string[] = [];
    server.listen((notice: Notice) => {
      if (notice.event === 'log') logged.push(`${notice.message} ${notice.fields?.['why'] ?? ''}`);
    });
    const clients: ReturnType<typeof clientOf>[] = [];
    const connect = async (texts: OptionTexts = { 'ping-timeout': '0' }) => {
      const client = clientOf(server.endpoint?.port, platform, texts);
      clients.push(client);
      await client.start();
      await settle();
      return client;
    };
    const end = async (): Promise<void> => {
      for (const client of clients) await client.stop();
      const stopped = server.stop();
      await clock.advance(6000);
      await stopped;
    };
    return { network, clock, brick, server, logged, connect, end, handedOut: () => handedOut };
  }

  /** Asks for so much at once and takes none of it; what becomes of it is of no interest. */
  function ask(client: ReturnType<typeof clientOf>, calls: number, size: number): void {
    const fd = Fd.anonymous(ROOT_GFID);
    for (let call = 0; call < calls; call += 1) {
      const request = { fd, offset: 0, size, flags: 0, xdata: null };
      client.wind('readv', request, ROOT_FRAME).catch(() => undefined);
    }
  }

  it('is bounded for a client that asks for much and reads nothing', async () => {
    for (const size of [MIB, 16 * MIB - 64 * 1024]) {
      const { network, connect, handedOut, end } = await begin();
      const client = await connect();
      network.streams()[0]?.pause();
      ask(client, 512, size);
      await settle();
      assert.ok(handedOut() >= 8 * MIB, 'it is served at first');
      assert.ok(handedOut() <= MOST_MIB * MIB, `${handedOut() / MIB} MiB were handed out`);
      await end();
    }
  });

  it('is free again when such a client has taken nothing for 42 seconds', async () => {
    const { network, clock, brick, connect, logged, end } = await begin();
    const client = await connect();
    network.streams()[0]?.pause();
    ask(client, 512, MIB);
    await clock.advance(40_000);
    assert.equal(brick.gone.length, 0);
    await clock.advance(5000);
    assert.equal(brick.gone.length, 1);
    assert.ok(logged.some((line) => /disconnected it has taken nothing/.test(line)));
    await end();
  });

  it('waits for one that is slow, as long as it takes a little now and then', async () => {
    const clock = new ManualClock();
    const watch = new MemoryWatch(clock, MIB);
    const closed: string[] = [];
    const stream = { queuedBytes: 1000 };
    const peer = {
      stream,
      heldBytes: 0,
      goOn: () => undefined,
      close: (why: string) => void closed.push(why),
    };
    watch.add(peer);
    watch.large();
    for (let round = 0; round < 10; round += 1) {
      await clock.advance(30_000);
      stream.queuedBytes -= 1;
    }
    assert.deepEqual(closed, []);
    await clock.advance(44_000);
    assert.equal(closed.length > 0, true);
    watch.stop();
  });

  it('is that of all clients together: where it is twice memory-limit, whoever holds most goes', async () => {
    const { network, clock, brick, connect, logged, end } = await begin({
      'memory-limit': `${64 * MIB}`,
    });
    const modest = await connect();
    const greedy = [await connect(), await connect(), await connect(), await connect()];
    for (const stream of network.streams().slice(1)) stream.pause();
    for (const client of greedy) ask(client, 256, MIB);
    await clock.advance(3000);
    assert.ok(brick.gone.length >= 1, 'somebody had to go');
    assert.ok(logged.some((line) => /option memory-limit is reached/.test(line)));
    assert.equal(modest.isUp, true);
    await modest.wind('stat', { gfid: ROOT_GFID, xdata: null }, ROOT_FRAME).catch(() => undefined);
    await end();
  });

  it('of connections keeps strangers from shutting clients out', async () => {
    const { network, server, connect, end } = await begin({ 'connection-limit': '4' });
    const first = await connect();
    const closed: string[] = [];
    const silent = { data: () => undefined, drain: () => undefined };
    for (let index = 0; index < 20; index += 1)
      await network.connect(
        server.endpoint ?? { host: '', port: 0 },
        () => ({ ...silent, closed: (why) => void closed.push(why) }),
        1000,
      );
    await settle();
    assert.equal(closed.length, 17, 'three strangers may wait beside one client');
    const second = await connect();
    assert.deepEqual([first.isUp, second.isUp], [true, true]);
    await end();
  });
});
