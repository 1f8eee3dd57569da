import assert from 'node:assert/strict';
import { type CommitMark, type EntryBody, encodeEntry } from '../../../src/config/log/entry.js';
import type { Epoch } from '../../../src/config/log/epoch.js';
import { LostVote } from '../../../src/config/log/lost-vote.js';
import { headerEntry } from '../../../src/config/log/new-log.js';
import { NO_HASH, type SealedRecord, sealRecord } from '../../../src/config/log/record.js';
import { VoterLog } from '../../../src/config/log/voter-log.js';

const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';
const epoch = (counter: number, owner = A): Epoch => ({ counter, owner });
const NO_COMMIT: CommitMark = { revision: 0, hash: NO_HASH };

function chain(count: number, word = 'x'): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (let revision = 1; revision <= count; revision++)
    records.push(
      sealRecord({
        revision,
        previous: records.at(-1)?.hash ?? NO_HASH,
        timeMs: 0,
        requestId: '',
        author: A,
        changes: [{ type: 'put', key: word, value: Buffer.from(`${word}${revision}`) }],
      }),
    );
  return records;
}

/** A log as its writers would have made it. */
class Written {
  bytes = headerEntry({ cluster: 'c', voter: 'v', brick: 0 });

  add(at: Epoch, body: EntryBody, commit = NO_COMMIT, prefix?: VoterLog): this {
    const log = prefix ?? this.read();
    const entry = encodeEntry({
      epoch: at,
      prefixLength: log.parsed,
      prefixHash: log.prefixHash(),
      commit,
      lengths: [],
      body,
    });
    this.bytes = Buffer.concat([this.bytes, entry]);
    return this;
  }

  promise(at: Epoch): this {
    return this.add(at, { kind: 'promise' });
  }

  accept(at: Epoch, records: readonly SealedRecord[], commit = NO_COMMIT): this {
    const first = records[0]?.record.revision ?? 0;
    return this.add(
      at,
      { kind: 'accept', first, records: records.map(({ bytes }) => bytes) },
      commit,
    );
  }

  read(): VoterLog {
    const log = new VoterLog();
    log.feed(this.bytes);
    return log;
  }
}

const markOf = ({ record, hash }: SealedRecord) => ({ revision: record.revision, hash });

