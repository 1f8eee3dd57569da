import assert from 'node:assert/strict';
import { ConfigDatabase } from '../../../src/config/database.js';
import type { LogHeader } from '../../../src/config/log/entry.js';
import { firstRecord, foundingLog } from '../../../src/config/log/new-log.js';
import { sealRecord } from '../../../src/config/log/record.js';
import { VoterLink } from '../../../src/config/log/voter-link.js';
import type { Members, Server } from '../../../src/config/members.js';
import { PeerError } from '../../../src/config/peers.js';
import { FopError } from '../../../src/fop/error.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import { ManualClock } from '../rpc/manual-clock.js';
import { CLUSTER, MemoryLog, VOTER } from './memory-log.js';

const OTHER = '00000000-0000-4000-8000-0000000000f2';
const server = (node: string, voter: string): Server => ({
  ...{ node, name: node, address: `${node}:1`, brick: 0, host: node, port: 1, path: '/b' },
  ...{ voter, role: 'voter' },
});
const MEMBERS: Members = {
  ...{ epoch: 1, nextBrick: 2, retired: [] },
  servers: [server('self', VOTER), server('other', OTHER)],
};
const EPOCH = { counter: 1, owner: VOTER };

/** A log that says of its first record that it is committed, on a brick that is not up yet. */
class LateLog extends MemoryLog {
  isUp = false;

  override async open(): Promise<LogHeader> {
    if (!this.isUp) throw new FopError('ENOTCONN', 'the brick');
    return super.open();
  }
}

async function writtenLog(): Promise<LateLog> {
  const log = new LateLog();
  const first = firstRecord(CLUSTER, MEMBERS, 0);
  log.bytes = foundingLog({ cluster: CLUSTER, voter: VOTER, brick: 0 }, EPOCH, first);
  log.isUp = true;
  const link = new VoterLink(VOTER, CLUSTER, log);
  await link.refresh();
  const { hash } = first;
  const next = sealRecord({
    ...{ revision: 2, previous: hash, timeMs: 0, requestId: '', author: 'self' },
    changes: [],
  });
  const accept = { kind: 'accept', first: 2, records: [next.bytes] } as const;
  await link.append(EPOCH, accept, { revision: 1, hash }, []);
  log.isUp = false;
  return log;
}

describe('a server without a majority whose brick comes up late', () => {
  it('knows what its own log says as soon as it can be read', async () => {
    const clock = new ManualClock();
    const log = await writtenLog();
    const alone = (address: string): Promise<never> =>
      Promise.reject(new PeerError(address, 'unreachable', 'nobody listens'));
    const database = new ConfigDatabase({
      ...{ self: 'self', instance: 'p', cluster: CLUSTER, clock, random: nodeRandom },
      ...{ members: MEMBERS, lengths: [], listed: () => [] },
      peers: { status: alone, call: alone },
      rememberLengths: () => undefined,
      ownLogLost: (loss) => assert.fail(String(loss)),
      acceptor: ({ voter }) => (voter === VOTER ? log : new LateLog()),
      release: () => undefined,
      applied: () => undefined,
      retired: () => undefined,
      log: () => undefined,
    });
    await database.start();
    await clock.advance(5000);
    assert.equal(database.store.revision, 0);
    log.isUp = true;
    await clock.advance(2000);
    assert.equal(database.store.revision, 1, 'the second one may not be committed');
    database.stop();
  });
});
