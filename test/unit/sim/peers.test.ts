import assert from 'node:assert/strict';
import { ConfigError } from '../../../src/config/error.js';
import { PeerError, type PeerStatus } from '../../../src/config/peers.js';
import { sleep } from '../../../src/platform/platform.js';
import { PeerRegistry, SimPeers } from '../../sim/peers.js';
import type { SimProcess } from '../../sim/process.js';
import { twoMachines } from './simulation.js';

const STATUS: PeerStatus = {
  node: 'b',
  name: 'b',
  cluster: null,
  server: true,
  state: 'ready',
  revision: 7,
  epoch: 1,
};

/** A peer on b that answers with what it was asked, after `afterMs`; a caller on a. */
function twoPeers(seed: number, afterMs = 0) {
  const world = twoMachines(seed);
  const registry = new PeerRegistry(world.fabric);
  const server = world.b.start('hekafsd');
  const heard: string[] = [];
  const answer = async (_verb: string, body: Buffer): Promise<Buffer> => {
    heard.push(body.toString());
    await sleep(server.clock, afterMs);
    if (body.toString() === 'no')
      throw new ConfigError('HFS-3002', 'refused', 'another cluster', 'ask elsewhere');
    if (body.toString() === 'bug') throw new TypeError('planted');
    return body;
  };
  registry.offer(server, 24006, { service: { answer }, status: () => STATUS });
  const caller = world.a.start('hekafsd');
  return { ...world, server, caller, heard, peers: new SimPeers(registry, caller) };
}

type Peered = ReturnType<typeof twoPeers>;

function call({ caller, peers }: Peered, body: string, timeoutMs = 1000, port = 24006) {
  return settle(caller, () =>
    peers.call(`10.0.0.2:${port}`, 'inquire', Buffer.from(body), timeoutMs),
  );
}

/** What a call comes to: its answer, or the kind of its error. */
function settle(caller: SimProcess, ask: () => Promise<unknown>) {
  const found: { result?: string; error?: PeerError; atMs?: number } = {};
  caller.run('call', async () => {
    try {
      found.result = String(await ask());
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      found.result = error.kind;
      found.error = error;
    }
    found.atMs = caller.kernel.nowMs;
  });
  return found;
}

/** The different results of many seeds. */
async function outcomes(run: (seed: number) => Promise<string | undefined>): Promise<string[]> {
  const found = new Set<string>();
  for (let seed = 0; seed < 40; seed++) found.add(String(await run(seed)));
  return [...found].sort();
}

describe('sim peers', () => {
  it('carries a call and its answer, and status', async () => {
    const world = twoPeers(1);
    const found = call(world, 'hello');
    let status: PeerStatus | undefined;
    world.caller.run('status', async () => {
      status = await world.peers.status('10.0.0.2:24006', 1000);
    });
    await world.kernel.run();
    assert.equal(found.result, 'hello');
    assert.deepEqual(status, STATUS);
  });

  it('brings a refusal with its problem', async () => {
    const world = twoPeers(1);
    const found = call(world, 'no');
    await world.kernel.run();
    assert.equal(found.result, 'refused');
    assert.equal(found.error?.problem?.code, 'HFS-3002');
    assert.equal(found.error?.problem?.next, 'ask elsewhere');
  });

  it('takes any other error for a bug of the run', async () => {
    const world = twoPeers(1);
    call(world, 'bug');
    assert.equal(await world.kernel.run(), 'failed');
    assert.match(world.kernel.failures.join(), /TypeError: planted/);
  });

  it('is unreachable, or in doubt on an old connection, where nobody answers', async () => {
    const found = await outcomes(async (seed) => {
      const world = twoPeers(seed);
      const one = call(world, 'hello', 1000, 1);
      await world.kernel.run();
      assert.ok((one.atMs ?? 0) < 10, 'it is told at once');
      return one.result;
    });
    assert.deepEqual(found, ['unknown', 'unreachable']);
  });

  it('keeps its deadline under a cut; what is surely not done does not come later', async () => {
    const found = await outcomes(async (seed) => {
      const world = twoPeers(seed);
      world.fabric.cut('10.0.0.1', '10.0.0.2', 'x');
      const one = call(world, 'late');
      world.kernel.schedule(3000, null, 'heal', () => world.fabric.healAll());
      await world.kernel.run();
      assert.ok((one.atMs ?? 0) >= 1000 && (one.atMs ?? 0) < 1010);
      return `${one.result} ${world.heard}`;
    });
    assert.deepEqual(found, ['unknown late', 'unreachable ']);
  });

  it('is in doubt when the answer is lost', async () => {
    const world = twoPeers(1);
    world.fabric.cut('10.0.0.2', '10.0.0.1', 'x');
    const found = call(world, 'hello');
    await world.kernel.run();
    assert.deepEqual([found.result, world.heard], ['unknown', ['hello']]);
  });

  it('is in doubt when the peer dies over it: soon if killed, by the deadline without power', async () => {
    for (const death of ['killed', 'power'] as const) {
      const world = twoPeers(1, 100);
      const found = call(world, 'hello');
      world.kernel.schedule(50, null, 'death', () =>
        death === 'killed' ? world.server.kill() : world.b.powerOff(),
      );
      await world.kernel.run();
      assert.equal(found.result, 'unknown');
      assert.equal((found.atMs ?? 0) < 900, death === 'killed');
    }
  });

  it('never settles for a dead caller', async () => {
    const world = twoPeers(1, 100);
    const found = call(world, 'hello');
    world.kernel.schedule(50, null, 'death', () => world.caller.kill());
    await world.kernel.run();
    assert.deepEqual(found, {});
    assert.deepEqual(world.heard, ['hello']);
  });

  it('hands over copies', async () => {
    const world = twoPeers(1);
    const body = Buffer.from('before');
    const found = settle(world.caller, () => {
      const answer = world.peers.call('10.0.0.2:24006', 'push', body, 1000);
      body.fill('x');
      return answer;
    });
    await world.kernel.run();
    assert.equal(found.result, 'before');
  });
});
