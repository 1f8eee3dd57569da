import assert from 'node:assert/strict';
import type { Server } from '../../../src/config/members.js';
import { PeerError, type Peers } from '../../../src/config/peers.js';
import { type Check, type Finding, ok, runChecks } from '../../../src/daemon/doctor/check.js';
import {
  type Examined,
  type Examiner,
  examine,
  examined,
} from '../../../src/daemon/doctor/examination.js';
import { machineChecks } from '../../../src/daemon/doctor/machine-checks.js';
import { memberChecks } from '../../../src/daemon/doctor/member-checks.js';
import { spaceChecks } from '../../../src/daemon/doctor/space-checks.js';
import type { Disk } from '../../../src/platform/disk.js';
import { type Network, NetworkError } from '../../../src/platform/network.js';
import { nodeClock } from '../../../src/platform/node/clock.js';
import type { Clock } from '../../../src/platform/platform.js';
import { VERSION } from '../../../src/version.js';

const BIRCH: Server = {
  ...{ node: 'id-of-birch', name: 'birch', address: '10.0.0.2:24006', brick: 1 },
  ...{ host: '10.0.0.2', port: 49152, path: '/brick', voter: 'v', role: 'voter' },
};
const WELL: Examined = {
  ...{ server: BIRCH, http: '', brick: '', aheadMs: 3 },
  answer: { version: VERSION, receivedMs: 0, answeredMs: 0, back: { http: '', brick: '' } },
};

async function judged(name: string, ...all: readonly Examined[]): Promise<Finding> {
  const check = memberChecks(async () => all, true).find((each) => each.name === name);
  assert.ok(check);
  return check.examine();
}

