import assert from 'node:assert/strict';
import { Fd, O_RDONLY } from '../../../../src/fop/fd.js';
import { NULL_GFID, ROOT_GFID } from '../../../../src/fop/gfid.js';
import { dict, refuses, textOf } from '../../../contract/volume.js';
import { gfidOf, ReplicaLab } from '../../../scenario/replica-lab.js';

/** A gfid whose file is read at this subvolume of three while its copy is good. */
const readAt = (child: number): string => gfidOf(3 + child);

describe('replicate: reading', () => {
  let lab: ReplicaLab;
  beforeEach(async () => {
    lab = await ReplicaLab.of(3, {}, 'bare');
  });
  afterEach(() => lab.stop());

  it('looks a name up at all children, and reads at one', async () => {
    const gfid = await lab.file('f', 'text', readAt(1));
    await lab.volume.lookup(ROOT_GFID, 'f');
    assert.deepEqual(lab.asked('lookup'), [0, 1, 2]);
    assert.equal(await lab.volume.content(gfid), 'text');
    assert.deepEqual(lab.asked('readv'), [1]);
  });

  it('asks all children before a read of what it does not know, and then no more', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.volume.stat(gfid);
    assert.deepEqual(lab.asked('lookup'), [0, 1, 2]);
    await lab.volume.stat(gfid);
    assert.deepEqual(lab.asked('lookup'), []);
  });

  it('asks again after a child went or came', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.volume.stat(gfid);
    lab.gate(2).down();
    lab.asked('lookup');
    await lab.volume.stat(gfid);
    assert.deepEqual(lab.asked('lookup'), [0, 1]);
    lab.gate(2).up();
    await lab.volume.stat(gfid);
    assert.deepEqual(lab.asked('lookup'), [0, 1, 2]);
  });

  it('asks once for fops that want to know the same at once', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await Promise.all([lab.volume.stat(gfid), lab.volume.stat(gfid), lab.volume.content(gfid)]);
    assert.equal(lab.gate(0).seen.filter((fop) => fop === 'lookup').length, 1);
  });

  it('avoids a copy that another brick accuses, and tells it once', async () => {
    const gfid = await lab.file('f', 'stale', readAt(1));
    await lab.accuse(0, 1, gfid, 'data');
    for (let time = 0; time < 3; time += 1) await lab.volume.lookup(ROOT_GFID, 'f');
    await lab.volume.content(gfid);
    assert.deepEqual(lab.asked('readv'), [0]);
    assert.deepEqual(lab.logged, [
      'warn: a subvolume lags behind; its good files are read, others elsewhere (b1: data is accused by subvolume 0)',
    ]);
  });

  it('avoids a copy that accuses itself: its heal was not finished', async () => {
    const gfid = await lab.file('f', 'text', readAt(1));
    await lab.accuse(1, 1, gfid, 'data');
    await lab.volume.content(gfid);
    assert.deepEqual(lab.asked('readv'), [0]);
    for (const other of [0, 2]) lab.gate(other).down();
    await refuses('ENOTCONN', lab.volume.content(gfid));
  });

  it('avoids a copy that is absent, or that is another file', async () => {
    const gfid = readAt(2);
    await lab.file('f', 'text', gfid, [0, 1]);
    await lab.file('f', 'other', gfidOf(99), [2]);
    const { stat } = await lab.volume.lookup(ROOT_GFID, 'f');
    assert.equal(stat.gfid, gfid);
    assert.equal(await lab.volume.content(gfid), 'text');
    assert.deepEqual(lab.asked('readv'), [0]);
  });

  it('avoids a copy whose size most others do not have', async () => {
    const gfid = readAt(0);
    await lab.file('f', 'changed by hand', gfid, [0]);
    await lab.file('f', 'text', gfid, [1, 2]);
    const { stat, xdata } = await lab.volume.lookup(
      ROOT_GFID,
      'f',
      dict({ 'glusterfs.content': 64 }),
    );
    assert.equal(stat.size, 4);
    assert.equal(textOf(xdata, 'glusterfs.content'), 'text');
    assert.equal(await lab.volume.content(gfid), 'text');
  });

  it('reads attributes and bytes apart only where no copy has both', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.accuse(2, 0, gfid, 'metadata');
    await lab.volume.content(gfid);
    assert.deepEqual(lab.asked('readv'), [1]);
    await lab.accuse(0, 1, gfid, 'data');
    await lab.accuse(0, 2, gfid, 'data');
    await lab.volume.lookup(ROOT_GFID, 'f');
    await lab.volume.content(gfid);
    assert.deepEqual(lab.asked('readv'), [0]);
    await lab.volume.wind('access', { gfid, mask: 4 });
    assert.deepEqual(lab.asked('access'), [1]);
  });

  it('answers EIO where every copy is accused, and says which accuse which', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    for (const [by, whom] of [[0, 1] as const, [1, 2] as const, [2, 0] as const])
      await lab.accuse(by, whom, gfid, 'data');
    const asked = dict({ 'glusterfs.content': 64 });
    const { stat, xdata } = await lab.volume.lookup(ROOT_GFID, 'f', asked);
    assert.equal(stat.gfid, gfid, 'it can be found, and removed');
    assert.equal(xdata?.has('glusterfs.content'), false);
    for (const read of [() => lab.volume.content(gfid), () => lab.volume.stat(gfid)])
      await refuses('EIO', read());
    await refuses('EIO', lab.volume.open(gfid, O_RDONLY));
    assert.deepEqual(
      lab.logged.filter((line) => line.startsWith('error')),
      [
        'error: split-brain: no copy that is up is good (b1: data is accused by subvolume 0; b2: data is accused by subvolume 1; b0: data is accused by subvolume 2)',
      ],
    );
    await lab.clear(2, 0, gfid);
    assert.equal(await lab.volume.content(gfid), 'text', 'and is read as soon as one is good');
  });

  it('answers ESTALE where only a copy is left that lags behind', async () => {
    const gfid = await lab.file('f', 'text', gfidOf(7), [0]);
    await lab.accuse(0, 0, gfid, 'data');
    await refuses('ESTALE', lab.volume.content(gfid));
  });

  it('answers EIO where two inodes have one name and nobody is away, and says so', async () => {
    await lab.file('f', 'one', gfidOf(1), [0]);
    await lab.file('f', 'two', gfidOf(2), [1]);
    lab.gate(2).down();
    await refuses('ENOTCONN', lab.volume.lookup(ROOT_GFID, 'f'));
    lab.gate(2).up();
    await lab.file('f', 'three', gfidOf(3), [2]);
    await refuses('EIO', lab.volume.lookup(ROOT_GFID, 'f'));
    assert.match(lab.logged.at(-1) ?? '', /one name stands for several files \(b0: .*01; b1: .*02/);
  });

  for (const errno of ['EIO', 'ESTALE', 'ENOTCONN'] as const)
    it(`reads another good copy after ${errno}`, async () => {
      const gfid = await lab.file('f', 'text', readAt(0));
      lab.gate(0).failures.set('readv', errno);
      assert.equal(await lab.volume.content(gfid), 'text');
      assert.deepEqual(lab.asked('readv'), [0, 1]);
    });

  it('takes any other error for the answer', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    lab.gate(0).failures.set('readv', 'EACCES');
    await refuses('EACCES', lab.volume.content(gfid));
    assert.deepEqual(lab.asked('readv'), [0]);
  });

  it('goes to no copy that is bad, even when the good ones fail', async () => {
    const gfid = await lab.file('f', 'stale', readAt(0));
    for (const whom of [1, 2]) await lab.accuse(0, whom, gfid, 'data');
    await lab.volume.stat(gfid);
    lab.gate(0).failures.set('readv', 'EIO');
    await refuses('EIO', lab.volume.content(gfid));
    assert.deepEqual(lab.asked('readv'), [0]);
  });

  it('looks again where what it remembers leads nowhere', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.accuse(0, 1, gfid, 'data');
    await lab.accuse(0, 2, gfid, 'data');
    await lab.volume.stat(gfid);
    for (const whom of [1, 2]) await lab.clear(0, whom, gfid);
    lab.gate(0).failures.set('readv', 'EIO');
    assert.equal(await lab.volume.content(gfid), 'text');
    assert.deepEqual(lab.asked('readv'), [0, 1]);
  });

  it('believes no answer about another inode', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.volume.stat(gfid);
    lab.gate(0).impostor = gfidOf(77);
    assert.equal(await lab.volume.content(gfid), 'text');
    assert.equal((await lab.volume.stat(gfid)).gfid, gfid);
    assert.deepEqual(lab.asked('readv'), [0, 1]);
  });

  it('reads elsewhere where the handle on a brick leads to another file', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.volume.stat(gfid);
    const handle = `/brick-0/.glusterfs/00/00/${gfid}`;
    await lab.file('impostor', 'other', gfidOf(77), [0]);
    lab.disk.unlink(handle);
    lab.disk.link('/brick-0/impostor', handle);
    assert.equal(await lab.volume.content(gfid), 'text');
  });

  it('tells ENOENT and ESTALE as bricks do', async () => {
    await refuses('ENOENT', lab.volume.lookup(ROOT_GFID, 'none'));
    await refuses('ESTALE', lab.volume.stat(gfidOf(1234)));
    await refuses('ESTALE', lab.volume.lookup(gfidOf(1234), 'none'));
  });

  it('shows no marks to those who read the volume', async () => {
    const gfid = await lab.file('f', 'text', readAt(0));
    await lab.dirty(0, gfid, 'data');
    const { dict: all } = await lab.volume.wind('getxattr', { gfid, name: undefined });
    assert.deepEqual(
      [...(all ?? [])].filter(([key]) => key.startsWith('trusted.afr')),
      [],
    );
    const name = 'trusted.afr.dirty';
    await refuses('ENODATA', lab.volume.wind('getxattr', { gfid, name }));
    const worker = lab.volume.as({ pid: -6 });
    assert.equal((await worker.wind('getxattr', { gfid, name })).dict?.size, 1);
    const { xdata } = await lab.volume.lookup(ROOT_GFID, 'f', dict({ 'user.a': 0 }));
    assert.deepEqual([...(xdata ?? [])], []);
  });

  it('lets no lookup give a file its gfid', async () => {
    lab.disk.close(lab.disk.open('/brick-0/planted', 0o102, 0o644));
    lab.clock.advance(5000);
    await assert.rejects(lab.volume.lookup(ROOT_GFID, 'planted', lab.volume.wantGfid()));
    assert.throws(() => lab.disk.getxattr('/brick-0/planted', 'trusted.gfid'), {
      errno: 'ENODATA',
    });
  });

  it('tells the room on the fullest brick, and of one that is up', async () => {
    const { statfs } = await lab.volume.wind('statfs', { gfid: ROOT_GFID });
    assert.ok(statfs.bavail > 0);
    lab.gate(0).failures.set('statfs', 'EIO');
    await lab.volume.wind('statfs', { gfid: ROOT_GFID });
    for (const number of [1, 2]) lab.gate(number).failures.set('statfs', 'EIO');
    await refuses('EIO', lab.volume.wind('statfs', { gfid: ROOT_GFID }));
  });
});

describe('replicate: what it does not serve', () => {
  for (const fop of ['lease', 'icreate', 'namelink', 'getactivelk', 'setactivelk', 'ipc'] as const)
    it(`${fop} is EOPNOTSUPP, and reaches no brick`, async () => {
      const lab = await ReplicaLab.of(2);
      const request = { gfid: ROOT_GFID, pargfid: NULL_GFID, fd: Fd.anonymous(ROOT_GFID) };
      await refuses('EOPNOTSUPP', lab.volume.wind(fop, request as never));
      assert.deepEqual(lab.asked(fop), []);
      await lab.stop();
    });
});
