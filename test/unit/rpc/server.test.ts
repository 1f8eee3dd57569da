import assert from 'node:assert/strict';
import { FopError, isErrno } from '../../../src/fop/error.js';
import { Fd } from '../../../src/fop/fd.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import { ServedFds } from '../../../src/xlators/protocol/server/fd-table.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { gate, ROOT_IATT, ScriptedBrick } from './brick.js';
import { ManualClock, settle } from './manual-clock.js';
import { clientOf, type OptionTexts, platformOf, serverOf } from './pair.js';

const ROOT = { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata: null };
const UP = { stat: ROOT_IATT, postparent: ROOT_IATT, xdata: null };

describe('protocol/server', () => {
  const clock = new ManualClock();
  let platform: ReturnType<typeof platformOf>;
  beforeEach(() => {
    platform = platformOf(memoryNetwork(), clock);
  });

  /** Whether a client that asks for the subvolume is let in. */
  async function letsIn(
    bricks: readonly ScriptedBrick[],
    server: OptionTexts,
    client: OptionTexts,
  ): Promise<boolean> {
    const served = await serverOf(bricks, platform, server);
    const asking = clientOf(served.endpoint?.port, platform, client);
    await asking.start();
    await settle();
    const { isUp } = asking;
    await asking.stop();
    await served.stop();
    return isUp;
  }

  it('serves each subvolume under its name', async () => {
    const bricks = [new ScriptedBrick('brick'), new ScriptedBrick('other')];
    const rules = { 'auth.addr.other.allow': '*' };
    assert.equal(await letsIn(bricks, rules, { 'remote-subvolume': 'other' }), true);
    assert.deepEqual([bricks[0]?.fops(), bricks[1]?.fops()], [[], ['lookup']]);
    assert.equal(await letsIn(bricks, rules, { 'remote-subvolume': 'third' }), false);
  });

  it('serves a single one under auth-path too', async () => {
    const rules = { 'auth-path': '/bricks/one', 'auth.addr./bricks/one.allow': '*' };
    const asked = { 'remote-subvolume': '/bricks/one' };
    const only = { ...rules, 'auth.addr.brick.allow': '192.0.2.1' };
    assert.equal(await letsIn([new ScriptedBrick('top')], only, asked), true);
  });

  it('lets the rules of auth-path open none of several', async () => {
    const bricks = [new ScriptedBrick('brick'), new ScriptedBrick('other')];
    const rules = { 'auth-path': 'brick', 'auth.addr.brick.allow': '*' };
    assert.equal(await letsIn(bricks, rules, { 'remote-subvolume': 'other' }), false);
  });

  it('starts only with a rule that could let somebody in', async () => {
    const rules = { 'auth.addr.brick.allow': '/dir' };
    await assert.rejects(
      serverOf([new ScriptedBrick()], platform, rules),
      /of the form \/directory\(/,
    );
  });

  it('believes only reserved ports where it is told to', async () => {
    const rules = { 'rpc-auth-allow-insecure': 'off' };
    assert.equal(await letsIn([new ScriptedBrick()], rules, {}), false);
  });

  it('closes connections beyond its limit', async () => {
    const served = await serverOf([new ScriptedBrick()], platform, { 'connection-limit': '1' });
    const clients = [1, 2].map(() => clientOf(served.endpoint?.port, platform));
    for (const client of clients) {
      await client.start();
      await settle();
    }
    assert.deepEqual(
      clients.map(({ isUp }) => isUp),
      [true, false],
    );
    await clients[0]?.stop();
    await clock.advance(3000);
    assert.equal(clients[1]?.isUp, true);
    await clients[1]?.stop();
    await served.stop();
  });

  it('lets nobody in whom the subvolume went down for while it was asked', async () => {
    const brick = new ScriptedBrick();
    const asked = gate();
    let answers = 0;
    brick.handlers = {
      async lookup() {
        await asked.passed;
        answers += 1;
        if (answers > 1) throw new FopError('ENOTCONN', 'brick');
        return UP;
      },
    };
    const served = await serverOf([brick], platform);
    const client = clientOf(served.endpoint?.port, platform);
    await client.start();
    await settle();
    brick.goDown();
    asked.open();
    await settle();
    assert.equal(client.isUp, false);
    assert.equal(answers, 2);
    await client.stop();
    await served.stop();
  });

  it('drops a lock that was granted while its client went', async () => {
    const brick = new ScriptedBrick();
    const granted = gate();
    brick.handlers = {
      async inodelk() {
        await granted.passed;
        return { xdata: null };
      },
    };
    const served = await serverOf([brick], platform);
    const client = clientOf(served.endpoint?.port, platform);
    await client.start();
    await settle();
    const flock = { type: 1, whence: 0, start: 0n, len: 0n, pid: 0, lkOwner: '' };
    const lock = { gfid: ROOT_GFID, cmd: 1, type: 1, flock, volume: 'test', xdata: null };
    const failed = assert.rejects(client.wind('inodelk', lock, ROOT_FRAME), FopError);
    await settle();
    await client.stop();
    await failed;
    await settle();
    assert.equal(brick.gone.length, 1);
    granted.open();
    await settle();
    assert.equal(brick.gone.length, 2);
    await served.stop();
  });

  it('releases what was opened for a client that is gone', async () => {
    const brick = new ScriptedBrick();
    const slow = gate();
    brick.handlers = {
      async open() {
        await slow.passed;
        return { xdata: null };
      },
    };
    const served = await serverOf([brick], platform);
    const client = clientOf(served.endpoint?.port, platform);
    await client.start();
    await settle();
    const fd = new Fd(ROOT_GFID, 0);
    const open = { gfid: ROOT_GFID, flags: 0, fd, xdata: null };
    const failed = assert.rejects(client.wind('open', open, ROOT_FRAME), FopError);
    await settle();
    await client.stop();
    await failed;
    await settle();
    slow.open();
    await settle();
    assert.deepEqual(brick.fops().slice(1), ['open', 'release']);
    await served.stop();
  });

  it('waits for its clients to be gone when it stops, and then is', async () => {
    const brick = new ScriptedBrick();
    const served = await serverOf([brick], platform);
    const client = clientOf(served.endpoint?.port, platform);
    await client.start();
    await settle();
    await served.stop();
    assert.equal(brick.gone.length, 1);
    assert.equal(served.endpoint, undefined);
    await settle();
    await assert.rejects(client.wind('lookup', ROOT, ROOT_FRAME), (error) =>
      isErrno(error, 'ENOTCONN'),
    );
    await client.stop();
  });
});

describe('the fds of a connection', () => {
  it('take the lowest number that is free', () => {
    const fds = new ServedFds('test');
    const [one, two, three] = [1, 2, 3].map(() => fds.create(ROOT_GFID, 0));
    assert.ok(one && two && three);
    assert.deepEqual(
      [one, two, three].map((fd) => fds.add(fd)),
      [0, 1, 2],
    );
    fds.remove(two);
    fds.remove(one);
    const again = [1, 2, 3].map(() => fds.add(fds.create(ROOT_GFID, 0)));
    assert.deepEqual(again, [0, 1, 3]);
  });

  it('are EBADF where they are not open', () => {
    const fds = new ServedFds('test');
    const fd = fds.create(ROOT_GFID, 0);
    fds.add(fd);
    for (const number of [1, -1, 1.5, Number.MAX_SAFE_INTEGER])
      assert.throws(
        () => fds.find(number, ROOT_GFID),
        (error) => isErrno(error, 'EBADF'),
      );
    fds.remove(fd);
    assert.throws(() => fds.find(0, ROOT_GFID), FopError);
    assert.throws(() => fds.remove(fd), FopError);
  });
});
