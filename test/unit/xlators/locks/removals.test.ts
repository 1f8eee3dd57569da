import assert from 'node:assert/strict';
import { type Gfid, ROOT_GFID } from '../../../../src/fop/gfid.js';
import { posixStack } from '../../../contract/stacks.js';
import { refuses, type Stack, TestVolume } from '../../../contract/volume.js';

const WRITE = 1;
const UNLOCK = 2;
const TRY = 1;
const WAIT = 2;

describe('features/locks: removals wait for inodelks of others', () => {
  let stack: Stack;
  let [a, b, c]: TestVolume[] = [];
  let gfid: Gfid;
  /** What came to an end, in its order. */
  let done: string[];
  beforeEach(async () => {
    stack = await posixStack({ on: 'sim', above: ['features/locks'] });
    [a, b, c] = ['a', 'b', 'c'].map((id) =>
      new TestVolume(stack.top).as({ client: { id, address: '192.0.2.1:1' }, lkOwner: 'o' }),
    );
    gfid = await volume(a).file('f', 'text');
    done = [];
  });
  afterEach(() => stack.close());

  function volume(one: TestVolume | undefined): TestVolume {
    assert.ok(one);
    return one;
  }

  const lock = (who: TestVolume | undefined, type = WRITE, cmd = TRY, domain = 'd', on = gfid) =>
    volume(who).wind('inodelk', {
      gfid: on,
      cmd,
      type,
      flock: { type, whence: 0, start: 0n, len: 0n, pid: 1, lkOwner: '' },
      volume: domain,
    });

  /** Notes when a fop has ended, and how. */
  async function ends(name: string, fop: Promise<unknown>): Promise<void> {
    try {
      await fop;
      done.push(name);
    } catch (error) {
      done.push(`${name} ${(error as { errno?: string }).errno}`);
    }
  }

  async function settled(): Promise<string[]> {
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    return done.splice(0);
  }

  const REMOVALS: readonly (readonly [string, (who: TestVolume) => Promise<unknown>])[] = [
    ['unlink', (who) => who.unlink(ROOT_GFID, 'f')],
    [
      'rename',
      async (who) => {
        await who.file('other', 'new');
        return who.rename(ROOT_GFID, 'other', ROOT_GFID, 'f');
      },
    ],
  ];
  for (const [name, remove] of REMOVALS)
    it(`${name} waits until the lock of another client is given back`, async () => {
      await lock(b);
      const removal = ends(name, remove(volume(a)));
      assert.deepEqual(await settled(), []);
      assert.equal(await volume(a).content(gfid), 'text');
      await lock(b, UNLOCK);
      await removal;
      assert.deepEqual(await settled(), [name]);
    });

  it('rmdir too', async () => {
    const directory = await volume(a).directory('d');
    await lock(b, WRITE, TRY, 'd', directory);
    const removal = ends(
      'rmdir',
      volume(a).wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 0 }),
    );
    assert.deepEqual(await settled(), []);
    stack.top.clientGone({ id: 'b', address: '192.0.2.1:1' });
    await removal;
    assert.deepEqual(await settled(), ['rmdir']);
  });

  it('not for the locks of its own client', async () => {
    await lock(a);
    await volume(a).unlink(ROOT_GFID, 'f');
    await lock(a, UNLOCK);
  });

  it('not for locks on other files, nor for a name that is not there', async () => {
    await lock(b, WRITE, TRY, 'd', await volume(a).file('g'));
    await volume(a).unlink(ROOT_GFID, 'f');
    await refuses('ENOENT', volume(a).unlink(ROOT_GFID, 'f'));
  });

  it('and locks that come later wait for the removal', async () => {
    await lock(b);
    void ends('unlink', volume(a).unlink(ROOT_GFID, 'f'));
    await settled();
    void ends('lock', lock(c, WRITE, WAIT));
    assert.deepEqual(await settled(), []);
    await lock(b, UNLOCK);
    assert.deepEqual(await settled(), ['unlink', 'lock']);
    await lock(c, UNLOCK);
  });

  it('but a client that holds one gets more: it would wait for itself', async () => {
    await lock(b);
    void ends('unlink', volume(a).unlink(ROOT_GFID, 'f'));
    await settled();
    await lock(b, WRITE, WAIT, 'other domain');
    await lock(b, UNLOCK, TRY, 'other domain');
    assert.deepEqual(await settled(), []);
    await lock(b, UNLOCK);
    assert.deepEqual(await settled(), ['unlink']);
  });

  it('a client that is gone removes nothing any more', async () => {
    await lock(b);
    void ends('unlink', volume(a).unlink(ROOT_GFID, 'f'));
    await settled();
    stack.top.clientGone({ id: 'a', address: '192.0.2.1:1' });
    assert.deepEqual(await settled(), ['unlink ENOTCONN']);
    await lock(b, UNLOCK);
    assert.equal((await volume(b).lookup(ROOT_GFID, 'f')).stat.gfid, gfid);
  });
});
