import assert from 'node:assert/strict';
import { FopError, isErrno } from '../../../src/fop/error.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import type { Notice } from '../../../src/fop/translator.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ScriptedBrick } from './brick.js';
import { ManualClock, settle } from './manual-clock.js';
import { clientOf, platformOf, serverOf } from './pair.js';

const ROOT = { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata: null };

function world(): {
  readonly clock: ManualClock;
  readonly network: ReturnType<typeof memoryNetwork>;
  readonly platform: ReturnType<typeof platformOf>;
  readonly brick: ScriptedBrick;
} {
  const clock = new ManualClock();
  const network = memoryNetwork();
  return { clock, network, platform: platformOf(network, clock), brick: new ScriptedBrick() };
}

function eventsOf(client: ReturnType<typeof clientOf>): Notice['event'][] {
  const events: Notice['event'][] = [];
  client.listen(({ event }) => events.push(event));
  return events;
}

describe('protocol/client and time', () => {
  it('says once that it is down, and connects when the server is there', async () => {
    const { clock, platform, brick } = world();
    const client = clientOf(49_152, platform);
    const events = eventsOf(client);
    await client.start();
    await clock.advance(20_000);
    assert.deepEqual(events, ['child-down']);
    const server = await serverOf([brick], platform, { 'transport.socket.listen-port': '49152' });
    await clock.advance(3000);
    assert.deepEqual(events, ['child-down', 'child-up']);
    assert.equal(client.isUp, true);
    await client.stop();
    await server.stop();
  });

  it('waits longer from attempt to attempt, up to a second', async () => {
    const { clock, network, platform } = world();
    const attempts: number[] = [];
    const client = clientOf(49_152, {
      ...platform,
      network: {
        ...network,
        connect: (...call) => {
          attempts.push(clock.monotonicMs());
          return network.connect(...call);
        },
      },
    });
    await client.start();
    await clock.advance(5000);
    await client.stop();
    const pauses = attempts.slice(1).map((ms, index) => ms - (attempts[index] ?? 0));
    assert.deepEqual(pauses, [100, 150, 225, 337.5, 506.25, 759.375, 1000, 1000]);
  });

  it('gives up a server that is silent, and not one that is only idle', async () => {
    const { clock, network, platform, brick } = world();
    const server = await serverOf([brick], platform);
    const client = clientOf(server.endpoint?.port, platform, { 'ping-timeout': '8' });
    const events = eventsOf(client);
    await client.start();
    await clock.advance(600_000);
    assert.deepEqual(events, ['child-up']);
    network.streams()[0]?.pause();
    const underWay = client.wind('lookup', ROOT, ROOT_FRAME);
    const failed = assert.rejects(underWay, (error) => isErrno(error, 'ENOTCONN'));
    await clock.advance(12_000);
    await failed;
    assert.deepEqual(events, ['child-up', 'child-down', 'child-up']);
    await client.stop();
    await server.stop();
  });

  it('fails a fop without an answer after the frame timeout, and stays connected', async () => {
    const { clock, platform, brick } = world();
    const server = await serverOf([brick], platform);
    const client = clientOf(server.endpoint?.port, platform, { 'frame-timeout': '60' });
    await client.start();
    await settle();
    brick.handlers = { lookup: () => new Promise(() => undefined) };
    const failed = assert.rejects(client.wind('lookup', ROOT, ROOT_FRAME), (error) =>
      isErrno(error, 'ENOTCONN'),
    );
    await clock.advance(61_000);
    await failed;
    brick.handlers = {};
    await client.wind('lookup', ROOT, ROOT_FRAME);
    assert.equal(brick.gone.length, 0);
    await client.stop();
    const stopped = server.stop();
    await clock.advance(5000);
    await stopped;
  });

  it('comes again soon where the subvolume is not up yet', async () => {
    const { clock, platform, brick } = world();
    brick.handlers = { lookup: () => Promise.reject(new FopError('ENOTCONN', 'brick')) };
    const server = await serverOf([brick], platform);
    const client = clientOf(server.endpoint?.port, platform);
    const events = eventsOf(client);
    await client.start();
    await clock.advance(10_000);
    assert.deepEqual(events, ['child-down']);
    brick.handlers = {};
    await clock.advance(3000);
    assert.deepEqual(events, ['child-down', 'child-up']);
    await client.stop();
    await server.stop();
  });

  it('is told what the export says when it goes down, and is let in again after', async () => {
    const { clock, platform, brick } = world();
    const server = await serverOf([brick], platform);
    const client = clientOf(server.endpoint?.port, platform);
    const events = eventsOf(client);
    await client.start();
    await settle();
    brick.goDown();
    await settle();
    assert.deepEqual(events, ['child-up']);
    brick.handlers = { lookup: () => Promise.reject(new FopError('ENOTCONN', 'brick')) };
    brick.goDown();
    await settle();
    assert.deepEqual(events, ['child-up', 'child-down']);
    brick.handlers = {};
    await clock.advance(3000);
    assert.deepEqual(events, ['child-up', 'child-down', 'child-up']);
    await client.stop();
    await server.stop();
  });

  it('says that its credentials are wrong, and asks seldom then', async () => {
    const { clock, network, platform, brick } = world();
    const server = await serverOf([brick], platform, {
      'auth.addr.brick.allow': '192.0.2.1',
      'auth.login.brick.allow': 'ann',
      'auth.login.ann.password': 'right',
    });
    const wrong = clientOf(server.endpoint?.port, platform, { username: 'ann', password: 'w' });
    const events = eventsOf(wrong);
    await wrong.start();
    await clock.advance(9000);
    assert.deepEqual(events, ['auth-failed', 'child-down']);
    assert.equal(network.streams().length, 1);
    await wrong.stop();
    const right = clientOf(server.endpoint?.port, platform, { username: 'ann', password: 'right' });
    await right.start();
    await settle();
    assert.equal(right.isUp, true);
    await right.wind('lookup', ROOT, ROOT_FRAME);
    assert.equal(brick.wound.at(-1)?.frame.client?.login, 'ann');
    await right.stop();
    await server.stop();
  });
});
