import assert from 'node:assert/strict';
import { type ByteStream, NetworkError, type StreamEvents } from '../../../src/platform/network.js';
import type { SimProcess } from '../../sim/process.js';
import { twoMachines } from './simulation.js';

const SERVER = { host: '10.0.0.2', port: 80 };

/** What a peer may hear of an end: all that was written, or less of it, then that it is over. */
const ENDINGS = [' ECONNRESET', ' closed by peer', 'last words closed by peer'];

/** One end, and all that it was told. */
class Side implements StreamEvents {
  stream: ByteStream | undefined;
  readonly chunks: Buffer[] = [];
  readonly whys: string[] = [];
  drains = 0;

  constructor(private readonly echoes = false) {}

  opened(stream: ByteStream): this {
    this.stream = stream;
    return this;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  data(chunk: Buffer): void {
    assert.deepEqual(this.whys, [], 'data after closed');
    this.chunks.push(chunk);
    if (this.echoes) this.stream?.write([chunk]);
  }

  drain(): void {
    this.drains++;
  }

  closed(why: string): void {
    this.whys.push(why);
  }
}

/** A client on machine a, a server on b that accepts one connection, and the run until they are connected. */
async function connected(seed: number | string = 1, echoes = false) {
  const world = twoMachines(seed);
  const client = world.a.start('client');
  const server = world.b.start('server');
  const theirs = new Side(echoes);
  const mine = new Side();
  await server.network.listen(SERVER, (stream) => theirs.opened(stream));
  client.run('connect', async () => {
    await client.network.connect(SERVER, (stream) => mine.opened(stream), 1000);
  });
  await world.kernel.run();
  return { ...world, client, server, mine, theirs };
}

/** What a connect comes to, and when. */
function attempt(process: SimProcess, timeoutMs: number, port = 80) {
  const found: { result?: string; atMs?: number } = {};
  process.run('connect', async () => {
    const to = { host: SERVER.host, port };
    const result = process.network.connect(to, (stream) => new Side().opened(stream), timeoutMs);
    found.result = await result.then(
      () => 'connected',
      (error: unknown) => (error instanceof NetworkError ? error.code : String(error)),
    );
    found.atMs = Math.round(process.kernel.nowMs);
  });
  return found;
}

describe('sim network: bytes', () => {
  it('carries them in order, cut and merged at random', async () => {
    const sizes = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, mine, theirs } = await connected(seed);
      const words = Array.from({ length: 50 }, (_, at) => `word ${at};`);
      for (const word of words)
        kernel.schedule(kernel.random.float() * 3, null, 'write', () =>
          mine.stream?.write([Buffer.from(word.slice(0, 2)), Buffer.from(word.slice(2))]),
        );
      await kernel.run();
      assert.deepEqual(
        theirs.text.split(';').sort(),
        [...words.map((w) => w.slice(0, -1)), ''].sort(),
      );
      for (const chunk of theirs.chunks) sizes.add(chunk.length);
    }
    assert.ok(sizes.has(1) && Math.max(...sizes) > 16, `only sizes ${[...sizes]}`);
  });

  it('echoes a megabyte', async () => {
    const { kernel, mine } = await connected(1, true);
    const bytes = kernel.random.bytes(1 << 20);
    mine.stream?.write([bytes]);
    await kernel.run();
    assert.ok(Buffer.concat(mine.chunks).equals(bytes));
    assert.equal(mine.drains, 1);
  });

  it('has a window: a reader that pauses fills it, and the queue grows', async () => {
    const { kernel, mine, theirs } = await connected();
    theirs.stream?.pause();
    mine.stream?.write([Buffer.alloc(1 << 20, 'x')]);
    await kernel.run();
    assert.equal(theirs.chunks.length, 0);
    const queued = mine.stream?.queuedBytes ?? 0;
    assert.ok(queued > 1 << 19 && queued < 1 << 20, `${queued} queued`);
    theirs.stream?.resume();
    await kernel.run();
    assert.equal(theirs.text.length, 1 << 20);
    assert.equal(mine.stream?.queuedBytes, 0);
    assert.equal(mine.drains, 1);
  });

