import assert from 'node:assert/strict';
import type { Acceptor } from '../../../src/config/log/acceptor.js';
import { encodeEntry } from '../../../src/config/log/entry.js';
import type { Epoch } from '../../../src/config/log/epoch.js';
import { KnownLengths } from '../../../src/config/log/known-lengths.js';
import { NO_HASH } from '../../../src/config/log/record.js';
import { EpochLost, TornAppend, VoterLink } from '../../../src/config/log/voter-link.js';
import { FopError } from '../../../src/fop/error.js';
import { CLUSTER, MemoryLog, VOTER } from './memory-log.js';

const NODE = '00000000-0000-4000-8000-00000000000a';
const NO_COMMIT = { revision: 0, hash: NO_HASH };
const epoch = (counter: number): Epoch => ({ counter, owner: NODE });

const OTHER = '00000000-0000-4000-8000-0000000000f2';

const linkTo = (log: Acceptor, known = new KnownLengths()): VoterLink =>
  new VoterLink(VOTER, CLUSTER, log, known);

/** As much of a promise as a power cut leaves; longer than a whole one where zeros stand for what was lost. */
function torn(arrived: number, zeros = 0): Buffer {
  const body = { kind: 'promise' } as const;
  const prefix = { prefixLength: 0, prefixHash: Buffer.alloc(16) };
  const rest = { commit: NO_COMMIT, lengths: [], body };
  const whole = encodeEntry({ epoch: epoch(99), ...prefix, ...rest });
  return Buffer.concat([whole.subarray(0, arrived), Buffer.alloc(zeros)]);
}

describe('VoterLink: one voter as its writer sees it', () => {
  it('appends behind what is torn, in as many places as there are', async () => {
    const log = new MemoryLog();
    for (let counter = 1; counter <= 4; counter++) {
      log.bytes = Buffer.concat([log.bytes, torn(25 * counter - 10, counter % 2 === 0 ? 50 : 0)]);
      const link = linkTo(log);
      await link.refresh();
      await link.append(epoch(counter), { kind: 'promise' }, NO_COMMIT, []);
      assert.deepEqual(link.log.promised, epoch(counter));
      assert.equal(link.acknowledged, log.bytes.length);
    }
  });

  it('does not take for good what is torn itself', async () => {
    const log = new MemoryLog();
    const link = linkTo(log);
    await link.refresh();
    await link.append(epoch(1), { kind: 'promise' }, NO_COMMIT, []);
    log.arrives = 40;
    const accept = { kind: 'accept', first: 1, records: [] } as const;
    await assert.rejects(link.append(epoch(1), accept, NO_COMMIT, []), TornAppend);
  });

  it('knows a log that was rolled back by what anybody has recorded of it', async () => {
    const log = new MemoryLog();
    const founded = log.bytes;
    const known = new KnownLengths();
    const link = linkTo(log, known);
    await link.refresh();
    await link.append(epoch(1), { kind: 'promise' }, NO_COMMIT, []);
    log.bytes = founded;
    assert.equal(await link.isUndisturbed(epoch(1)), false, 'shorter confirms nothing');
    await assert.rejects(linkTo(log, new KnownLengths(known.all())).refresh(), {
      name: 'LostVote',
      kind: 'rolled-back',
    });
    await linkTo(log).refresh();
  });

  /** Three promises, of which others know; answers where each ends. */
  async function acknowledged(log: MemoryLog, known: KnownLengths): Promise<number[]> {
    const link = linkTo(log, known);
    await link.refresh();
    const ends: number[] = [];
    for (const counter of [1, 2, 3]) {
      await link.append(epoch(counter), { kind: 'promise' }, NO_COMMIT, []);
      ends.push(link.acknowledged);
    }
    return ends;
  }

  for (const [what, entry] of [['last', 2] as const, ['middle', 1] as const, ['first', 0] as const])
    it(`calls it rot when the ${what} entry that was acknowledged is whole no more, and appends nothing`, async () => {
      const log = new MemoryLog();
      const known = new KnownLengths();
      const ends = await acknowledged(log, known);
      const at = (ends[entry] ?? 0) - 12;
      log.bytes[at] = (log.bytes[at] ?? 0) ^ 1;
      const before = log.bytes.length;
      await assert.rejects(linkTo(log, new KnownLengths(known.all())).refresh(), {
        name: 'LostVote',
        kind: 'rotten',
      });
      assert.equal(log.bytes.length, before);
    });

  it('takes no rot for an entry because somebody has appended behind it', async () => {
    const log = new MemoryLog();
    const known = new KnownLengths();
    const [, , last = 0] = await acknowledged(log, known);
    log.bytes[last - 12] = (log.bytes[last - 12] ?? 0) ^ 1;
    // Who knows of no length takes it for torn, and goes on behind it.
    const careless = linkTo(log);
    await careless.refresh();
    await careless.append(epoch(4), { kind: 'promise' }, NO_COMMIT, []);
    await assert.rejects(linkTo(log, new KnownLengths(known.all())).refresh(), { kind: 'rotten' });
  });

  it('finds rot also where it hears of the length only later', async () => {
    const log = new MemoryLog();
    const [, , last = 0] = await acknowledged(log, new KnownLengths());
    log.bytes[last - 12] = (log.bytes[last - 12] ?? 0) ^ 1;
    const known = new KnownLengths();
    const link = linkTo(log, known);
    await link.refresh();
    known.note(VOTER, last);
    const appending = link.append(epoch(4), { kind: 'promise' }, NO_COMMIT, []);
    await assert.rejects(appending, { kind: 'rotten' });
    assert.equal(log.bytes.length, last);
  });

  it('is at peace with what is torn before and behind the entries that were acknowledged', async () => {
    const log = new MemoryLog();
    const known = new KnownLengths();
    log.bytes = Buffer.concat([log.bytes, torn(40)]);
    await acknowledged(log, known);
    log.bytes = Buffer.concat([log.bytes, torn(70)]);
    const link = linkTo(log, new KnownLengths(known.all()));
    await link.refresh();
    assert.deepEqual(link.log.promised, epoch(3));
  });

  it('learns from one log how long the others were', async () => {
    const log = new MemoryLog();
    const lengths = [{ voter: OTHER, length: 700 }];
    const writer = linkTo(log);
    await writer.refresh();
    await writer.append(epoch(1), { kind: 'promise' }, NO_COMMIT, lengths);
    const known = new KnownLengths();
    await linkTo(log, known).refresh();
    assert.equal(known.of(OTHER), 700);
  });

  it('never trusts a log again whose sync has failed', async () => {
    const log = new MemoryLog();
    const link = linkTo(log);
    await link.refresh();
    log.fails = new FopError('EIO', 'fdatasync');
    const promise = { kind: 'promise' } as const;
    await assert.rejects(link.append(epoch(1), promise, NO_COMMIT, []), { kind: 'unsynced' });
    log.fails = undefined;
    await assert.rejects(link.refresh(), { kind: 'unsynced' }, 'although it reads well now');
  });

  it('finds a higher epoch in front of its own entry', async () => {
    const log = new MemoryLog();
    const [mine, other] = [linkTo(log), linkTo(log)];
    for (const link of [mine, other]) await link.refresh();
    await other.append(epoch(2), { kind: 'promise' }, NO_COMMIT, []);
    await assert.rejects(mine.append(epoch(1), { kind: 'promise' }, NO_COMMIT, []), EpochLost);
  });
});
