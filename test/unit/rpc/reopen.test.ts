import assert from 'node:assert/strict';
import { FopError } from '../../../src/fop/error.js';
import { Fd, O_CREAT, O_EXCL, O_RDWR, O_TRUNC } from '../../../src/fop/fd.js';
import type { Flock } from '../../../src/fop/fops.js';
import { type Frame, ROOT_FRAME } from '../../../src/fop/frame.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ROOT_IATT, type ScriptedBrick } from './brick.js';
import { ManualClock } from './manual-clock.js';
import { noticeOf, type OptionTexts, type Pair, pairOf, platformOf } from './pair.js';

const GFID = '11111111-2222-3333-4444-555555555555';
const OWNER: Frame = { ...ROOT_FRAME, lkOwner: 'owner' };
const WHOLE: Flock = { type: 1, whence: 0, start: 0n, len: 0n, pid: 1, lkOwner: 'owner' };

describe('what is open through protocol/client, after a reconnect', () => {
  let pair: Pair;
  let network: ReturnType<typeof memoryNetwork>;
  let end = async (): Promise<void> => undefined;
  afterEach(() => end());

  async function begin(client: OptionTexts = {}): Promise<ScriptedBrick> {
    network = memoryNetwork();
    pair = await pairOf(platformOf(network), { client });
    end = pair.stop;
    pair.brick.handlers = {
      lk: async ({ flock }) => ({ flock, xdata: null }),
      fstat: async () => ({ stat: ROOT_IATT, xdata: null }),
    };
    return pair.brick;
  }

  async function opened(flags = O_RDWR): Promise<Fd> {
    const fd = new Fd(GFID, flags);
    await pair.client.wind('open', { gfid: GFID, flags, fd, xdata: null }, ROOT_FRAME);
    return fd;
  }

  /** Cuts the connection, and waits until it is there again. */
  async function reconnected(): Promise<void> {
    const down = noticeOf(pair.client, 'child-down');
    const up = noticeOf(pair.client, 'child-up');
    for (const stream of network.streams()) stream.close();
    await down;
    await up;
  }

  /** What the brick was asked over the new connection; the old one's leavings come in between. */
  const asked = () =>
    pair.brick.wound.filter(({ frame }) => frame.client?.id.endsWith('RECON_NO:-1'));
  const fopsAsked = () => asked().map(({ fop }) => fop);

  const stat = (fd: Fd) => pair.client.wind('fstat', { fd, xdata: null }, ROOT_FRAME);
  const lock = (fd: Fd, type: number) =>
    pair.client.wind('lk', { fd, cmd: 1, type, flock: WHOLE, xdata: null }, OWNER);

  it('is open again before anybody hears of the connection, without what happens once', async () => {
    await begin();
    const file = await opened(O_RDWR | O_CREAT | O_EXCL | O_TRUNC);
    const directory = new Fd(GFID, 0);
    await pair.client.wind('opendir', { gfid: GFID, fd: directory, xdata: null }, ROOT_FRAME);
    await reconnected();
    assert.deepEqual(fopsAsked(), ['lookup', 'open', 'opendir']);
    const [, open] = asked();
    assert.equal((open?.request as { flags?: number } | undefined)?.flags, O_RDWR);
    await stat(file);
    await stat(directory);
  });

  it('has another number there, and is that file all the same', async () => {
    await begin();
    const [first, second] = [await opened(), await opened()];
    await pair.client.wind('release', { fd: first, xdata: null }, ROOT_FRAME);
    await reconnected();
    await stat(second);
    assert.equal(fopsAsked().filter((fop) => fop === 'open').length, 1);
    await pair.client.wind('release', { fd: second, xdata: null }, ROOT_FRAME);
    await assert.rejects(stat(second), { errno: 'EBADF' });
  });

  it('is EBADF where it cannot be opened any more', async () => {
    const brick = await begin();
    const fd = await opened();
    brick.handlers = { open: () => Promise.reject(new FopError('ESTALE', 'brick')) };
    await reconnected();
    await assert.rejects(stat(fd), { errno: 'EBADF' });
  });

  it('keeps nobody waiting for long where the server does not answer', async () => {
    const network = memoryNetwork();
    const clock = new ManualClock();
    pair = await pairOf(platformOf(network, clock));
    const fd = await opened();
    pair.brick.handlers = { open: () => new Promise(() => undefined) };
    const up = noticeOf(pair.client, 'child-up');
    for (const stream of network.streams()) stream.close();
    await clock.advance(60_000);
    await up;
    await assert.rejects(stat(fd), { errno: 'EBADF' });
    end = async () => {
      await pair.client.stop();
      const stopped = pair.server.stop();
      await clock.advance(6000);
      await stopped;
    };
  });

  it('is forgotten where it was released while nobody was there', async () => {
    await begin();
    const fd = await opened();
    const down = noticeOf(pair.client, 'child-down');
    const up = noticeOf(pair.client, 'child-up');
    for (const stream of network.streams()) stream.close();
    await down;
    await pair.client.wind('release', { fd, xdata: null }, ROOT_FRAME);
    await up;
    assert.deepEqual(fopsAsked(), ['lookup']);
  });

  it('is EBADF at once with reopen-fds off', async () => {
    await begin({ 'reopen-fds': 'off' });
    const fd = await opened();
    await reconnected();
    assert.deepEqual(fopsAsked(), ['lookup']);
    await assert.rejects(stat(fd), { errno: 'EBADF' });
  });

  it('is EBADFD with strict-locks where it had a lock, which nobody has kept', async () => {
    await begin({ 'strict-locks': 'on' });
    const [locked, unlocked, free] = [await opened(), await opened(), await opened()];
    await lock(locked, 1);
    await lock(unlocked, 1);
    await lock(unlocked, 2);
    await reconnected();
    assert.equal(fopsAsked().filter((fop) => fop === 'open').length, 2);
    await assert.rejects(stat(locked), { errno: 'EBADFD' });
    await stat(unlocked);
    await stat(free);
    await reconnected();
    await assert.rejects(stat(locked), { errno: 'EBADFD' }, 'for good');
    await pair.client.wind('release', { fd: locked, xdata: null }, ROOT_FRAME);
  });

  it('is open again without strict-locks, its lock gone', async () => {
    await begin();
    const fd = await opened();
    await lock(fd, 1);
    await reconnected();
    await stat(fd);
  });

  it('counts a lock as given back by a flush of its owner', async () => {
    await begin({ 'strict-locks': 'on' });
    const fd = await opened();
    await lock(fd, 1);
    await pair.client.wind('flush', { fd, xdata: null }, OWNER);
    await reconnected();
    await stat(fd);
  });
});