  it('waits for a stopped process, and hands it all when it goes on', async () => {
    const { kernel, mine, theirs, server } = await connected();
    server.pause();
    for (let at = 0; at < 5; at++) mine.stream?.write([Buffer.from(`${at}`)]);
    await kernel.run();
    assert.equal(theirs.text, '');
    server.resume();
    await kernel.run();
    assert.equal(theirs.text, '01234');
  });

  it('tells the end once, after what was on the way', async () => {
    const endings = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const { kernel, mine, theirs } = await connected(seed);
      mine.stream?.write([Buffer.from('last words')]);
      mine.stream?.close('done');
      mine.stream?.close('again');
      mine.stream?.write([Buffer.from('too late')]);
      await kernel.run();
      assert.deepEqual(mine.whys, ['done']);
      endings.add(`${theirs.text} ${theirs.whys}`);
    }
    assert.deepEqual([...endings].sort(), ENDINGS);
  });
});

describe('sim network: connecting', () => {
  it('is refused where nobody listens, or no longer', async () => {
    const { kernel, a, b } = twoMachines();
    const server = b.start('server');
    const listener = await server.network.listen(SERVER, () => new Side());
    const before = attempt(a.start('one'), 1000);
    const elsewhere = attempt(a.start('two'), 1000, 81);
    await kernel.run();
    await listener.close();
    const after = attempt(a.start('three'), 1000);
    await kernel.run();
    assert.deepEqual(
      [before.result, elsewhere.result, after.result],
      ['connected', 'ECONNREFUSED', 'ECONNREFUSED'],
    );
  });

  it('times out where no machine answers, by the deadline given', async () => {
    for (const silence of ['no power', 'a cut there', 'a cut back', 'frozen'] as const) {
      const { kernel, fabric, a, b } = twoMachines();
      await b.start('server').network.listen(SERVER, () => new Side());
      if (silence === 'no power') b.powerOff();
      if (silence === 'a cut there') fabric.cut(a.host, b.host, 'x');
      if (silence === 'a cut back') fabric.cut(b.host, a.host, 'x');
      if (silence === 'frozen') b.freeze();
      const found = attempt(a.start('client'), 5000);
      await kernel.run({ untilMs: 60_000 });
      assert.equal(found.result, 'ETIMEDOUT', silence);
      assert.ok((found.atMs ?? 0) >= 5000 && (found.atMs ?? 0) <= 5002, silence);
    }
  });

  it('gets through when a cut heals before the deadline', async () => {
    const { kernel, fabric, a, b } = twoMachines();
    await b.start('server').network.listen(SERVER, () => new Side());
    fabric.cut(a.host, b.host, 'x');
    const found = attempt(a.start('client'), 5000);
    kernel.schedule(1500, null, 'heal', () => fabric.heal(a.host, b.host, 'x'));
    await kernel.run();
    assert.equal(found.result, 'connected');
    assert.ok((found.atMs ?? 0) > 1500);
  });

  it('succeeds with a stopped server, whose machine accepts for it', async () => {
    const { kernel, a, b } = twoMachines();
    const server = b.start('server');
    let accepted = 0;
    await server.network.listen(SERVER, () => {
      accepted++;
      return new Side();
    });
    server.pause();
    const found = attempt(a.start('client'), 1000);
    await kernel.run();
    assert.deepEqual([found.result, accepted], ['connected', 0]);
    server.resume();
    await kernel.run();
    assert.equal(accepted, 1);
  });

  it('gives ports once, and only its own addresses', async () => {
    const { b } = twoMachines();
    const { network } = b.start('server');
    const first = await network.listen({ host: '0.0.0.0', port: 0 }, () => new Side());
    await assert.rejects(
      network.listen(first.endpoint, () => new Side()),
      { code: 'EADDRINUSE' },
    );
    await assert.rejects(
      network.listen({ host: '10.0.0.99', port: 1 }, () => new Side()),
      { code: 'EADDRNOTAVAIL' },
    );
  });

  it('keeps loopback to its machine', async () => {
    const { kernel, a, b } = twoMachines();
    const loopback = { host: '127.0.0.1', port: 80 };
    await b.start('server').network.listen(loopback, () => new Side());
    const outside = attempt(a.start('client'), 1000);
    const side = new Side();
    const inside = b.start('client');
    inside.run('connect', async () => {
      await inside.network.connect(loopback, (stream) => side.opened(stream), 1000);
    });
    await kernel.run();
    assert.equal(outside.result, 'ECONNREFUSED');
    assert.equal(side.stream?.remote.host, '127.0.0.1');
  });
});

