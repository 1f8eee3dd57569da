import assert from 'node:assert/strict';
import { NO_MEMBERS } from '../../../src/config/members.js';
import { BrickChange } from '../../../src/daemon/brick-change.js';
import type { Log } from '../../../src/daemon/log.js';
import { type BrickState, type NodeState, newNodeState } from '../../../src/daemon/node-state.js';
import { StateFile } from '../../../src/daemon/state.js';
import type { Disk } from '../../../src/platform/disk.js';
import { instantly, seeded } from '../../contract/platforms.js';
import { SimDisk } from '../../sim/disk.js';

const NODE = '11111111-1111-4111-8111-111111111111';
const CLUSTER = '22222222-2222-4222-8222-222222222222';
const VOTER = '33333333-3333-4333-8333-333333333333';
const PATH = '/data/brick';

const BRICK: BrickState = { path: PATH, port: 49152, voter: VOTER, number: 1, isFounded: true };
const NEW: NodeState = newNodeState(NODE);
const SERVER = { ...NEW, cluster: CLUSTER, secret: 's', members: NO_MEMBERS, brick: BRICK };

const errors: string[] = [];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message) => void errors.push(message),
};

async function changeOn(disk: Disk): Promise<{ change: BrickChange; state: StateFile<NodeState> }> {
  const state = await StateFile.open<NodeState>(disk, '/state.json', NEW);
  return { change: new BrickChange({ disk, clock: instantly(), log, state }), state };
}

/** How a node comes to the state before the change. */
async function asServer(disk: Disk): Promise<void> {
  const { change } = await changeOn(disk);
  await change.make(PATH, CLUSTER);
  await change.take(SERVER);
}

interface Transition {
  readonly prepare: (disk: Disk) => Promise<void>;
  readonly run: (disk: Disk) => Promise<void>;
  /** Which of these states may be there afterwards. */
  readonly before: (state: NodeState) => boolean;
  readonly after: (state: NodeState) => boolean;
}

const isNew = ({ cluster, brick, isRetired }: NodeState): boolean =>
  cluster === null && brick === null && !isRetired;
const isServer = ({ cluster, brick }: NodeState): boolean => cluster === CLUSTER && brick !== null;

const TRANSITIONS: Readonly<Record<string, Transition>> = {
  'a node becomes a server': {
    prepare: async () => undefined,
    run: asServer,
    before: isNew,
    after: isServer,
  },
  'a server steps down': {
    prepare: asServer,
    run: async (disk) => void (await (await changeOn(disk)).change.retire()),
    before: isServer,
    after: ({ brick, isRetired }) => brick === null && isRetired,
  },
  'a node that could not become a server is what it was': {
    prepare: asServer,
    run: async (disk) => (await changeOn(disk)).change.undo(NEW),
    before: isServer,
    after: isNew,
  },
};

/** Ends the process at the disk's call number `at`; with `isPowerCut` what is not on the platter goes, too. */
function dying(
  disk: SimDisk,
  at: number,
  isPowerCut: boolean,
): { disk: Disk; calls: () => number } {
  let calls = 0;
  const proxy = new Proxy(disk, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        if (++calls === at && isPowerCut) target.crash();
        if (calls >= at) throw new Error('killed');
        return member.apply(target, args);
      };
    },
  });
  return { disk: proxy, calls: () => calls };
}

function names(disk: Disk, directory: string): readonly string[] {
  try {
    return disk
      .readdir(directory)
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/** What must hold whenever a node starts: its state names a whole brick, or none; and nothing is lost. */
function check(disk: Disk, state: NodeState, transition: Transition, hadBrick: boolean): void {
  assert.ok(transition.before(state) || transition.after(state), JSON.stringify(state));
  assert.deepEqual(state.asides, []);
  assert.deepEqual(errors, []);
  const there = names(disk, PATH).filter((name) => name === 'journal' || name === 'values');
  assert.deepEqual(there, state.brick ? ['journal', 'values'] : []);
  const kept = names(disk, '/data').filter((name) => name.startsWith('brick.'));
  if (hadBrick && !state.brick) assert.equal(kept.length, 1, 'it is kept aside');
}

/** Answers false where the transition was over before call `at`. */
async function dieAt(
  transition: Transition,
  seed: number,
  at: number,
  isPowerCut: boolean,
): Promise<boolean> {
  const disk = new SimDisk({ clock: instantly(), random: seeded(seed) });
  disk.mkdir('/data', 0o755);
  await disk.fsyncdir('/');
  await transition.prepare(disk);
  const hadBrick = names(disk, PATH).length > 0;
  const dead = dying(disk, at, isPowerCut);
  try {
    await transition.run(dead.disk);
  } catch {
    // It was killed; what is left is looked at below.
  }
  if (isPowerCut && dead.calls() < at) disk.crash();
  errors.length = 0;
  const { change, state } = await changeOn(disk);
  await change.finish();
  check(disk, state.data, transition, hadBrick);
  if (dead.calls() < at) assert.ok(transition.after(state.data), 'it is done');
  await servesAgain(disk, state.data);
  return dead.calls() >= at;
}

/** Whatever was left: a node without a brick can have one at the same place. */
async function servesAgain(disk: Disk, { brick }: NodeState): Promise<void> {
  if (brick !== null) return;
  await asServer(disk);
  assert.deepEqual(names(disk, PATH), ['journal', 'values']);
}

describe('a brick and the state of its node, killed at every step', () => {
  for (const [name, transition] of Object.entries(TRANSITIONS))
    for (const isPowerCut of [false, true])
      it(`${name}${isPowerCut ? ', in a power cut' : ''}`, async () => {
        for (let seed = 1; seed <= (isPowerCut ? 3 : 1); seed++)
          for (let at = 1; await dieAt(transition, seed, at, isPowerCut); at++);
      });

  it('a brick that is there already is nobody’s to move', async () => {
    const disk = new SimDisk({ clock: instantly(), random: seeded(1) });
    for (const path of ['/data', PATH, `${PATH}/values`]) disk.mkdir(path, 0o755);
    const { change, state } = await changeOn(disk);
    await assert.rejects(change.make(PATH, CLUSTER), { code: 'HFS-5004' });
    assert.deepEqual(state.data.asides, []);
    await change.finish();
    assert.deepEqual(names(disk, PATH), ['values']);
  });
});
