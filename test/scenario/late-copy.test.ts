import assert from 'node:assert/strict';
import type { Command } from '../../src/config/command.js';
import { Leader } from '../../src/config/log/leader.js';
import { headerEntry } from '../../src/config/log/new-log.js';
import { VoterLink } from '../../src/config/log/voter-link.js';
import type { Members, Server } from '../../src/config/members.js';
import { Store } from '../../src/config/store.js';
import { nodeClock } from '../../src/platform/node/clock.js';
import { ScriptedAcceptor, ScriptedFile } from './scripted-log.js';

/*
 * Seen in the simulator: a delete was sent to a leader that stood still, then by its sender to the next one, which said
 * that there was no such key. Much later the first copy arrived, found a key of that name, and deleted it, although its
 * sender had long been told no.
 */

const VOTER = '00000000-0000-4000-8000-0000000000aa';

const SERVER: Server = {
  node: 'n',
  name: 'b1',
  address: 'b1:1',
  brick: 0,
  host: 'b1',
  port: 1,
  path: '/b',
  voter: VOTER,
  role: 'voter',
};
const MEMBERS: Members = { epoch: 1, nextBrick: 1, servers: [SERVER], retired: [] };

async function leading(store: Store): Promise<Leader> {
  const file = new ScriptedFile(headerEntry({ cluster: 'c', voter: VOTER, brick: 0 }));
  const link = new VoterLink(VOTER, 'c', new ScriptedAcceptor(file));
  const epoch = { counter: 1, owner: '00000000-0000-4000-8000-000000000001' };
  const leader = new Leader(epoch, [], {
    self: SERVER.node,
    store,
    clock: nodeClock,
    members: () => MEMBERS,
    link: () => link,
    apply: (record) => void store.apply(record),
    committed: () => undefined,
    lost: () => undefined,
    trouble: (_server, error) => assert.fail(String(error)),
  });
  await leader.begin();
  return leader;
}

const remove: Command = { op: 'remove', key: 'k', recursive: false, condition: null };
const put: Command = { op: 'put', key: 'k', value: Buffer.from('1'), condition: null };

describe('a copy of a request that arrives late', () => {
  const at = { author: 'n', timeoutMs: 1000 };

  it('is refused again where it was refused before', async () => {
    const store = new Store();
    const leader = await leading(store);
    const asked = { ...at, requestId: 'delete', command: remove };
    await assert.rejects(leader.propose(asked), { code: 'HFS-1004' });
    await leader.propose({ ...at, requestId: 'put', command: put });
    await assert.rejects(leader.propose(asked), { code: 'HFS-1004' });
    assert.equal(store.value('k')?.value.toString(), '1');
    leader.end('the test is over');
  });

  it('is answered with the first outcome where it was done before', async () => {
    const store = new Store();
    const leader = await leading(store);
    const asked = { ...at, requestId: 'put', command: put };
    const [first, twin] = await Promise.all([leader.propose(asked), leader.propose(asked)]);
    assert.deepEqual(twin, first, 'while it is under way');
    await leader.propose({ ...at, requestId: 'delete', command: remove });
    assert.equal((await leader.propose(asked)).revision, first.revision, 'and afterwards');
    assert.equal(store.value('k'), undefined);
    leader.end('the test is over');
  });
});