describe('sim network: faults', () => {
  it('a cut holds bytes back, both sides unaware, until it heals', async () => {
    const { kernel, fabric, a, b, mine, theirs } = await connected();
    fabric.cut(a.host, b.host, 'x');
    for (const word of ['one ', 'two ', 'three']) mine.stream?.write([Buffer.from(word)]);
    theirs.stream?.write([Buffer.from('the other way')]);
    await kernel.run({ untilMs: kernel.nowMs + 30_000 });
    assert.deepEqual([theirs.text, mine.text], ['', 'the other way']);
    assert.deepEqual([mine.whys, theirs.whys], [[], []]);
    fabric.heal(a.host, b.host, 'x');
    await kernel.run();
    assert.equal(theirs.text, 'one two three');
  });

  it('a cut that lasts ends the connection of who has something to say', async () => {
    const { kernel, fabric, a, b, mine, theirs } = await connected();
    fabric.cut(a.host, b.host, 'x');
    mine.stream?.write([Buffer.from('hello?')]);
    await kernel.run();
    assert.deepEqual([mine.whys, theirs.whys], [['ETIMEDOUT'], []]);
  });

  it('a cut that resets ends both at once, and refuses', async () => {
    const { kernel, fabric, a, b, client, mine, theirs } = await connected();
    fabric.cut(a.host, b.host, 'x', 'reset');
    const found = attempt(client, 1000);
    await kernel.run();
    assert.deepEqual([mine.whys, theirs.whys], [['ECONNRESET'], ['ECONNRESET']]);
    assert.equal(found.result, 'ECONNREFUSED');
  });

  it('a killed process leaves its last words or a reset; its peer hears of it', async () => {
    const endings = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const { kernel, server, mine, theirs } = await connected(seed);
      theirs.stream?.write([Buffer.from('last words')]);
      server.kill();
      theirs.stream?.write([Buffer.from('from the dead')]);
      await kernel.run();
      assert.deepEqual(theirs.whys, []);
      endings.add(`${mine.text} ${mine.whys}`);
    }
    assert.deepEqual([...endings].sort(), ENDINGS);
  });

  it('a machine without power is silent; when it is back, old connections are reset', async () => {
    const { kernel, b, mine } = await connected();
    b.powerOff();
    mine.stream?.write([Buffer.from('hello?')]);
    await kernel.run({ untilMs: kernel.nowMs + 10_000 });
    assert.deepEqual(mine.whys, []);
    b.powerOn();
    await kernel.run();
    assert.deepEqual(mine.whys, ['ECONNRESET']);
  });

  it('an idle connection to a machine that lost power never learns of it', async () => {
    const { kernel, b, mine } = await connected();
    b.powerOff();
    b.powerOn();
    assert.equal(await kernel.run(), 'quiet');
    assert.deepEqual(mine.whys, []);
  });

  it('a frozen machine goes on where it was', async () => {
    const { kernel, b, mine, theirs } = await connected(1, true);
    b.freeze();
    mine.stream?.write([Buffer.from('hello')]);
    await kernel.run({ untilMs: kernel.nowMs + 5000 });
    assert.equal(theirs.text, '');
    b.thaw();
    await kernel.run();
    assert.deepEqual([theirs.text, mine.text], ['hello', 'hello']);
  });

  it('a clog only makes late', async () => {
    const { kernel, fabric, a, b, mine, theirs } = await connected();
    fabric.clog(a.host, b.host, 1000, 500);
    const start = kernel.nowMs;
    mine.stream?.write([Buffer.from('slow')]);
    await kernel.run();
    assert.equal(theirs.text, 'slow');
    assert.ok(kernel.nowMs - start > 5);
  });
});
