import assert from 'node:assert/strict';
import { ConfigError } from '../../../src/config/error.js';
import { PeerError, type Peers } from '../../../src/config/peers.js';
import { json, problemAnswer } from '../../../src/daemon/http-answer.js';
import { decodeRelayed, encodeAnswer, Relay } from '../../../src/daemon/relay.js';
import { ManualClock } from '../rpc/manual-clock.js';

/** What a server does with a request: answers, refuses, is silent, or is not there. */
type Behaviour = 'well' | 'no majority' | 'no such key' | 'silent' | 'down';

const PROBLEMS = { 'no majority': 'HFS-2001', 'no such key': 'HFS-1004' } as const;

/** A member and its servers, on a clock of the test's own. */
class Bench {
  readonly clock = new ManualClock();
  /** Who was asked, in order, with the time that it was given. */
  readonly asked: (readonly [string, number])[] = [];
  readonly ids = new Set<string>();
  private order: readonly string[];

  constructor(private readonly servers: Readonly<Record<string, Behaviour>>) {
    this.order = Object.keys(servers);
  }

  private readonly peers: Peers = {
    status: () => Promise.reject(new Error('not asked')),
    call: async (address, verb, body, timeoutMs) => {
      assert.equal(verb, 'relay');
      const { asker } = decodeRelayed(body);
      this.asked.push([address, Math.round(asker.timeoutMs)]);
      this.ids.add(asker.requestId);
      const behaviour = this.servers[address] ?? 'down';
      if (behaviour === 'down') throw new PeerError(address, 'unreachable', 'nobody listens');
      if (behaviour === 'silent') {
        await new Promise<void>((resolve) => void this.clock.after(timeoutMs, resolve));
        throw new PeerError(address, 'unknown', 'no answer in time');
      }
      if (behaviour === 'well') return encodeAnswer(json({ from: address }));
      const error = new ConfigError(PROBLEMS[behaviour], behaviour, 'why', 'next');
      return encodeAnswer(problemAnswer(error, asker.requestId));
    },
  };

  /** What became of a request with ten seconds: an answer's body, or a code. */
  async ask(method: 'GET' | 'PUT'): Promise<string> {
    const relay = new Relay({
      clock: this.clock,
      peers: this.peers,
      addresses: () => this.order,
      note: (address, isGood) => {
        const others = this.order.filter((each) => each !== address);
        this.order = isGood ? [address, ...others] : [...others, address];
      },
    });
    const request = { method, url: '/v1/config/a', headers: {}, body: Buffer.alloc(0) };
    const asker = { isRoot: true, timeoutMs: 10_000, requestId: 'one' };
    let outcome: string | undefined;
    relay.ask(request, asker).then(
      ({ body }) => (outcome = body.toString()),
      (error: unknown) => (outcome = error instanceof ConfigError ? error.code : String(error)),
    );
    for (let passed = 0; outcome === undefined && passed < 12_000; passed += 100)
      await this.clock.advance(100);
    const { from, code } = JSON.parse(outcome?.startsWith('{') ? outcome : '{}') as {
      from?: string;
      code?: string;
    };
    return from ?? code ?? outcome ?? 'it hangs';
  }
}

const ROWS: readonly (readonly [Readonly<Record<string, Behaviour>>, string, string])[] = [
  [{ a: 'well', b: 'well' }, 'a', 'a'],
  [{ a: 'down', b: 'well' }, 'b', 'b'],
  [{ a: 'silent', b: 'silent', c: 'well' }, 'c', 'c'],
  [{ a: 'no majority', b: 'well' }, 'b', 'b'],
  [{ a: 'no such key', b: 'well' }, 'HFS-1004', 'HFS-1004'],
  [{ a: 'no majority', b: 'down' }, 'HFS-2001', 'HFS-2001'],
  [{ a: 'down', b: 'down' }, 'HFS-3011', 'HFS-3011'],
  [{ a: 'down', b: 'silent' }, 'HFS-3011', 'HFS-2002'],
  [{ a: 'no majority', b: 'silent' }, 'HFS-2001', 'HFS-2002'],
  [{}, 'HFS-3011', 'HFS-3011'],
];

describe('a request that is passed on to a server', () => {
  for (const [servers, read, write] of ROWS)
    it(`${JSON.stringify(servers)}: a read ${read}, a write ${write}`, async () => {
      assert.equal(await new Bench(servers).ask('GET'), read);
      const bench = new Bench(servers);
      assert.equal(await bench.ask('PUT'), write);
      assert.ok(bench.ids.size <= 1, 'under one id, so that it happens once');
    });

  it('leaves three seconds for each server that may have to be asked after it', async () => {
    const bench = new Bench({ a: 'silent', b: 'silent', c: 'well' });
    await bench.ask('GET');
    assert.deepEqual(
      bench.asked.map(([address]) => address),
      ['a', 'b', 'c'],
    );
    const [first = 0, second = 0] = bench.asked.map(([, timeoutMs]) => timeoutMs);
    assert.equal(first, 4000);
    assert.ok(second < 3000 && second > 2500, String(second));
  });
});
