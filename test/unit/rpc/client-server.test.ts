import assert from 'node:assert/strict';
import { FopError, isErrno } from '../../../src/fop/error.js';
import { Fd } from '../../../src/fop/fd.js';
import type { Frame } from '../../../src/fop/frame.js';
import { NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import { NO_IATT } from '../../../src/fop/iatt.js';
import { gate, ROOT_IATT } from './brick.js';
import { settle } from './manual-clock.js';
import { noticeOf, type Pair, pairOf, platformOf, TRANSPORTS } from './pair.js';

const CALLER: Frame = { pid: 42, uid: 1, gid: 2, groups: [2, 3], lkOwner: '\x00\xffowner' };
const GFID = '11111111-2222-3333-4444-555555555555';
const ROOT = { gfid: ROOT_GFID, pargfid: NULL_GFID, bname: '', xdata: null };

async function opened(pair: Pair): Promise<Fd> {
  const fd = new Fd(GFID, 0o2);
  await pair.client.wind('open', { gfid: GFID, flags: 0o2, fd, xdata: null }, CALLER);
  return fd;
}

for (const [transport, network] of TRANSPORTS)
  describe(`protocol/client and protocol/server over ${transport}`, () => {
    let pair: Pair;
    beforeEach(async () => {
      pair = await pairOf(platformOf(network()));
    });
    afterEach(() => pair.stop());

    it('carry a fop, on whose behalf it is, and its reply', async () => {
      const reply = await pair.client.wind('lookup', ROOT, CALLER);
      assert.deepEqual(reply, { stat: ROOT_IATT, postparent: NO_IATT, xdata: null });
      const [wound] = pair.brick.wound;
      assert.deepEqual({ ...wound?.request }, ROOT);
      const { client, ...frame } = wound?.frame ?? CALLER;
      assert.deepEqual(frame, CALLER);
      assert.match(client?.id ?? '', /^CTX_ID:.*-PC_NAME:client-RECON_NO:-0$/);
      assert.match(client?.address ?? '', /^127\.0\.0\.1:\d+$/);
      assert.equal(client?.login, undefined);
    });

    it('carry an error as the number it has, from where it was answered', async () => {
      pair.brick.handlers = { stat: () => Promise.reject(new FopError('ESTALE', 'brick')) };
      await assert.rejects(
        pair.client.wind('stat', { gfid: GFID, xdata: null }, CALLER),
        (error) => isErrno(error, 'ESTALE') && error.where === 'client',
      );
    });

    it('carry data both ways', async () => {
      const data = Buffer.alloc(transport.includes('byte') ? 3000 : 300_000, 'd');
      let written = Buffer.alloc(0);
      pair.brick.handlers = {
        async writev(request) {
          written = Buffer.from(request.data);
          return {
            written: written.length,
            prebuf: NO_IATT,
            postbuf: { ...ROOT_IATT, size: written.length },
            xdata: null,
          };
        },
        async readv() {
          return { stat: ROOT_IATT, data: written, isEof: true, xdata: null };
        },
      };
      const fd = await opened(pair);
      const write = { fd, offset: 5, flags: 0, data, xdata: null };
      const answer = await pair.client.wind('writev', write, CALLER);
      assert.equal(answer.written, data.length);
      assert.equal(answer.postbuf.size, data.length);
      const read = { fd, offset: 5, size: data.length, flags: 0, xdata: null };
      const found = await pair.client.wind('readv', read, CALLER);
      assert.ok(found.data.equals(data));
      assert.equal(found.isEof, true);
    });

    it('keep one Fd on both sides from open to release', async () => {
      pair.brick.handlers = { fstat: async () => ({ stat: ROOT_IATT, xdata: null }) };
      const [one, two] = [await opened(pair), await opened(pair)];
      for (const fd of [one, two, one])
        await pair.client.wind('fstat', { fd, xdata: null }, CALLER);
      await pair.client.wind('release', { fd: one, xdata: null }, CALLER);
      const fds = pair.brick.wound.map(({ request }) => ('fd' in request ? request.fd : undefined));
      assert.deepEqual(
        [2, 3, 4, 5].map((index) => fds.slice(0, 2).indexOf(fds[index])),
        [0, 1, 0, 0],
      );
      assert.ok(fds[0]?.gfid === GFID && fds[0].flags === 0o2);
    });

    it('know an fd that nobody opened', async () => {
      pair.brick.handlers = { fstat: async () => ({ stat: ROOT_IATT, xdata: null }) };
      await pair.client.wind('fstat', { fd: Fd.anonymous(GFID), xdata: null }, CALLER);
      const request = pair.brick.wound[0]?.request;
      const fd = request !== undefined && 'fd' in request ? request.fd : undefined;
      assert.ok(fd?.isAnonymous && fd.gfid === GFID);
    });

    it('answer each of many calls with its own reply, in whatever order', async () => {
      pair.brick.handlers = {
        async readlink({ size }) {
          await new Promise((resolve) => setTimeout(resolve, (size * 7) % 5));
          return { path: `link ${size}`, stat: ROOT_IATT, xdata: null };
        },
      };
      const sizes = Array.from({ length: 40 }, (_, index) => index + 1);
      const replies = sizes.map((size) =>
        pair.client.wind('readlink', { gfid: GFID, size, xdata: null }, CALLER),
      );
      for (const [index, reply] of replies.entries())
        assert.equal((await reply).path, `link ${index + 1}`);
    });

    it('release an fd after the last request that is at work on it', async () => {
      const slow = gate();
      pair.brick.handlers = {
        async fstat() {
          await slow.passed;
          return { stat: ROOT_IATT, xdata: null };
        },
      };
      const fd = await opened(pair);
      const stat = pair.client.wind('fstat', { fd, xdata: null }, CALLER);
      await pair.client.wind('release', { fd, xdata: null }, CALLER);
      assert.deepEqual(pair.brick.fops(), ['open', 'fstat']);
      slow.open();
      await stat;
      await settle();
      assert.deepEqual(pair.brick.fops(), ['open', 'fstat', 'release']);
    });

    it('leave nothing of a client that is gone', async () => {
      await opened(pair);
      const directory = new Fd(ROOT_GFID, 0);
      const open = { gfid: ROOT_GFID, fd: directory, xdata: null };
      await pair.client.wind('opendir', open, CALLER);
      await pair.client.stop();
      while (pair.brick.gone.length === 0) await settle();
      await settle();
      const fops = ['open', 'opendir', 'flush', 'releasedir', 'release'];
      assert.deepEqual(pair.brick.fops(), fops);
      assert.equal(new Set(pair.brick.gone.map(({ id }) => id)).size, 1);
    });

    it('fail fops with ENOTCONN from the end of a connection to the next', async () => {
      const held = gate();
      pair.brick.handlers = {
        async stat() {
          await held.passed;
          return { stat: ROOT_IATT, xdata: null };
        },
      };
      const fd = await opened(pair);
      const underWay = pair.client.wind('stat', { gfid: GFID, xdata: null }, CALLER);
      const down = noticeOf(pair.client, 'child-down');
      const up = noticeOf(pair.client, 'child-up');
      while (!pair.brick.fops().includes('stat')) await settle();
      pair.brick.handlers = {
        ...pair.brick.handlers,
        lookup: () => Promise.reject(new FopError('ENOTCONN', 'brick')),
      };
      pair.brick.goDown();
      await assert.rejects(underWay, (error) => isErrno(error, 'ENOTCONN'));
      await down;
      assert.equal(pair.client.isUp, false);
      await assert.rejects(pair.client.wind('lookup', ROOT, CALLER), (error) =>
        isErrno(error, 'ENOTCONN'),
      );
      pair.brick.handlers = {};
      held.open();
      await up;
      await pair.client.wind('lookup', ROOT, CALLER);
      await pair.client.wind('release', { fd, xdata: null }, CALLER);
    });

    it('do not let locks that wait hold up other calls', async () => {
      const held = gate();
      pair.brick.handlers = {
        async inodelk() {
          await held.passed;
          return { xdata: null };
        },
      };
      const flock = { type: 1, whence: 0, start: 0n, len: 0n, pid: 0, lkOwner: '' };
      const lock = { gfid: GFID, cmd: 2, type: 1, flock, volume: 'test', xdata: null };
      const locks = Array.from({ length: 100 }, () => pair.client.wind('inodelk', lock, CALLER));
      await pair.client.wind('lookup', ROOT, CALLER);
      held.open();
      for (const granted of locks) await granted;
    });

    it('work on no more calls at once than they may', async () => {
      let [atWork, most] = [0, 0];
      pair.brick.handlers = {
        async stat() {
          atWork += 1;
          most = Math.max(most, atWork);
          await settle();
          atWork -= 1;
          return { stat: ROOT_IATT, xdata: null };
        },
      };
      const asked = Array.from({ length: 200 }, () =>
        pair.client.wind('stat', { gfid: GFID, xdata: null }, CALLER),
      );
      for (const answer of asked) await answer;
      assert.equal(most, 64);
    });

    const BORDER: readonly (readonly [string, string, string])[] = [
      ['a slash', 'a/b', 'EINVAL'],
      ['a NUL', 'a\0b', 'EINVAL'],
      ['the parent', '..', 'EINVAL'],
      ['256 bytes', 'n'.repeat(256), 'ENAMETOOLONG'],
      ['no bytes', '', 'EINVAL'],
    ];
    for (const [what, bname, errno] of BORDER)
      it(`stop a name of ${what} at the border`, async () => {
        const request = { pargfid: ROOT_GFID, bname, xflags: 0, xdata: null };
        await assert.rejects(pair.client.wind('unlink', request, CALLER), (error) =>
          isErrno(error, errno as 'EINVAL'),
        );
        assert.deepEqual(pair.brick.fops(), []);
      });
  });
