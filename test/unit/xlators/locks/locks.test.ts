import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Fd, O_RDWR } from '../../../../src/fop/fd.js';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import { byteString } from '../../../../src/fop/name.js';
import { posixStack } from '../../../contract/stacks.js';
import { dict, refuses, type Stack, TestVolume } from '../../../contract/volume.js';

const GFID = '00000000-0000-4000-8000-00000000f11e';
const [READ, WRITE, UNLOCK] = [0, 1, 2] as const;
const [GET, TRY, WAIT] = [0, 1, 2] as const;

/** A client of the brick with the given lock owner. */
function client(stack: Stack, id: string, lkOwner = 'o'): TestVolume {
  return new TestVolume(stack.top).as({ client: { id, address: '192.0.2.1:1' }, lkOwner });
}

function flock(start = 0n, len = 0n, type = 0) {
  return { type, whence: 0, start, len, pid: 7, lkOwner: '' };
}

function inodelk(volume: TestVolume, cmd: number, type: number, start = 0n, len = 0n, at = 'd') {
  return volume.wind('inodelk', { gfid: GFID, cmd, type, flock: flock(start, len), volume: at });
}

function entrylk(volume: TestVolume, cmd: number, name?: string, type = WRITE) {
  return volume.wind('entrylk', { gfid: ROOT_GFID, cmd, type, name, volume: 'd' });
}