describe('VoterLog: what an acceptor’s file says', () => {
  const [one, two, three] = chain(3) as [SealedRecord, SealedRecord, SealedRecord];

  it('reads the header, the highest promise and counting accepts', () => {
    const log = new Written().promise(epoch(1)).accept(epoch(1), [one, two]).read();
    assert.equal(log.header?.voter, 'v');
    assert.deepEqual(log.promised, epoch(1));
    assert.deepEqual(log.accept(2)?.hash, two.hash);
    assert.equal(log.accept(3), undefined);
  });

  it('does not count an accept behind a higher promise, or behind a higher accept', () => {
    const late = chain(1, 'late');
    const promised = new Written().promise(epoch(2, B)).accept(epoch(1), late).read();
    assert.equal(promised.accept(1), undefined);
    const accepted = new Written().accept(epoch(2, B), [one]).accept(epoch(1), late).read();
    assert.deepEqual(accepted.accept(1)?.hash, one.hash);
  });

  it('lets a higher epoch replace what a lower one had accepted', () => {
    const [other] = chain(1, 'other') as [SealedRecord];
    const log = new Written().accept(epoch(1), [one]).accept(epoch(2, B), [other]).read();
    assert.deepEqual(log.accept(1)?.hash, other.hash);
  });

  it('settles what a commit mark vouches for, and only with the right hashes', () => {
    const log = new Written()
      .accept(epoch(1), [one, two])
      .accept(epoch(1), [three], markOf(two))
      .read();
    assert.equal(log.settled.revision, 2);
    const place = log.place(2);
    assert.equal(place?.length, two.bytes.length);
    const [stranger] = chain(1, 'stranger') as [SealedRecord];
    const lacking = new Written()
      .accept(epoch(1), [stranger])
      .accept(epoch(2), [], markOf(one))
      .read();
    assert.equal(lacking.settled.revision, 0, 'it holds another revision 1');
    assert.equal(lacking.commit.revision, 1, 'but it knows that one is committed');
  });

  it('finds places that hold the very bytes', () => {
    const written = new Written().promise(epoch(1)).accept(epoch(1), [one, two, three]);
    const log = written.read();
    for (const sealed of [one, two, three]) {
      const { offset, length } = log.place(sealed.record.revision) ?? { offset: 0, length: 0 };
      assert.deepEqual(written.bytes.subarray(offset, offset + length), sealed.bytes);
    }
  });

  it('reads the same one byte at a time', () => {
    const { bytes } = new Written().promise(epoch(1)).accept(epoch(1), [one, two], NO_COMMIT);
    const log = new VoterLog();
    for (const byte of bytes) log.feed(Buffer.of(byte));
    assert.equal(log.parsed, bytes.length);
    assert.equal(log.waiting, 0);
    assert.deepEqual(log.accept(2)?.hash, two.hash);
  });

  it('waits for the rest of an entry, and skips it when somebody wrote behind it', () => {
    const whole = new Written().accept(epoch(1), [one]);
    const torn = encodeEntry({
      epoch: epoch(1),
      prefixLength: whole.bytes.length,
      prefixHash: whole.read().prefixHash(),
      commit: NO_COMMIT,
      lengths: [],
      body: { kind: 'accept', first: 2, records: [two.bytes] },
    }).subarray(0, 100);
    const log = new VoterLog();
    log.feed(Buffer.concat([whole.bytes, torn]));
    assert.equal(log.waiting, 100);
    const known = whole.read();
    const behind = encodeEntry({
      epoch: epoch(2, B),
      prefixLength: known.parsed,
      prefixHash: known.prefixHash(),
      commit: NO_COMMIT,
      lengths: [],
      body: { kind: 'promise' },
    });
    log.feed(behind);
    assert.deepEqual(log.promised, epoch(1), 'the torn bytes are in the way');
    log.skipTorn();
    assert.deepEqual(log.promised, epoch(2, B));
    assert.equal(log.accept(2), undefined);
    assert.equal(log.waiting, 0);
  });

  it('takes no value inside a torn entry for an entry', () => {
    const before = new Written().promise(epoch(1));
    const forged = encodeEntry({
      epoch: epoch(9, B),
      prefixLength: 0,
      prefixHash: new VoterLog().prefixHash(),
      commit: NO_COMMIT,
      lengths: [],
      body: { kind: 'accept', first: 1, records: [one.bytes] },
    });
    const value = Buffer.concat([Buffer.alloc(60), forged, Buffer.alloc(60)]);
    const entry = new Written()
      .promise(epoch(1))
      .add(epoch(1), { kind: 'accept', first: 1, records: [value] });
    const behind = encodeEntry({
      epoch: epoch(2),
      prefixLength: before.bytes.length,
      prefixHash: before.read().prefixHash(),
      commit: NO_COMMIT,
      lengths: [],
      body: { kind: 'promise' },
    });
    const log = new VoterLog();
    log.feed(Buffer.concat([entry.bytes.subarray(0, -20), behind]));
    log.skipTorn();
    assert.deepEqual(log.promised, epoch(2));
    assert.equal(log.accept(1), undefined);
  });

  it('calls it rot when bytes before an entry are others than its writer had seen', () => {
    const written = new Written().accept(epoch(1), [one]).accept(epoch(1), [two]);
    const flipped = Buffer.from(written.bytes);
    const at = 200;
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const log = new VoterLog();
    log.feed(flipped);
    assert.throws(() => log.skipTorn(), LostVote);
    const cut = Buffer.concat([
      written.bytes.subarray(0, headerEntry({ cluster: 'c', voter: 'v', brick: 0 }).length),
      written.bytes.subarray(new Written().accept(epoch(1), [one]).bytes.length),
    ]);
    assert.throws(() => new VoterLog().feed(cut), LostVote, 'an entry was cut out');
  });
});
