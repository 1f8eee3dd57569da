import assert from 'node:assert/strict';
import { BatchView, type Command, evaluate } from '../../../src/config/command.js';
import { ConfigError } from '../../../src/config/error.js';
import { checkWritableKey, keyFault } from '../../../src/config/key.js';
import { type Change, sealRecord } from '../../../src/config/log/record.js';
import {
  checkRetire,
  type Members,
  majority,
  resolveServer,
  type Server,
  survives,
  withLearner,
  withoutServer,
  withPromoted,
} from '../../../src/config/members.js';
import { REMEMBERED_REQUESTS, Store } from '../../../src/config/store.js';

function commit(store: Store, changes: readonly Change[], requestId = ''): ReadonlySet<string> {
  const { mark } = store;
  return store.apply(
    sealRecord({
      revision: mark.revision + 1,
      previous: mark.hash,
      timeMs: 1000 + mark.revision,
      requestId,
      author: 'a',
      changes,
    }),
  );
}

const put = (key: string, text = key): Change => ({ type: 'put', key, value: Buffer.from(text) });
const remove = (key: string): Change => ({ type: 'delete', key });

describe('Store: the state that commits make', () => {
  it('makes directories with their first entry and removes them with their last', () => {
    const store = new Store();
    assert.deepEqual([...commit(store, [put('a/b/c')])], ['a/b/c', 'a/b', 'a']);
    assert.deepEqual(store.directory('a')?.created, 1);
    commit(store, [put('a/x')]);
    assert.deepEqual([...commit(store, [remove('a/b/c')])], ['a/b/c', 'a/b']);
    assert.equal(store.directory('a/b'), undefined);
    assert.deepEqual([...(store.directory('a')?.children ?? [])], ['x']);
    commit(store, [remove('a/x')]);
    assert.equal(store.directory('a'), undefined);
    assert.notEqual(store.directory(''), undefined, 'the root stays');
  });

  it('keeps the creating revision through changes, and begins anew after a removal', () => {
    const store = new Store();
    commit(store, [put('k', '1')]);
    commit(store, [put('k', '2')]);
    assert.deepEqual([store.value('k')?.created, store.value('k')?.revision], [1, 2]);
    commit(store, [remove('k')]);
    commit(store, [put('k', '3')]);
    assert.deepEqual([store.value('k')?.created, store.value('k')?.revision], [4, 4]);
  });

  it('lists keys in name order, whole components only', () => {
    const store = new Store();
    commit(
      store,
      ['n/b', 'n/a/z', 'nn', 'n/a/b'].map((key) => put(key)),
    );
    assert.deepEqual([...store.keysWithin('n')], ['n/a/b', 'n/a/z', 'n/b']);
    assert.deepEqual([...store.keysWithin('')], ['n/a/b', 'n/a/z', 'n/b', 'nn']);
  });

  it('refuses a record that does not follow', () => {
    const store = new Store();
    commit(store, [put('a')]);
    const other = new Store();
    commit(other, [put('b')]);
    const stray = sealRecord({
      revision: 2,
      previous: other.mark.hash,
      timeMs: 0,
      requestId: '',
      author: '',
      changes: [],
    });
    assert.throws(() => store.apply(stray), /does not follow/);
  });

  it('remembers request ids, a bounded number of them', () => {
    const store = new Store();
    commit(store, [put('a')], 'r0');
    commit(store, [put('a'), put('b')], 'r1');
    assert.deepEqual(store.outcome('r0'), { revision: 1, changes: 1 });
    for (let count = 2; count <= REMEMBERED_REQUESTS; count++) commit(store, [], `r${count}`);
    assert.equal(store.outcome('r0'), undefined);
    assert.deepEqual(store.outcome('r1'), { revision: 2, changes: 2 });
  });
});

interface Row {
  readonly what: string;
  readonly command: Command;
  /** The code that it is refused with, or the keys that it changes. */
  readonly expect: string | readonly string[];
}

const write = (
  key: string,
  condition: Extract<Command, { op: 'put' }>['condition'] = null,
): Command => ({
  op: 'put',
  key,
  value: Buffer.from('v'),
  condition,
});
const drop = (key: string, recursive = false): Command => ({
  op: 'remove',
  key,
  recursive,
  condition: null,
});

