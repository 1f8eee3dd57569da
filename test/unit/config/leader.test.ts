import assert from 'node:assert/strict';
import { isCode } from '../../../src/config/error.js';
import { Leader } from '../../../src/config/log/leader.js';
import { NO_HASH, sealRecord } from '../../../src/config/log/record.js';
import { VoterLink } from '../../../src/config/log/voter-link.js';
import type { Members, Server } from '../../../src/config/members.js';
import { Store } from '../../../src/config/store.js';
import type { Clock } from '../../../src/platform/platform.js';
import { CLUSTER, MemoryLog, VOTER } from './memory-log.js';

const NODE = '00000000-0000-4000-8000-00000000000a';
const EPOCH = { counter: 2, owner: NODE };
const CLOCK: Clock = {
  monotonicMs: () => 0,
  wallMs: () => 0,
  after: () => ({ cancel: () => undefined }),
};

const MARK = { revision: 0, hash: NO_HASH };
const linkTo = (log: MemoryLog): VoterLink => new VoterLink(VOTER, CLUSTER, log);

const server: Server = {
  ...{ node: NODE, name: 'n1', address: 'n1:1', brick: 0, host: 'n1', port: 1, path: '/b' },
  ...{ voter: VOTER, role: 'voter' },
};
const members: Members = { epoch: 1, nextBrick: 1, servers: [server], retired: [] };

/** A leader of one voter that has found one record open, and its log. */
function recovering() {
  const store = new Store();
  const log = new MemoryLog();
  const link = linkTo(log);
  const rest = { timeMs: 0, requestId: 'asked before', author: NODE, changes: [] };
  const open = sealRecord({ revision: 1, previous: NO_HASH, ...rest });
  const leader = new Leader(EPOCH, [open], {
    self: NODE,
    store,
    clock: CLOCK,
    members: () => members,
    link: () => link,
    apply: (record) => void store.apply(record),
    committed: () => undefined,
    lost: () => undefined,
    trouble: () => undefined,
  });
  return { leader, log, store };
}

const turns = async (isSo: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 100 && !isSo(); turn++) await Promise.resolve();
};

describe('Leader: the holder of an epoch', () => {
  it('answers no read before what it found open is committed', async () => {
    const { leader, log, store } = recovering();
    let answer = (): void => undefined;
    log.answers = new Promise((resolve) => {
      answer = resolve;
    });
    const begun = leader.begin();
    await turns(() => log.appends > 0);
    assert.equal(log.appends, 1);
    assert.ok(leader.isVoterUp(VOTER), 'its log could be asked already');
    await assert.rejects(leader.confirm(), (error) => isCode(error, 'HFS-2001'));
    answer();
    await begun;
    assert.equal(store.revision, 1);
    assert.equal(await leader.confirm(), 1);
  });

  it('refuses nothing on a state that may be an old one', async () => {
    const { leader, log } = recovering();
    await leader.begin();
    const command = { op: 'remove', key: 'k', recursive: false, condition: null } as const;
    const asked = { author: NODE, command, timeoutMs: 1 };
    const refused = leader.propose({ ...asked, requestId: 'a' });
    await assert.rejects(refused, (error) => isCode(error, 'HFS-1004'));
    const other = linkTo(log);
    await other.refresh();
    await other.append({ counter: 3, owner: NODE }, { kind: 'promise' }, MARK, []);
    const late = leader.propose({ ...asked, requestId: 'b' });
    await assert.rejects(late, (error) => isCode(error, 'HFS-2001'));
  });

  it('refuses what an unanswered write stands against when that is committed', async () => {
    const { leader, log } = recovering();
    await leader.begin();
    const put = {
      op: 'put',
      key: 'k',
      value: Buffer.from('v'),
      condition: { ifAbsent: true },
    } as const;
    const asked = { author: NODE, command: put, timeoutMs: 1 };
    let answer = (): void => undefined;
    log.answers = new Promise((resolve) => {
      answer = resolve;
    });
    // The first holds the log; the two others are decided together after it.
    const first = leader.propose({ ...asked, command: { ...put, key: 'other' }, requestId: 'a' });
    const second = leader.propose({ ...asked, requestId: 'b' });
    const third = leader.propose({ ...asked, requestId: 'c' });
    const told: string[] = [];
    const note = (word: string) => () => void told.push(word);
    second.then(note('second'), note('second failed'));
    third.then(note('third done'), note('third'));
    await turns(() => told.length > 0);
    assert.deepEqual(told, []);
    answer();
    assert.equal((await first).revision, 2);
    assert.equal((await second).revision, 3);
    await assert.rejects(third, (error) => isCode(error, 'HFS-1005'));
    assert.deepEqual(told, ['second', 'third']);
  });
});
