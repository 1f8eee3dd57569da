import assert from 'node:assert/strict';
import { ConfigDatabase } from '../../../src/config/database.js';
import { NO_MEMBERS } from '../../../src/config/members.js';
import { decodeMessage, encodeMessage } from '../../../src/config/message.js';
import type { AnswerMark, PushAnswer } from '../../../src/config/words.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import { ManualClock } from '../rpc/manual-clock.js';

const INSTANCE = 'this process';
const LEADER = {
  epoch: { counter: 1, owner: 'the leader' },
  node: 'other',
  address: '192.0.2.1:24006',
};

const never = (): never => {
  throw new Error('nobody is asked here');
};

/** A node that follows, and a way to push to it. */
class Follower {
  readonly clock = new ManualClock();
  readonly database = new ConfigDatabase({
    self: 'self',
    instance: INSTANCE,
    cluster: 'cluster',
    clock: this.clock,
    random: nodeRandom,
    peers: { status: never, call: never },
    members: NO_MEMBERS,
    listed: () => [],
    lengths: [],
    rememberLengths: never,
    ownLogLost: never,
    acceptor: never,
    release: never,
    applied: never,
    retired: never,
    log: () => undefined,
  });

  /** A push that says that it was confirmed `ageMs` ago, and was made after the answer with the mark `answered`. */
  async push(ageMs: number, answered: AnswerMark | null): Promise<AnswerMark> {
    const words = { leader: LEADER, from: 1, commit: 0, ageMs, answered, servers: [] };
    const answer = await this.database.answer('push', encodeMessage(words));
    const { mark } = decodeMessage<PushAnswer>(answer).json;
    assert.ok(mark);
    return mark;
  }
}

describe('how old the state of a follower may be', () => {
  it('is not known from the first push: nobody knows how long it was on its way', async () => {
    const follower = new Follower();
    await follower.push(0, null);
    assert.equal(follower.database.ageMs, null);
  });

  it('is counted from the answer that a push has seen, not from when it came', async () => {
    const follower = new Follower();
    const mark = await follower.push(0, null);
    await follower.clock.advance(100);
    await follower.push(30, mark);
    assert.equal(follower.database.ageMs, 130);
  });

  it('counts the time for which this process stood still with a push before it', async () => {
    const follower = new Follower();
    const mark = await follower.push(0, null);
    await follower.clock.advance(60_000);
    const next = await follower.push(0, mark);
    assert.equal(follower.database.ageMs, 60_000);
    await follower.clock.advance(5);
    await follower.push(0, next);
    assert.equal(follower.database.ageMs, 5, 'the next push makes it fresh again');
  });

  it('takes no mark of another process: that is by another clock', async () => {
    const follower = new Follower();
    await follower.push(0, { instance: 'the process before', sentMs: 1000 });
    assert.equal(follower.database.ageMs, null);
  });
});
