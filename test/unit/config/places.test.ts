import assert from 'node:assert/strict';
import { type Members, type Server, withName, withPlace } from '../../../src/config/members.js';
import { PeerError, type PeerStatus, type Peers } from '../../../src/config/peers.js';
import { type PlaceClaim, Places } from '../../../src/config/places.js';

const server = (node: string): Server => ({
  ...{ node, name: node, address: `${node}:1`, brick: 0, host: node, port: 1, path: '/b' },
  ...{ voter: `v-${node}`, role: 'voter' },
});
const MEMBERS: Members = {
  ...{ epoch: 7, nextBrick: 3, retired: [] },
  servers: ['a', 'b', 'c'].map(server),
};
const place = (host: string, port = 1) => ({ address: `${host}:1`, host, port, path: '/b' });
const claim = (node: string, host: string, port = 1): PlaceClaim => ({
  ...{ ...place(host, port), voter: `v-${node}`, instance: `process of ${node}` },
});

describe('the list when a server moves', () => {
  it('has it elsewhere, in one change', () => {
    const moved = withPlace(MEMBERS, 'v-b', place('x', 9));
    assert.equal(moved.epoch, 8);
    assert.deepEqual(moved.servers[1], { ...server('b'), ...place('x', 9) });
    assert.deepEqual([moved.servers[0], moved.servers[2]], [server('a'), server('c')]);
  });

  it('has it called something else, in one change', () => {
    const named = withName(MEMBERS, 'v-b', 'birch');
    assert.deepEqual([named.epoch, named.servers[1]?.name], [8, 'birch']);
  });

  it('is the same where nothing changes, or nobody is meant', () => {
    assert.equal(withPlace(MEMBERS, 'v-b', place('b')), MEMBERS);
    assert.equal(withPlace(MEMBERS, 'v-x', place('x')), MEMBERS);
    assert.equal(withName(MEMBERS, 'v-b', 'b'), MEMBERS);
  });
});

/** What node a knows; `answers` is who answers at which address: a node and its process. */
class Knowing {
  members = MEMBERS;
  answers: Readonly<Record<string, readonly [string, string]>> = {};
  readonly moved: string[] = [];
  readonly doubled: string[] = [];
  private readonly peers: Peers = {
    call: () => Promise.reject(new Error('not asked')),
    status: async (address) => {
      const [node, instance] = this.answers[address] ?? [];
      if (node === undefined) throw new PeerError(address, 'unknown', 'silence');
      return { node, instance } as PeerStatus;
    },
  };
  readonly places = new Places({
    ...{ self: 'a', own: claim('a', 'here'), peers: this.peers },
    members: () => this.members,
    moved: ({ node, address }) => void this.moved.push(`${node} ${address}`),
    doubled: ({ node }, address) => void this.doubled.push(`${node} ${address}`),
  });

  async heard(node: string, said: unknown): Promise<readonly string[]> {
    this.places.heard(node, said as PlaceClaim);
    await new Promise((resolve) => setImmediate(resolve));
    return this.places.over(this.members).servers.map(({ address }) => address);
  }
}

describe('where servers are', () => {
  const LISTED = ['here:1', 'b:1', 'c:1'];
  let known: Knowing;
  beforeEach(() => (known = new Knowing()));

  it('is where the list has them; this node knows better of itself', async () => {
    assert.deepEqual(await known.heard('b', claim('b', 'b')), LISTED);
    assert.deepEqual([known.moved, known.members.servers[0]?.address], [[], 'a:1']);
  });

  it('is where they say that they are, if nobody answers where they were', async () => {
    assert.deepEqual(await known.heard('b', claim('b', 'x')), ['here:1', 'x:1', 'c:1']);
    assert.deepEqual(known.moved, ['b x:1']);
    assert.deepEqual(await known.heard('b', claim('b', 'x')), ['here:1', 'x:1', 'c:1']);
    assert.deepEqual(known.moved, ['b x:1'], 'told once');
  });

  it('nor if another node, or the same process, answers there', async () => {
    known.answers = { 'b:1': ['stranger', 'p'], 'c:1': ['c', 'process of c'] };
    await known.heard('b', claim('b', 'x'));
    assert.deepEqual(await known.heard('c', claim('c', 'y')), ['here:1', 'x:1', 'y:1']);
  });

  it('is not where a copy says, while the original answers', async () => {
    known.answers = { 'b:1': ['b', 'another process'] };
    assert.deepEqual(await known.heard('b', claim('b', 'x')), LISTED);
    assert.deepEqual([known.moved, known.doubled], [[], ['b x:1']]);
  });

  it('is another port at the same address without a question', async () => {
    known.answers = { 'b:1': ['b', 'another process'] };
    await known.heard('b', claim('b', 'b', 9));
    assert.equal(known.places.over(MEMBERS).servers[1]?.port, 9);
  });

  it('is what a newer list says', async () => {
    await known.heard('b', claim('b', 'x'));
    known.members = withPlace(MEMBERS, 'v-b', place('y'));
    assert.deepEqual(await known.heard('c', undefined), ['here:1', 'y:1', 'c:1']);
  });

  const NONSENSE: readonly (readonly [string, unknown])[] = [
    ['a', claim('a', 'x')],
    ['b', claim('c', 'x')],
    ['b', { ...claim('b', 'x'), voter: 'v-old' }],
    ['b', { ...claim('b', 'x'), address: 'x' }],
    ['b', { ...claim('b', 'x'), address: 'x:1/y' }],
    ['b', { ...claim('b', 'x'), port: '1' }],
    ['b', 'elsewhere'],
    ['d', claim('d', 'x')],
  ];
  for (const [node, said] of NONSENSE)
    it(`stays where ${node} says ${JSON.stringify(said)}`, async () => {
      assert.deepEqual(await known.heard(node, said), LISTED);
      assert.deepEqual([known.moved, known.doubled], [[], []]);
    });
});
