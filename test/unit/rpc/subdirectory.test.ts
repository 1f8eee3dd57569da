import assert from 'node:assert/strict';
import { FopError } from '../../../src/fop/error.js';
import type { Request } from '../../../src/fop/fops.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import { type Iatt, NO_IATT } from '../../../src/fop/iatt.js';
import type { Notice } from '../../../src/fop/translator.js';
import type { Upcall } from '../../../src/fop/upcall.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ROOT_IATT, ScriptedBrick } from './brick.js';
import { clientOf, noticeOf, type OptionTexts, platformOf, serverOf } from './pair.js';

const SUBDIR = '11111111-2222-3333-4444-555555555555';
const FILE = '99999999-2222-3333-4444-555555555555';
const DIRECTORY: Iatt = { ...ROOT_IATT, gfid: SUBDIR };

/** A brick with a directory `a`, in it a directory `b`, and a file `f`. */
function brickWithDirectory(): ScriptedBrick {
  const brick = new ScriptedBrick();
  brick.handlers = {
    async lookup({ pargfid, bname, gfid }: Request<'lookup'>) {
      const found = { postparent: NO_IATT, xdata: null };
      if (bname === '') return { ...found, stat: gfid === SUBDIR ? DIRECTORY : ROOT_IATT };
      if (bname === 'a' && pargfid === ROOT_GFID) return { ...found, stat: DIRECTORY };
      if (bname === 'f') return { ...found, stat: { ...NO_IATT, gfid: FILE, mode: 0o100644 } };
      throw new FopError('ENOENT', 'brick');
    },
  };
  return brick;
}

describe('a directory as the root of a client', () => {
  const platform = platformOf(memoryNetwork());

  async function connected(subdir: string, server: OptionTexts = {}, brick = brickWithDirectory()) {
    const border = await serverOf([brick], platform, server);
    const client = clientOf(border.endpoint?.port, platform, { 'subdir-mount': subdir });
    const ends = ['child-up', 'child-down', 'auth-failed'] as const;
    const first = Promise.race(ends.map((event) => noticeOf(client, event)));
    await client.start();
    const notice = await first;
    const stop = async (): Promise<void> => {
      await client.stop();
      await border.stop();
    };
    return { client, brick, stop, notice };
  }

  /** `child-up`, or why not. */
  async function outcome(subdir: string, server: OptionTexts = {}): Promise<string> {
    const { notice, stop } = await connected(subdir, server);
    await stop();
    return 'why' in notice ? notice.why : notice.event;
  }

  it('must be there, be a directory, and lie below', async () => {
    assert.equal(await outcome('/a'), 'child-up');
    assert.equal(await outcome('/'), 'child-up');
    assert.match(await outcome('/none'), /^ENOENT/);
    assert.match(await outcome('/f'), /^ENOTDIR/);
    assert.match(await outcome('/a/..'), /^EINVAL/);
    assert.match(await outcome(`/${'n'.repeat(300)}`), /^EINVAL/);
  });

  // As a stock brick answers them.
  const ROWS: readonly (readonly [string, string, boolean])[] = [
    ['127.0.0.1', '/a', true],
    ['/a(127.0.0.1)', '/a', true],
    ['/a(10.*|127.*)', '/a', true],
    ['/a(10.*),/a(127.*)', '/a', true],
    ['/a(127.0.0.1)', '/', false],
    ['/a(127.0.0.1)', '/a/', false],
    ['/(127.0.0.1)', '/', true],
    ['/(127.0.0.1)', '/a', false],
    ['/b(127.0.0.1)', '/a', false],
    ['/a(10.*)', '/a', false],
  ];
  for (const [allow, subdir, isLetIn] of ROWS)
    it(`is ${isLetIn ? '' : 'not '}for a client that asks for ${subdir} where ${allow} may`, async () => {
      const said = await outcome(subdir, { 'auth.addr.brick.allow': allow });
      assert.equal(said === 'child-up', isLetIn, said);
    });

  it('is not for one whose address is rejected for it', async () => {
    const reject = { 'auth.addr.brick.reject': '/a(127.0.0.1)' };
    assert.match(await outcome('/a', reject), /Authentication/);
    assert.equal(await outcome('/', reject), 'child-up');
  });

  it('goes by the name of the root, both ways', async () => {
    const { client, brick, stop } = await connected('/a');
    brick.wound.length = 0;
    const byGfid = { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata: null };
    const { stat } = await client.wind('lookup', byGfid, ROOT_FRAME);
    assert.equal(stat.gfid, ROOT_GFID);
    const byName = { gfid: NULL_GFID, pargfid: ROOT_GFID, bname: 'x', xdata: null };
    await assert.rejects(client.wind('lookup', byName, ROOT_FRAME), { errno: 'ENOENT' });
    const asked = brick.wound.map(({ request }) => request as Request<'lookup'>);
    assert.deepEqual(
      asked.map(({ gfid, pargfid }) => [gfid, pargfid]),
      [
        [SUBDIR, NULL_GFID],
        [NULL_GFID, SUBDIR],
      ],
    );
    await stop();
  });

  it('does so in what the client is told unasked', async () => {
    const { client, brick, stop } = await connected('/a');
    const heard = noticeOf(client, 'upcall');
    const to = brick.wound.at(-1)?.frame.client?.id ?? '';
    const upcall: Upcall = {
      ...{ kind: 'invalidate', gfid: SUBDIR, flags: 1, expireSeconds: 60 },
      ...{ stat: DIRECTORY, parent: NO_IATT, oldParent: NO_IATT },
    };
    brick.say({ event: 'upcall', from: brick, client: to, upcall });
    const notice = (await heard) as Extract<Notice, { event: 'upcall' }>;
    assert.equal(notice.upcall.gfid, ROOT_GFID);
    await stop();
  });
});
