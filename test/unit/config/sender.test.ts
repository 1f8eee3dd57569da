import assert from 'node:assert/strict';
import { NO_HASH, type SealedRecord, sealRecord } from '../../../src/config/log/record.js';
import { Sender } from '../../../src/config/log/sender.js';
import { VoterLink } from '../../../src/config/log/voter-link.js';
import { Store } from '../../../src/config/store.js';
import { ManualClock } from '../rpc/manual-clock.js';
import { CLUSTER, MemoryLog, VOTER } from './memory-log.js';

const NODE = '00000000-0000-4000-8000-00000000000a';
const VALUE_BYTES = 1024 * 1024;

function next(before: SealedRecord | undefined, bytes: number): SealedRecord {
  return sealRecord({
    revision: (before?.record.revision ?? 0) + 1,
    previous: before?.hash ?? NO_HASH,
    ...{ timeMs: 0, requestId: '', author: NODE },
    changes: [{ type: 'put', key: 'k', value: Buffer.alloc(bytes) }],
  });
}

describe('Sender: what it keeps for a voter that is silent', () => {
  it('is bounded in bytes; the rest is read back from a log', async () => {
    const log = new MemoryLog();
    const store = new Store();
    const clock = new ManualClock();
    const all: SealedRecord[] = [];
    const fetched: number[] = [];
    const server = {
      ...{ node: NODE, name: 'n1', address: 'n1:1', brick: 0, host: 'n1', port: 1, path: '/b' },
      ...{ voter: VOTER, role: 'voter' as const },
    };
    const sender = new Sender(
      server,
      new VoterLink(VOTER, CLUSTER, log),
      { counter: 2, owner: NODE },
      {
        ...{ clock, store, lengths: () => [], acknowledged: () => undefined },
        ...{ lost: assert.fail, trouble: () => undefined },
        fetch: async (from) => {
          fetched.push(from);
          return all.filter(({ record }) => record.revision >= from).slice(0, 1);
        },
      },
    );
    for (let count = 0; count < 12; count++) {
      const record = next(all.at(-1), VALUE_BYTES);
      all.push(record);
      store.apply(record);
      sender.offer([record]);
    }
    assert.equal(sender.acknowledged, 0, 'the log has not answered yet');
    await clock.advance(0);
    assert.equal(sender.acknowledged, 12);
    assert.deepEqual(fetched, [1, 2, 3, 4, 5, 6, 7, 8, 9], 'four megabytes were held');
    sender.stop();
  });
});