/** In a store with revision 1: dir/one, dir/two; revision 2: value. */
const COMMANDS: readonly Row[] = [
  { what: 'a new key', command: write('new'), expect: ['new'] },
  { what: 'over a value', command: write('value'), expect: ['value'] },
  { what: 'over a directory', command: write('dir'), expect: 'HFS-1007' },
  { what: 'below a value', command: write('value/below'), expect: 'HFS-1007' },
  { what: 'only if absent, and it is', command: write('new', { ifAbsent: true }), expect: ['new'] },
  {
    what: 'only if absent, and it is not',
    command: write('value', { ifAbsent: true }),
    expect: 'HFS-1005',
  },
  {
    what: 'only if absent, a directory',
    command: write('dir', { ifAbsent: true }),
    expect: 'HFS-1005',
  },
  { what: 'at the right revision', command: write('value', { ifRevision: 2 }), expect: ['value'] },
  { what: 'at a wrong revision', command: write('value', { ifRevision: 1 }), expect: 'HFS-1005' },
  {
    what: 'at a revision, of nothing',
    command: write('new', { ifRevision: 1 }),
    expect: 'HFS-1005',
  },
  { what: 'remove a value', command: drop('value'), expect: ['value'] },
  { what: 'remove nothing', command: drop('nothing'), expect: 'HFS-1004' },
  { what: 'remove a directory', command: drop('dir'), expect: 'HFS-1008' },
  { what: 'remove all of a directory', command: drop('dir', true), expect: ['dir/one', 'dir/two'] },
  {
    what: 'init where there are values',
    command: { op: 'init', values: new Map() },
    expect: 'HFS-1006',
  },
  {
    what: 'on a list that was replaced',
    command: { op: 'system', changes: [], ifMembers: 3 },
    expect: 'HFS-3009',
  },
  {
    what: 'with a token that is not there',
    command: { op: 'system', changes: [], ifToken: 'x' },
    expect: 'HFS-3001',
  },
];

function keysOf(changes: readonly Change[]): string[] {
  return changes.map((change) => ('key' in change ? change.key : change.type));
}

describe('evaluate: what a command comes to', () => {
  const store = new Store();
  commit(store, [put('dir/one'), put('dir/two')]);
  commit(store, [put('value')]);
  for (const { what, command, expect } of COMMANDS)
    it(`${command.op} ${what}: ${typeof expect === 'string' ? expect : expect.join(', ')}`, () => {
      if (typeof expect === 'string')
        assert.throws(
          () => evaluate(command, new BatchView(store)),
          (error) => error instanceof ConfigError && error.code === expect,
        );
      else assert.deepEqual(keysOf(evaluate(command, new BatchView(store))), expect);
    });

  it('sees what came before it in its batch', () => {
    const view = new BatchView(store);
    view.lay([remove('dir/one'), remove('dir/two'), put('new/key')], 3);
    assert.deepEqual(keysOf(evaluate(write('dir'), view)), ['dir'], 'the directory has gone');
    assert.throws(() => evaluate(write('new'), view), /directory/);
    assert.equal(view.revision('new/key'), 3);
    view.lay([remove('value'), remove('new/key')], 4);
    assert.equal(view.isPopulated, false);
  });

  it('refuses to init a value and a directory of one name', () => {
    const values = new Map([
      ['a', Buffer.alloc(0)],
      ['a/b', Buffer.alloc(0)],
    ]);
    assert.throws(
      () => evaluate({ op: 'init', values }, new BatchView(new Store())),
      /a value and a directory/,
    );
  });
});

const KEYS: readonly (readonly [key: string, fault: RegExp | undefined])[] = [
  ['a', undefined],
  ['a/b.c/d-e', undefined],
  ['größe/日本', undefined],
  ['..a', undefined],
  ['x'.repeat(255), undefined],
  [Array.from({ length: 4 }, () => 'y'.repeat(255)).join('/'), undefined],
  ['', /empty/],
  ['/a', /component is empty/],
  ['a/', /component is empty/],
  ['a//b', /component is empty/],
  ['a/../b', /"\.\."/],
  ['.', /"\."/],
  ['a\0b', /NUL/],
  ['x'.repeat(256), /longer than 255/],
  ['ä'.repeat(128), /longer than 255/],
  [Array.from({ length: 5 }, () => 'y'.repeat(255)).join('/'), /longer than 1024/],
  ['.hekafs/version', /kept for/],
  ['.glusterfs', /kept for/],
  ['.glusterfs-anonymous-inode-1/x', /kept for/],
  ['.trashcan/x', /kept for/],
  ['a/.hekafs', undefined],
  ['a\ud800b', /UTF-8/],
];