describe('doctor', () => {
  const ROWS: readonly (readonly [string, Partial<Examined>, string, RegExp])[] = [
    ['members', {}, 'OK', /^birch answer/],
    ['members', { answer: null, http: 'refused' }, 'FAIL', /^birch does not answer: refused/],
    ['members', { answer: null }, 'WARN', /^birch answers and refuses/],
    [
      'ports from here',
      { brick: 'ETIMEDOUT' },
      'FAIL',
      /^birch cannot be reached: brick ETIMEDOUT/,
    ],
    [
      'ports to here',
      { answer: { ...answer(), back: { http: 'EHOSTUNREACH', brick: '' } } },
      'FAIL',
      /^birch cannot reach this node: EHOSTUNREACH/,
    ],
    [
      'ports to here',
      { answer: { ...answer(), back: null } },
      'WARN',
      /not have this node on its list/,
    ],
    ['ports to here', { answer: null }, 'SKIP', /cannot be asked/],
    ['clocks', { aheadMs: 86_400_000 }, 'WARN', /^the clock of birch is 86400 s ahead/],
    ['clocks', { aheadMs: -1500 }, 'WARN', /1\.5 s behind/],
    ['clocks', { aheadMs: 999 }, 'OK', /within 999 ms/],
    ['releases', { answer: { ...answer(), version: '9.9.9' } }, 'WARN', /^birch runs 9\.9\.9/],
  ];
  for (const [name, change, verdict, words] of ROWS)
    it(`${name}: ${verdict} where ${JSON.stringify(change)}`, async () => {
      const finding = await judged(name, { ...WELL, ...change });
      assert.equal(finding.verdict, verdict);
      assert.match(finding.found, words);
      assert.equal(finding.next !== '', verdict === 'WARN' || verdict === 'FAIL');
    });

  it('says the worst of several members, and skips where there is none', async () => {
    const cedar = { ...WELL, server: { ...BIRCH, name: 'cedar' }, aheadMs: 5000 };
    const finding = await judged('clocks', WELL, cedar);
    assert.deepEqual(
      [finding.verdict, finding.found],
      ['WARN', 'the clock of cedar is 5.0 s ahead'],
    );
    assert.equal((await judged('clocks')).verdict, 'SKIP');
  });

  it('does not ask for ways back to a node that does not serve', async () => {
    const away = { ...WELL, answer: { ...answer(), back: null } };
    const checks = memberChecks(async () => [away], false);
    const way = checks.find(({ name }) => name === 'ports to here');
    assert.equal((await way?.examine())?.verdict, 'SKIP');
  });

  it('takes half of the round trip off a clock', async () => {
    let wallMs = 1000;
    const clock: Clock = { ...nodeClock, wallMs: () => wallMs };
    const call = async (): Promise<Buffer> => {
      wallMs += 40;
      const theirs: Clock = { ...nodeClock, wallMs: () => wallMs + 7000 };
      const reply = await examined(closed, theirs, [], Buffer.from('\0\0\0\x02{}', 'latin1'));
      wallMs += 60;
      return reply;
    };
    const found = await examine({ clock, network: closed, peers: peers(call), self: 'me' }, BIRCH);
    assert.equal(found.aheadMs, 6990, '7 s ahead, 10 ms of which the way there and back hides');
    assert.match(found.brick, /ECONNREFUSED 10\.0\.0\.2:49152/);
  });

  it('tells silence from refusal', async () => {
    const from = (kind: 'refused' | 'unreachable'): Examiner => {
      const call = async () => {
        throw new PeerError(BIRCH.address, kind, 'why');
      };
      return { clock: nodeClock, network: closed, peers: peers(call), self: 'me' };
    };
    assert.equal((await examine(from('refused'), BIRCH)).http, '');
    assert.match((await examine(from('unreachable'), BIRCH)).http, /why/);
  });

  it('never waits for a check that hangs, and takes an error for a FAIL', async () => {
    const checks: readonly Check[] = [
      { name: 'hangs', examine: () => new Promise<Finding>(() => undefined) },
      {
        name: 'throws',
        examine: () => {
          throw new Error('broken');
        },
      },
      { name: 'works', examine: () => ok('fine') },
    ];
    const results = await runChecks(nodeClock, checks, 30);
    assert.deepEqual(
      results.map(({ name, verdict }) => [name, verdict]),
      [
        ['hangs', 'FAIL'],
        ['throws', 'FAIL'],
        ['works', 'OK'],
      ],
    );
  });

  const SPACE: readonly (readonly [number, number, string])[] = [
    [10, 50, 'OK'],
    [9, 50, 'WARN'],
    [50, 9, 'WARN'],
    [2, 50, 'WARN'],
    [1, 50, 'FAIL'],
    [9, 0, 'FAIL'],
  ];
  for (const [bavail, ffree, verdict] of SPACE)
    it(`space: ${verdict} with ${bavail} % of it and ${ffree} % of the inodes free`, async () => {
      const statfs = () => ({ bsize: 4096, blocks: 100, bavail, files: 100, ffree });
      const [check] = spaceChecks({ statfs } as unknown as Disk, ['/x']);
      assert.equal((await check?.examine())?.verdict, verdict);
    });

  it('judges the process: release of node, koffi, limit of open files', async () => {
    const facts = { nodeVersion: '20.9.0', hasSystemCalls: false, openFiles: 1024, uid: 0 };
    const verdicts = await Promise.all(machineChecks(facts).map((check) => check.examine()));
    assert.deepEqual(
      verdicts.map(({ verdict }) => verdict),
      ['FAIL', 'WARN', 'WARN'],
    );
    const well = { nodeVersion: '22.0.0', hasSystemCalls: true, openFiles: 65_536, uid: 0 };
    for (const check of machineChecks(well)) assert.equal((await check.examine()).verdict, 'OK');
  });
});

function answer(): NonNullable<Examined['answer']> {
  assert.ok(WELL.answer);
  return WELL.answer;
}

function peers(call: () => Promise<Buffer>): Peers {
  return { call, status: () => Promise.reject(new PeerError('', 'unknown', 'not asked')) };
}

/** Where nobody listens. */
const closed: Network = {
  connect: async (to) => {
    throw new NetworkError('ECONNREFUSED', to);
  },
  listen: async (at) => {
    throw new NetworkError('EACCES', at);
  },
};
