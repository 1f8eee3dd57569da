import assert from 'node:assert/strict';
import { type Members, NO_MEMBERS, type Server } from '../../../src/config/members.js';
import type { PeerStatus } from '../../../src/config/peers.js';
import type { Marker, ServerEvidence } from '../../../src/daemon/server-evidence.js';
import { compareLists, isConfirmed, type ListsInput } from '../../../src/daemon/server-lists.js';
import { DIFFERENCES, type DifferenceKind } from '../../../src/daemon/servers-report.js';

const CLUSTER = 'c0000000-0000-4000-8000-000000000000';
const STRANGER = 'f0000000-0000-4000-8000-000000000000';

function server(name: string): Server {
  const node = `${name}0000000-0000-4000-8000-000000000000`;
  const at = { address: `${name}:1`, host: name, port: 2, path: '/brick', brick: 0 };
  return { node, name, ...at, voter: `voter-${name}`, role: 'voter' };
}

const SERVERS = ['a', 'b', 'd'].map(server);
const [A, B, D] = SERVERS as [Server, Server, Server];
const GONE = { node: 'e0000000-0000-4000-8000-000000000000', name: 'e', address: 'e:1' };
const MEMBERS: Members = { ...NO_MEMBERS, epoch: 7, servers: SERVERS, retired: [GONE] };

function statusOf({ node, name }: { node: string; name: string }): PeerStatus {
  const rest = { cluster: CLUSTER, server: true, state: 'ready', revision: 3, epoch: 7 };
  return { node, name, ...rest, instance: `instance-${name}`, caughtUp: true, behind: 0 };
}

function markersOf(servers: readonly Server[]): Map<string, Marker | null> {
  return new Map(servers.map(({ node, name, address, voter }) => [node, { name, address, voter }]));
}

function agreeing(each: Server): ServerEvidence {
  const answer = { kind: 'status', status: statusOf(each) } as const;
  return { server: each, answer, copy: { kind: 'read', markers: markersOf(SERVERS) } };
}

/** Three servers that agree, with one thing changed. */
function seen(change: Partial<ListsInput> = {}): ListsInput {
  const base = { self: A.node, cluster: CLUSTER, members: MEMBERS, listed: [], sightings: [] };
  return { ...base, servers: SERVERS.map(agreeing), ...change };
}

/** What server B says, or its copy holds, is another thing. */
function withB(change: Partial<ServerEvidence>): ListsInput {
  return seen({
    servers: SERVERS.map((each) => ({ ...agreeing(each), ...(each === B ? change : {}) })),
  });
}

const bSays = (change: Partial<PeerStatus>): ListsInput =>
  withB({ answer: { kind: 'status', status: { ...statusOf(B), ...change } } });

function bHolds(change: (markers: Map<string, Marker | null>) => void): ListsInput {
  const markers = markersOf(SERVERS);
  change(markers);
  return withB({ copy: { kind: 'read', markers } });
}

function allHold(change: (markers: Map<string, Marker | null>) => void): ListsInput {
  const markers = markersOf(SERVERS);
  change(markers);
  const copy = { kind: 'read', markers } as const;
  return seen({ servers: SERVERS.map((each) => ({ ...agreeing(each), copy })) });
}

const heardAt = (address: string, change: Partial<PeerStatus>): ListsInput =>
  seen({
    listed: [{ address, answer: { kind: 'status', status: { ...statusOf(B), ...change } } }],
  });

const SILENT = { kind: 'silent', why: 'b:1: nobody listens' } as const;
const MARKER: Marker = { name: 'x', address: 'x:1', voter: 'voter-x' };