function lk(volume: TestVolume, cmd: number, type: number, start = 0n, len = 0n) {
  const fd = new Fd(GFID, O_RDWR);
  return volume.wind('lk', { fd, cmd, type, flock: flock(start, len) });
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('features/locks', () => {
  let stack: Stack;
  let a: TestVolume;
  let b: TestVolume;
  beforeEach(async () => {
    stack = await posixStack({ on: 'sim', above: ['features/locks'] });
    a = client(stack, 'a');
    b = client(stack, 'b');
  });
  afterEach(() => stack.close());
  const gone = (id: string) => stack.top.clientGone({ id, address: '192.0.2.1:1' });

  /** Who is told of what, from here on. */
  const listening = (): string[] => {
    const told: string[] = [];
    stack.top.listen((notice) => {
      if (notice.event !== 'upcall') return;
      const { client, upcall } = notice;
      const what = upcall.kind === 'inodelk-contention' ? upcall.flock.start : upcall.gfid;
      told.push(`${client} ${upcall.kind} ${what}`);
    });
    return told;
  };

  it('tells who holds a lock that another client waits for it, once', async () => {
    const told = listening();
    await inodelk(a, TRY, WRITE, 10n, 5n);
    const waiting = inodelk(b, WAIT, WRITE, 12n, 1n);
    await refuses('EAGAIN', inodelk(client(stack, 'c'), TRY, WRITE, 12n, 1n));
    const other = inodelk(client(stack, 'c'), WAIT, WRITE, 12n, 1n);
    assert.deepEqual(told, ['a inodelk-contention 10']);
    await inodelk(a, TRY, UNLOCK, 10n, 5n);
    await waiting;
    assert.deepEqual(told.slice(1), ['b inodelk-contention 12'], 'the third one waits still');
    await inodelk(b, TRY, UNLOCK, 12n, 1n);
    await other;
    assert.equal(told.length, 2);
  });

  it('tells of names, too', async () => {
    const told = listening();
    await entrylk(a, 2, 'f');
    const waiting = entrylk(b, 0);
    assert.deepEqual(told, [`a entrylk-contention ${ROOT_GFID}`]);
    gone('a');
    await waiting;
  });

  it('shares read locks and not write locks', async () => {
    await inodelk(a, TRY, READ);
    await inodelk(b, TRY, READ);
    await refuses('EAGAIN', inodelk(client(stack, 'c'), TRY, WRITE));
    await inodelk(b, TRY, UNLOCK);
    await inodelk(a, TRY, WRITE);
  });

  it('tells owners apart by connection and lock owner', async () => {
    await inodelk(a, TRY, WRITE);
    await inodelk(a, TRY, WRITE);
    await refuses('EAGAIN', inodelk(b, TRY, WRITE));
    await refuses('EAGAIN', inodelk(client(stack, 'a', 'other'), TRY, WRITE));
  });

  it('locks the file that create found, not the one that it was to make', async () => {
    const gfid = await a.file('f');
    const { fd } = await a.create(ROOT_GFID, 'f');
    await a.wind('lk', { fd, cmd: TRY, type: WRITE, flock: flock() });
    const other = await b.open(gfid, O_RDWR);
    const again = { fd: other, cmd: TRY, type: WRITE, flock: flock() };
    await refuses('EAGAIN', b.wind('lk', again));
  });

  it('keeps domains and ranges apart', async () => {
    await inodelk(a, TRY, WRITE, 0n, 10n);
    await inodelk(b, TRY, WRITE, 10n, 0n);
    await inodelk(b, TRY, WRITE, 0n, 10n, 'other');
    await refuses('EAGAIN', inodelk(b, TRY, WRITE, 9n, 1n));
  });

  it('unlocks exactly what was locked, once', async () => {
    await inodelk(a, TRY, WRITE, 0n, 10n);
    await inodelk(a, TRY, WRITE, 0n, 10n);
    await refuses('EINVAL', inodelk(a, TRY, UNLOCK, 0n, 5n));
    await refuses('EINVAL', inodelk(b, TRY, UNLOCK, 0n, 10n));
    await inodelk(a, TRY, UNLOCK, 0n, 10n);
    await refuses('EAGAIN', inodelk(b, TRY, WRITE, 0n, 10n));
    await inodelk(a, TRY, UNLOCK, 0n, 10n);
    await inodelk(b, TRY, WRITE, 0n, 10n);
    await refuses('EINVAL', inodelk(a, TRY, UNLOCK, 0n, 10n));
  });

  it('grants to those who wait in their order', async () => {
    await inodelk(a, WAIT, WRITE);
    const order: string[] = [];
    const waits = ['b', 'c', 'd'].map((id) =>
      inodelk(client(stack, id), WAIT, WRITE).then(() => order.push(id)),
    );
    await new Promise(setImmediate);
    assert.deepEqual(order, []);
    for (const id of ['a', 'b', 'c']) {
      await inodelk(client(stack, id), TRY, UNLOCK);
      await new Promise(setImmediate);
    }
    await Promise.all(waits);
    assert.deepEqual(order, ['b', 'c', 'd']);
  });

  it('lets nobody pass who comes later', async () => {
    await inodelk(a, TRY, READ);
    const writer = inodelk(b, WAIT, WRITE);
    await refuses('EAGAIN', inodelk(client(stack, 'c'), TRY, READ));
    await inodelk(a, TRY, READ, 100n, 1n);
    await inodelk(a, TRY, UNLOCK, 100n, 1n);
    await inodelk(a, TRY, UNLOCK);
    await writer;
  });

  it('locks one name, or all', async () => {
    await entrylk(a, 2, 'x');
    await entrylk(b, 2, 'y');
    await refuses('EAGAIN', entrylk(b, 2, 'x'));
    await refuses('EAGAIN', entrylk(b, 2, undefined));
    const all = entrylk(client(stack, 'c'), 0, undefined);
    assert.equal(await isSettled(all), false);
    await entrylk(a, 1, 'x');
    await refuses('EINVAL', entrylk(b, 1, undefined));
    await entrylk(b, 1, 'y');
    await all;
    await refuses('EAGAIN', entrylk(a, 2, 'z'));
  });

  it('drops all of a client that is gone, and serves who waited', async () => {
    await inodelk(a, TRY, WRITE);
    await entrylk(a, 2, 'x');
    await lk(a, TRY, WRITE);
    const waits = [inodelk(b, WAIT, WRITE), entrylk(b, 0, 'x'), lk(b, WAIT, WRITE)];
    const third = refuses('ENOTCONN', inodelk(client(stack, 'c'), WAIT, WRITE));
    gone('c');
    await third;
    gone('a');
    await Promise.all(waits);
  });

  it('keeps locks of an inode that is gone', async () => {
    const gfid = await a.directory('d');
    await a.wind('entrylk', { gfid, cmd: 2, type: WRITE, name: undefined, volume: 'd' });
    await a.wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 0 });
    await a.wind('entrylk', { gfid, cmd: 1, type: WRITE, name: undefined, volume: 'd' });
  });

  it('merges, splits and asks for fcntl locks', async () => {
    await lk(a, TRY, WRITE, 0n, 10n);
    await lk(a, TRY, WRITE, 10n, 10n);
    await lk(a, TRY, UNLOCK, 5n, 10n);
    const found = await lk(b, GET, READ, 0n, 100n);
    assert.deepEqual([found.flock.type, found.flock.start, found.flock.len], [WRITE, 0n, 5n]);
    const free = await lk(b, GET, WRITE, 5n, 10n);
    assert.equal(free.flock.type, UNLOCK);
    await lk(b, TRY, WRITE, 5n, 10n);
    await refuses('EAGAIN', lk(b, TRY, READ, 0n, 1n));
    const { locks } = await a.wind('getactivelk', { gfid: GFID });
    assert.deepEqual(
      locks.map(({ client: id, flock: { start, len } }) => [id, start, len]),
      [
        ['a', 0n, 5n],
        ['a', 15n, 5n],
        ['b', 5n, 10n],
      ],
    );
  });

  it('ends fcntl locks with the close of the file', async () => {
    const { fd, gfid } = await a.create(ROOT_GFID, 'f');
    const lock = { fd, cmd: TRY, type: WRITE, flock: flock() };
    await a.wind('lk', lock);
    await b.wind('flush', { fd: Fd.anonymous(gfid) });
    await refuses('EAGAIN', b.wind('lk', lock));
    await a.wind('flush', { fd });
    await b.wind('lk', lock);
    await a.wind('release', { fd });
  });

  it('counts locks held and waited for', async () => {
    const { fd, gfid } = await a.create(ROOT_GFID, 'f');
    const held = { gfid, cmd: WAIT, type: WRITE, flock: flock(), volume: 'dom' };
    await a.wind('inodelk', held);
    const waiting = refuses('ENOTCONN', b.wind('inodelk', held));
    await a.wind('lk', { fd, cmd: TRY, type: READ, flock: flock() });
    for (const name of ['f', 'other', undefined])
      await a.wind('entrylk', { gfid: ROOT_GFID, cmd: 2, type: WRITE, name, volume: `e ${name}` });
    const asked = dict({
      'glusterfs.multi-dom-lk-cnt-req': 1,
      'glusterfs.inodelk-count': 0,
      'glusterfs.entrylk-count': 0,
      'glusterfs.posixlk-count': 0,
      'glusterfs.parent-entrylk': 0,
      'glusterfs.inodelk-dom-prefix:dom': 0,
      'glusterfs.inodelk-dom-prefix:do': 0,
    });
    const { xdata } = await a.lookup(ROOT_GFID, 'f', asked);
    const int = (n: bigint) => ({ type: 'int', int: n });
    assert.deepEqual(Object.fromEntries(xdata ?? []), {
      'glusterfs.inodelk-count': int(2n),
      'glusterfs.entrylk-count': int(0n),
      'glusterfs.posixlk-count': int(1n),
      'glusterfs.parent-entrylk': int(1n),
      'glusterfs.inodelk-dom-prefix:dom': int(2n),
      'glusterfs.inodelk-dom-prefix:do': int(0n),
    });
    await a.create(ROOT_GFID, 'free');
    const free = await a.lookup(ROOT_GFID, 'free', dict({ 'glusterfs.parent-entrylk': 0 }));
    assert.deepEqual(free.xdata?.get('glusterfs.parent-entrylk'), int(0n));
    const unasked = dict({ 'glusterfs.inodelk-dom-prefix:dom': 0 });
    assert.equal((await a.lookup(ROOT_GFID, 'f', unasked)).xdata?.size ?? 0, 0);
    const other = dict({ 'glusterfs.inodelk-dom-count': byteString('none') });
    const counted = await a.wind('fstat', { fd }, other);
    assert.deepEqual(counted.xdata?.get('glusterfs.inodelk-count'), int(0n));
    gone('b');
    await waiting;
    await a.release(fd);
  });

  it('leaves of a create that counts a domain the count, and not the question', async () => {
    const gfid = randomUUID();
    const asked = new Map([
      ...a.wantGfid(gfid),
      ...(dict({ 'glusterfs.inodelk-dom-count': byteString('domain') }) ?? []),
    ]);
    const fd = new Fd(gfid, 2);
    const request = { pargfid: ROOT_GFID, bname: 'c', flags: 2, mode: 0o644, umask: 0, fd };
    const { xdata } = await a.wind('create', request, asked);
    assert.deepEqual([...(xdata?.keys() ?? [])].sort(), ['gfid-req', 'glusterfs.inodelk-count']);
    await a.release(fd);
  });

  it('counts for every fop that asks, as a disperse volume does', async () => {
    const asked = dict({ 'glusterfs.inodelk-dom-count': byteString('domain') });
    const gfid = await a.file('counted');
    const d = await a.directory('d');
    const names = [
      await a.wind('link', { gfid, newpargfid: ROOT_GFID, newbname: 'l' }, asked),
      await a.wind('truncate', { gfid, offset: 3 }, asked),
      await a.wind('statfs', { gfid }, asked),
      await a.wind('unlink', { pargfid: ROOT_GFID, bname: 'l', xflags: 0 }, asked),
      await a.wind('getxattr', { gfid: d, name: undefined }, asked),
      await a.wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 0 }, asked),
    ];
    for (const { xdata } of names)
      assert.deepEqual(xdata?.get('glusterfs.inodelk-count'), { type: 'int', int: 0n });
  });

  it('refuses what it does not serve', async () => {
    await refuses('EOPNOTSUPP', lk(a, 3, WRITE));
    await refuses('EOPNOTSUPP', inodelk(a, GET, WRITE));
    await refuses('EINVAL', inodelk(a, TRY, 9));
    await refuses('EINVAL', lk(a, TRY, WRITE, -1n, 0n));
    await refuses('EINVAL', entrylk(a, 7, 'x'));
    await refuses('EOPNOTSUPP', a.wind('setactivelk', { gfid: GFID, locks: [] }));
  });
});
