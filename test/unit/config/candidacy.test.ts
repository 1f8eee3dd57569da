import assert from 'node:assert/strict';
import { Candidacy } from '../../../src/config/candidacy.js';
import type { Members, Server } from '../../../src/config/members.js';
import { encodeMessage } from '../../../src/config/message.js';
import { PeerError, type Peers } from '../../../src/config/peers.js';
import { Places } from '../../../src/config/places.js';
import type { LeaderHint } from '../../../src/config/words.js';
import { ManualClock } from '../rpc/manual-clock.js';

const CLUSTER = 'cluster';
const server = (node: string): Server => ({
  ...{ node, name: node, address: `${node}:1`, brick: 0, host: node, port: 1, path: '/b' },
  ...{ voter: `v-${node}`, role: 'voter' },
});
const hint = (node: string): LeaderHint => ({
  epoch: { counter: 1, owner: node },
  node,
  address: `${node}:1`,
});

/** Node c of the voters a, b and c; `answers` is who answers it, with the leader that each hears. */
class Candidate {
  readonly clock = new ManualClock();
  answers: Readonly<Record<string, string | null>> = {};
  private readonly members: Members = {
    ...{ epoch: 1, nextBrick: 3, retired: [] },
    servers: ['a', 'b', 'c'].map(server),
  };
  private readonly peers: Peers = {
    status: () => Promise.reject(new Error('not asked')),
    call: async (address) => {
      const node = address.slice(0, -2);
      const leader = this.answers[node];
      if (leader === undefined) throw new PeerError(address, 'unreachable', 'cut');
      return encodeMessage({ node, cluster: CLUSTER, leader: leader && hint(leader) });
    },
  };
  readonly candidacy = new Candidacy({
    self: 'c',
    cluster: CLUSTER,
    clock: this.clock,
    random: { bytes: (count) => Buffer.alloc(count), int: () => 0, uuid: () => '' },
    peers: this.peers,
    listed: () => [],
    places: new Places({
      ...{ self: 'c', own: undefined, peers: this.peers },
      members: () => this.members,
      moved: () => assert.fail('nobody moves'),
      doubled: () => assert.fail('nobody is there twice'),
    }),
    members: () => this.members,
  });

  async mayTakeOver(): Promise<boolean> {
    return this.candidacy.mayTakeOver(await this.candidacy.inquire(true));
  }

  /** How long it waits, deaf as it is, in whole seconds. */
  async patience(): Promise<number> {
    for (let seconds = 0; ; seconds++) {
      if (await this.mayTakeOver()) return seconds;
      await this.clock.advance(1000);
    }
  }
}

describe('who may take over', () => {
  it('a node that reaches a majority, none of whom hears a leader', async () => {
    const candidate = new Candidate();
    candidate.answers = { a: null };
    assert.equal(await candidate.mayTakeOver(), true);
  });

  it('nobody while another one hears a leader, however long that lasts', async () => {
    const candidate = new Candidate();
    candidate.answers = { b: 'a' };
    await candidate.clock.advance(100_000);
    assert.equal(await candidate.mayTakeOver(), false);
  });

  it('who reaches no majority waits, and longer each time it is deposed', async () => {
    const candidate = new Candidate();
    assert.equal(await candidate.patience(), 3);
    candidate.candidacy.deposed();
    assert.equal(await candidate.patience(), 6);
    for (let times = 0; times < 9; times++) candidate.candidacy.deposed();
    assert.equal(await candidate.patience(), 60);
    candidate.candidacy.followed();
    assert.equal(await candidate.patience(), 3);
  });
});

describe('a server says that it hears no leader', () => {
  const unreached = [
    { node: 'a', isUp: true, applied: 1, why: null, lost: null, trouble: null },
    { node: 'b', isUp: false, applied: 1, why: null, lost: null, trouble: null },
    { node: 'c', isUp: true, applied: 1, why: null, lost: null, trouble: null },
  ];

  it('it is helped when it has said so for two seconds', async () => {
    const { candidacy, clock } = new Candidate();
    const told: boolean[] = [];
    for (let asked = 0; asked < 4; asked++) {
      told.push(candidacy.shouldHelp('b', unreached));
      await clock.advance(700);
    }
    assert.deepEqual(told, [false, false, false, true]);
  });

  it('but not where it was well in between, nor one that the leader reaches', async () => {
    const { candidacy, clock } = new Candidate();
    assert.equal(candidacy.shouldHelp('b', unreached), false);
    await clock.advance(3000);
    assert.equal(candidacy.shouldHelp('b', unreached), false);
    for (let asked = 0; asked < 9; asked++) {
      await clock.advance(700);
      assert.equal(candidacy.shouldHelp('c', unreached), false);
    }
  });

  it('only who reaches more servers than the leader, and the leader too, takes over', async () => {
    const candidate = new Candidate();
    const reachesMore = () => candidate.candidacy.reachesMore(hint('a'), unreached);
    candidate.answers = { a: null, b: null };
    assert.equal(await reachesMore(), true);
    candidate.answers = { b: null };
    assert.equal(await reachesMore(), false, 'the leader would not hear of it');
    candidate.answers = { a: null };
    assert.equal(await reachesMore(), false, 'it reaches no more than the leader');
  });
});