describe('keys', () => {
  for (const [key, fault] of KEYS)
    it(`${JSON.stringify(key.slice(0, 24))}… is ${fault ? 'refused' : 'fine'}`, () => {
      if (fault) assert.match(keyFault(key) ?? '', fault);
      else assert.equal(keyFault(key), undefined);
    });

  it('of volumes/ are not for users to write', () => {
    for (const key of ['volumes', 'volumes/x/y', '.hekafs/x'])
      assert.throws(() => checkWritableKey(key), { code: 'HFS-1002' });
    for (const key of ['volumes2/x', 'a/volumes']) checkWritableKey(key);
  });
});

function server(name: string, role: Server['role'] = 'voter'): Server {
  const node = `${name}0000000-0000-4000-8000-000000000000`;
  return {
    node,
    name,
    address: `${name}:1`,
    brick: 0,
    host: name,
    port: 1,
    path: '/b',
    voter: `v-${name}`,
    role,
  };
}

function list(...servers: Server[]): Members {
  return { epoch: 5, nextBrick: 9, servers, retired: [] };
}

describe('membership rules', () => {
  it('a majority is more than half, and what it survives', () => {
    assert.deepEqual([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
    assert.deepEqual([0, 1, 2, 3, 4, 5].map(survives), [0, 0, 0, 1, 1, 2]);
  });

  it('changes one server at a time, with a number that is never used again', () => {
    const { brick: _brick, role: _role, ...newcomer } = server('d');
    const grown = withLearner(list(server('a')), newcomer);
    assert.deepEqual([grown.epoch, grown.nextBrick, grown.servers.at(-1)?.brick], [6, 10, 9]);
    assert.equal(grown.servers.at(-1)?.role, 'learner');
    const promoted = withPromoted(grown, newcomer.node);
    assert.equal(promoted.servers.at(-1)?.role, 'voter');
    const shrunk = withoutServer(promoted, server('d'));
    assert.deepEqual(shrunk.retired, [{ node: newcomer.node, name: 'd', address: 'd:1' }]);
    assert.equal(shrunk.nextBrick, 10);
  });

  it('finds a server by name, id, or the start of one; never guesses', () => {
    const members = list(server('a'), { ...server('b'), name: 'a' }, server('c'));
    assert.equal(resolveServer(members, 'c').name, 'c');
    assert.equal(resolveServer(members, server('b').node).node, server('b').node);
    assert.equal(resolveServer(members, 'b0000000').node, server('b').node);
    assert.throws(() => resolveServer(members, 'a'), /means 2 servers/);
    assert.throws(() => resolveServer(members, 'z'), /no server/);
    const after = withoutServer(members, server('c'));
    assert.throws(() => resolveServer(after, 'c'), /retired before/);
  });

  const [a, b, c] = [server('a'), server('b'), server('c')];
  const live = (...up: Server[]) => new Set(up.map(({ node }) => node));
  for (const { what, members, target, up, code } of [
    { what: 'one of three, all up', members: [a, b, c], target: c, up: [a, b, c], code: undefined },
    { what: 'the dead one of three', members: [a, b, c], target: c, up: [a, b], code: undefined },
    {
      what: 'a live one of three, another dead',
      members: [a, b, c],
      target: a,
      up: [a, b],
      code: 'HFS-3007',
    },
    { what: 'one of two', members: [a, b], target: a, up: [a, b], code: undefined },
    {
      what: 'a live one of two, the other dead',
      members: [a, b],
      target: a,
      up: [a],
      code: 'HFS-3007',
    },
    { what: 'the last', members: [a], target: a, up: [a], code: 'HFS-3006' },
    {
      what: 'a learner, whoever is up',
      members: [a, server('l', 'learner')],
      target: server('l', 'learner'),
      up: [],
      code: undefined,
    },
  ] as const)
    it(`retire ${what}: ${code ?? 'fine'}`, () => {
      const act = () => checkRetire(list(...members), target, live(...up));
      if (code) assert.throws(act, (error) => error instanceof ConfigError && error.code === code);
      else act();
    });
});
