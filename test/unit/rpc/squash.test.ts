import assert from 'node:assert/strict';
import type { Frame } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import type { OptionTexts } from './pair.js';
import { pairOf, platformOf } from './pair.js';

const HEALER = -6;
const BITD = -8;
const ANON = { anonuid: '1001', anongid: '2000' };
const LOGIN = {
  'auth.login.brick.allow': 'joe',
  'auth.login.joe.password': 'pw',
};

/** As `pid uid:gid groups`, on the wire and then below the server. */
function shown({ pid, uid, gid, groups }: Frame): string {
  return `${pid} ${uid}:${gid} ${groups.join(',')}`;
}

function frame(pid: number, uid: number, groups: readonly number[]): Frame {
  return { pid, uid, gid: groups[0] ?? 0, groups, lkOwner: 'o' };
}

const ROOT = frame(7, 0, [0, 5]);
const ALICE = frame(7, 1005, [1005, 0, 9]);

type Row = readonly [sent: Frame, arrives: string];

const ROWS: readonly (readonly [title: string, server: OptionTexts, rows: readonly Row[]])[] = [
  [
    'nobody is squashed',
    {},
    [
      [ROOT, '7 0:0 0,5'],
      [frame(HEALER, 0, [0]), '-6 0:0 0'],
    ],
  ],
  [
    'root-squash: root and its group are nobody',
    { 'root-squash': 'on' },
    [
      [ROOT, '7 65534:65534 65534,5'],
      [ALICE, '7 1005:1005 1005,65534,9'],
    ],
  ],
  [
    'root-squash: nor does a stranger pass for the healer',
    { 'root-squash': 'on' },
    [
      [frame(HEALER, 0, [0]), '0 65534:65534 65534'],
      [frame(HEALER, 1005, [5]), '0 1005:5 5'],
    ],
  ],
  [
    'all-squash: everybody is the one who is named',
    { 'all-squash': 'on', ...ANON },
    [
      [ROOT, '7 1001:2000 2000,2000'],
      [ALICE, '7 1001:2000 2000,2000,2000'],
    ],
  ],
  [
    'who has logged in heals as root, and is squashed otherwise',
    { 'root-squash': 'on', ...LOGIN },
    [
      [frame(HEALER, 0, [0]), '-6 0:0 0'],
      [frame(BITD, 0, [0]), '-8 65534:65534 65534'],
      [ROOT, '7 65534:65534 65534,5'],
    ],
  ],
];

describe('squash', () => {
  for (const [title, server, rows] of ROWS)
    it(title, async () => {
      const user = { username: 'joe', password: 'pw' };
      const client = 'auth.login.brick.allow' in server ? user : {};
      const pair = await pairOf(platformOf(memoryNetwork()), { server, client });
      for (const [sent, arrives] of rows) {
        const root = { gfid: ROOT_GFID, pargfid: ROOT_GFID, bname: '', xdata: null };
        await pair.client.wind('lookup', root, sent);
        const last = pair.brick.wound.at(-1);
        assert.ok(last);
        assert.equal(shown(last.frame), arrives);
      }
      await pair.stop();
    });
});
