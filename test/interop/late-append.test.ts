import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrickAcceptor, LOG_NAME } from '../../src/config/log/brick-acceptor.js';
import type { Epoch } from '../../src/config/log/epoch.js';
import { headerEntry } from '../../src/config/log/new-log.js';
import { NO_HASH, type SealedRecord, sealRecord } from '../../src/config/log/record.js';
import { EpochLost, VoterLink } from '../../src/config/log/voter-link.js';
import type { Graph } from '../../src/graph/graph.js';
import { nodeClock } from '../../src/platform/node/clock.js';
import { nodeRandom } from '../../src/platform/node/random.js';
import { missingForRoot, skipWithout } from '../needs.js';
import { freePorts } from '../program/free-port.js';
import { until } from '../program/until.js';
import { bareBrick, bareClient } from './bare-volfiles.js';
import { makeBrick, startBrick } from './brick-process.js';
import { HoldingProxy } from './holding-proxy.js';
import { connectedGraph } from './our-client.js';
import { startStockBrick } from './stock-brick.js';

const CLUSTER = randomUUID();
const VOTER = randomUUID();
const NO_COMMIT = { revision: 0, hash: NO_HASH };
const PROMISE = { kind: 'promise' } as const;
const OPEN = { 'auth.addr.brick.allow': '127.0.0.1' };

/** The first record of a log, by its author. */
function recordOf(author: string): SealedRecord {
  const rest = { timeMs: 1, requestId: '', changes: [] };
  return sealRecord({ revision: 1, previous: NO_HASH, author, ...rest });
}

const acceptOf = ({ bytes }: SealedRecord) =>
  ({ kind: 'accept', first: 1, records: [bytes] }) as const;

/*
 * The first counter-example of the protocol: a holder that has lost its connection, and whose write arrives behind its
 * successor's back. A brick executes it; the log must not count it.
 */
for (const [name, start] of [
  ['a stock glusterfsd', startStockBrick],
  ['our brick', startBrick],
] as const)
  describe(`a late append to ${name}`, function () {
    this.timeout(60_000);
    let directory = '';
    let port = 0;
    let brick: { stop(): Promise<unknown> } | undefined;
    let proxy: HoldingProxy | undefined;
    const graphs: Graph[] = [];

    before(async function () {
      skipWithout(this, missingForRoot('glusterfsd', 'setfattr'));
      directory = mkdtempSync(join(tmpdir(), 'hekafs-late-'));
      makeBrick(join(directory, 'journal'));
      port = await freePorts(1);
      brick = await start(directory, 'brick', bareBrick(join(directory, 'journal'), port, OPEN));
      proxy = await HoldingProxy.to(port);
      const founder = await acceptorAt(port);
      await founder.create(headerEntry({ cluster: CLUSTER, voter: VOTER, brick: 0 }));
    });
    after(async () => {
      for (const graph of graphs) await graph.stop();
      proxy?.close();
      await brick?.stop();
      if (directory !== '') rmSync(directory, { recursive: true, force: true });
    });

    async function acceptorAt(at: number): Promise<BrickAcceptor> {
      const graph = await connectedGraph(bareClient(at, {}));
      graphs.push(graph);
      return new BrickAcceptor(graph.top, nodeClock, nodeRandom, 5000);
    }

    const link = async (at: number): Promise<VoterLink> =>
      new VoterLink(VOTER, CLUSTER, await acceptorAt(at));
    const sizeOnDisk = (): number => statSync(join(directory, 'journal', LOG_NAME)).size;

    it('lands, counts for nobody, and disturbs no successor', async () => {
      assert.ok(proxy);
      const [before, after] = [
        { counter: 1, owner: randomUUID() },
        { counter: 2, owner: randomUUID() },
      ] as const satisfies readonly Epoch[];
      const [old, successor] = [await link(proxy.port), await link(port)];
      await old.refresh();
      await old.append(before, PROMISE, NO_COMMIT, []);

      proxy.hold();
      const late = recordOf('late');
      const outcome = assert.rejects(old.append(before, acceptOf(late), NO_COMMIT, []), {
        errno: 'ENOTCONN',
      });
      const held = proxy;
      await until('the append is on its way', () => held.keptBytes > late.bytes.length);
      await proxy.cut();
      await outcome;

      await successor.refresh();
      await successor.append(after, PROMISE, NO_COMMIT, []);
      const size = sizeOnDisk();
      proxy.deliver();
      await until('the late append has landed', () => sizeOnDisk() > size);

      // It has not seen that append, finds it behind its own promise, and goes on.
      const mine = recordOf('mine');
      await successor.append(after, acceptOf(mine), NO_COMMIT, []);
      assert.deepEqual(successor.log.accept(1)?.hash, mine.hash);

      const reader = await link(port);
      await reader.refresh();
      assert.deepEqual(reader.log.promised, after);
      assert.deepEqual(reader.log.accept(1)?.hash, mine.hash, 'the late one is no accept');
      await assert.rejects(reader.append(before, acceptOf(late), NO_COMMIT, []), EpochLost);
    });
  });
