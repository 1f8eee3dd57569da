import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { NO_IATT } from '../../../src/fop/iatt.js';
import { INVALIDATED, type Upcall } from '../../../src/fop/upcall.js';
import { RpcError } from '../../../src/rpc/error.js';
import { PROCEDURE, readUpcall, writeUpcall } from '../../../src/rpc/upcalls.js';
import { Reader, Writer } from '../../../src/rpc/xdr.js';
import { ROOT_IATT } from './brick.js';
import { noticeOf, pairOf, platformOf, TRANSPORTS } from './pair.js';

const GFID = '11111111-2222-3333-4444-555555555555';
const FLOCK = { type: 1, whence: 0, start: 4096n, len: 0n, pid: 7, lkOwner: '\x01\x02owner' };

const UPCALLS: readonly Upcall[] = [
  {
    kind: 'invalidate',
    gfid: GFID,
    flags: INVALIDATED.nlink | INVALIDATED.parentTimes,
    expireSeconds: 60,
    stat: { ...ROOT_IATT, gfid: GFID, mtime: 1_700_000_000, mtimeNsec: 5 },
    parent: ROOT_IATT,
    oldParent: NO_IATT,
  },
  {
    kind: 'invalidate',
    gfid: GFID,
    flags: INVALIDATED.xattr,
    expireSeconds: 60,
    stat: NO_IATT,
    parent: NO_IATT,
    oldParent: NO_IATT,
    xattrs: new Map([
      ['user.set', Buffer.from([1, 0, 255, 0])],
      ['user.removed', Buffer.alloc(0)],
    ]),
  },
  { kind: 'inodelk-contention', gfid: GFID, flock: FLOCK, domain: 'vol-replicate-0' },
  { kind: 'entrylk-contention', gfid: ROOT_GFID, type: 1, pid: 9, name: 'f', domain: 'd' },
  { kind: 'entrylk-contention', gfid: ROOT_GFID, type: 0, pid: 9, name: undefined, domain: 'd' },
];

function written(upcall: Upcall): Buffer {
  const writer = new Writer();
  writeUpcall(writer, upcall);
  return Buffer.from(writer.finish());
}

describe('upcalls', () => {
  for (const upcall of UPCALLS) {
    const procedure = PROCEDURE[upcall.kind];

    it(`${upcall.kind} is read as it was written`, () =>
      assert.deepEqual(readUpcall(procedure, new Reader(written(upcall))), upcall));

    it(`${upcall.kind}, cut anywhere, is refused`, () => {
      const bytes = written(upcall);
      for (let length = 0; length < bytes.length; length++)
        assert.throws(() => readUpcall(procedure, new Reader(bytes.subarray(0, length))), RpcError);
    });
  }

  it('an invalidation has the size that a brick of GlusterFS sends', () => {
    const [invalidation] = UPCALLS;
    assert.ok(invalidation);
    assert.equal(written(invalidation).length, 356);
  });

  it('other callbacks are no upcalls', () =>
    assert.equal(readUpcall(6, new Reader(Buffer.alloc(0))), undefined));
});

for (const [transport, network] of TRANSPORTS)
  describe(`upcalls over ${transport}`, () => {
    it('reach the client that they are for, and nobody else', async () => {
      const pair = await pairOf(platformOf(network()));
      let client = '';
      pair.brick.handlers = {
        stat: async (_request, frame) => {
          client = frame.client?.id ?? '';
          return { stat: ROOT_IATT, xdata: null };
        },
      };
      const frame = { pid: 1, uid: 0, gid: 0, groups: [0], lkOwner: 'o' };
      await pair.client.wind('stat', { gfid: ROOT_GFID, xdata: null }, frame);
      for (const upcall of UPCALLS) {
        const heard = noticeOf(pair.client, 'upcall');
        pair.brick.say({ event: 'upcall', from: pair.brick, client: 'somebody else', upcall });
        pair.brick.say({ event: 'upcall', from: pair.brick, client, upcall });
        assert.deepEqual(await heard, { event: 'upcall', from: pair.client, upcall });
      }
      await pair.stop();
    });
  });