/** What was seen, of whom it is said, which kind it is, and words that the sentence has. */
const ROWS: readonly (readonly [string, ListsInput, string, DifferenceKind, RegExp])[] = [
  ['silence', withB({ answer: SILENT }), 'b', 'no-answer', /no answer: .*nobody listens/],
  ['a no', bSays({ server: false, state: 'new', cluster: null }), 'b', 'says-no', /it is new/],
  [
    'a node of no cluster, on a foreign disk',
    bSays({ cluster: null }),
    'b',
    'says-no',
    /not serve/,
  ],
  ['somebody else', bSays({ node: STRANGER, name: 'f' }), 'b', 'other-node', /another node .* f /],
  ['another cluster', bSays({ cluster: STRANGER }), 'b', 'foreign-cluster', /cluster, f0000000/],
  ['an older list', bSays({ epoch: 6 }), 'b', 'old-list', /list 6, the newest is 7/],
  ['a newer list', bSays({ epoch: 8 }), 'b', 'newer-list', /list 8, this node knows 7/],
  ['another name', bSays({ name: 'bob' }), 'b', 'name-changed', /calls itself bob/],
  [
    'no marker in any copy',
    allHold((markers) => markers.delete(B.node)),
    'b',
    'no-marker',
    /has left no marker/,
  ],
  [
    'no marker in one copy',
    bHolds((markers) => markers.delete(D.node)),
    'd',
    'markers-differ',
    /missing in the copy of b$/,
  ],
  [
    'a marker that says nothing',
    bHolds((markers) => markers.set(D.node, null)),
    'd',
    'markers-differ',
    /copy of b cannot be read/,
  ],
  [
    'a marker of an earlier brick',
    bHolds((markers) => markers.set(D.node, { ...MARKER, name: 'd', address: 'd:1' })),
    'd',
    'markers-differ',
    /earlier brick/,
  ],
  [
    'a marker with another address',
    bHolds((markers) => markers.set(D.node, { ...MARKER, name: 'd', voter: D.voter })),
    'd',
    'address-changed',
    /copy of b has the address x:1, the list d:1/,
  ],
  [
    'a marker with another name',
    bHolds((markers) => markers.set(D.node, { ...MARKER, address: 'd:1', voter: D.voter })),
    'd',
    'name-changed',
    /copy of b has the name x, the list d/,
  ],
  [
    'a marker without a server',
    bHolds((markers) => markers.set(STRANGER, MARKER)),
    'x',
    'stray-marker',
    /a marker without a server/,
  ],
  [
    'a marker of a retired server',
    bHolds((markers) => markers.set(GONE.node, MARKER)),
    'e',
    'retired-marker',
    /was retired/,
  ],
  [
    'the node at another address, and nobody at its own',
    {
      ...withB({ answer: SILENT }),
      listed: [{ address: 'b:9', answer: { kind: 'status', status: statusOf(B) } }],
    },
    'b',
    'address-changed',
    /answers at b:9, and the list has b:1/,
  ],
  [
    'its id at a second address',
    heardAt('b:9', { instance: 'another' }),
    'b',
    'duplicate-id',
    /two nodes with one id: one at b:1, .* one at b:9/,
  ],
  [
    'its id at a second address, as another node has heard',
    seen({ sightings: [{ node: B.node, instance: 'another', address: 'b:9', agoMs: 5 }] }),
    'b',
    'duplicate-id',
    /one at b:9/,
  ],
  [
    'a retired server that serves',
    heardAt('e:1', { node: GONE.node, name: 'e' }),
    'e',
    'retired-serves',
    /was retired and says/,
  ],
  [
    'a server that is on no list',
    heardAt('f:1', { node: STRANGER, name: 'f' }),
    'f',
    'unlisted-server',
    /not on the list/,
  ],
  [
    'a stranger with a newer list',
    heardAt('f:1', { node: STRANGER, name: 'f', epoch: 9 }),
    'f',
    'newer-list',
    /by list 9/,
  ],
  [
    'a stranger of another cluster',
    heardAt('f:1', { node: STRANGER, name: 'f', cluster: STRANGER }),
    'f',
    'foreign-cluster',
    /another cluster/,
  ],
  [
    'a copy that is behind',
    {
      ...withB({ copy: { kind: 'unreadable', why: 'x' } }),
      servers: SERVERS.map((each) =>
        each === B
          ? {
              ...agreeing(B),
              answer: {
                kind: 'status',
                status: { ...statusOf(B), caughtUp: false, behind: 12 },
              },
              copy: { kind: 'unreadable', why: 'x' },
            }
          : agreeing(each),
      ),
    },
    'b',
    'copy-lags',
    /lags by 12 revisions/,
  ],
  [
    'a copy that nobody can read',
    withB({ copy: { kind: 'unreadable', why: 'the brick shows nothing' } }),
    'b',
    'copy-unreadable',
    /cannot be read: the brick shows nothing/,
  ],
];

describe('the three lists of servers', () => {
  it('agree where all that are known have answered and are marked in each copy', () => {
    const report = compareLists(seen());
    assert.ok(report.agree);
    assert.deepEqual(
      report.rows.map(({ name, known, answered, marker }) => [name, known, answered, marker]),
      SERVERS.map(({ name }) => [name, true, 'yes', true]),
    );
  });

  for (const [what, input, name, kind, words] of ROWS)
    it(`${what}: ${kind}`, () => {
      const { rows, agree } = compareLists(input);
      assert.ok(!agree);
      const found = rows.flatMap((row) => row.differences.map((each) => [row.name, each.kind]));
      assert.deepEqual(found, [[name, kind]]);
      assert.match(rows.map(({ difference }) => difference).join(''), words);
    });

  it('has a row of this table for every kind', () => {
    const shown = new Set(ROWS.map(([, , , kind]) => kind));
    assert.deepEqual(
      Object.keys(DIFFERENCES).filter((kind) => !shown.has(kind as DifferenceKind)),
      [],
    );
  });

  it('takes a second sight of the same process for no second node', () => {
    const same = { node: B.node, instance: 'instance-b', address: 'b.example:1', agoMs: 5 };
    assert.ok(compareLists(seen({ sightings: [same] })).agree);
  });

  it('does not take silence at an address of --members for anything', () => {
    assert.ok(compareLists(seen({ listed: [{ address: 'z:1', answer: SILENT }] })).agree);
  });
});

describe('the list is known to be the newest', () => {
  const confirmed = (input: ListsInput): boolean => isConfirmed(MEMBERS, compareLists(input));

  it('where a majority serves by it, whatever the rest says', () => {
    assert.ok(confirmed(seen()));
    assert.ok(confirmed(withB({ answer: SILENT })));
    assert.ok(confirmed(bSays({ cluster: STRANGER })));
  });

  it('not where fewer have answered', () => {
    const servers = SERVERS.map((each) => ({
      ...agreeing(each),
      ...(each === A ? {} : { answer: SILENT }),
    }));
    assert.ok(!confirmed(seen({ servers })));
  });

  it('not where anybody knows of a newer one', () => {
    assert.ok(!confirmed(bSays({ epoch: 8 })));
    assert.ok(!confirmed(heardAt('f:1', { node: STRANGER, name: 'f', epoch: 9 })));
  });
});
