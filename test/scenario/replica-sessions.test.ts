import assert from 'node:assert/strict';
import { O_CREAT, O_TRUNC, O_WRONLY } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT } from '../../src/fop/iatt.js';
import { ReplicaLab } from './replica-lab.js';

/*
 * What several changes of one client share: the lock and the mark of a file's bytes, the note that a directory's names are in its
 * hands; and how that ends.
 */

describe('replica set: one session for many writes', () => {
  it('locks and marks once, syncs once, and ends a while after the last write', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    await lab.settle();
    const fd = await lab.volume.open(gfid, O_WRONLY);
    for (const gate of [0, 1, 2].map((n) => lab.gate(n))) gate.seen.length = 0;
    for (const offset of [0, 1, 2, 3]) await lab.volume.write(fd, 'x', offset);
    assert.equal(lab.marks(gfid), 'b0: dirty 1/0/0; b1: dirty 1/0/0; b2: dirty 1/0/0');
    await lab.volume.wind('fsetattr', {
      fd,
      valid: 1,
      stbuf: { ...(await lab.volume.stat(gfid)), mode: 0o600 },
    });
    const { seen } = lab.gate(2);
    const counted = seen.filter((fop) => !['lookup', 'stat'].includes(fop));
    assert.deepEqual(counted, ['finodelk', 'fxattrop', ...Array(4).fill('writev'), 'fsetattr']);
    await lab.pass(1000);
    assert.deepEqual(seen.slice(-3), ['fsync', 'fxattrop', 'finodelk']);
    assert.equal(lab.marks(gfid), 'none');
    await lab.volume.release(fd);
    await lab.stop();
  });

  it('needs no more of a brick for the next change than lock, change and unlock', async () => {
    const lab = await ReplicaLab.of(3, { 'granular-entry-heal': 'on' });
    const { gfid, fd } = await lab.volume.create(ROOT_GFID, 'first');
    await lab.volume.write(fd, 'text');
    await lab.settle();
    const sent = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
      lab.gate(2).seen.length = 0;
      await act();
      await lab.settle();
      return [...lab.gate(2).seen];
    };
    const flags = O_WRONLY | O_CREAT;
    assert.deepEqual(await sent(() => lab.volume.create(ROOT_GFID, 'f', flags)), [
      ...['entrylk', 'create', 'entrylk'],
    ]);
    assert.deepEqual(await sent(() => lab.volume.write(fd, 'more', 4)), ['writev']);
    assert.deepEqual(
      await sent(() => lab.volume.wind('fsetattr', { fd, valid: 1, stbuf: NO_IATT })),
      ['fsetattr'],
    );
    // The look for a directory that is replaced goes along with the locks.
    assert.deepEqual(await sent(() => lab.volume.rename(ROOT_GFID, 'f', ROOT_GFID, 'g')), [
      ...['lookup', 'entrylk', 'entrylk', 'rename', 'entrylk', 'entrylk'],
    ]);
    assert.equal(lab.marks(gfid), 'b0: dirty 1/0/0; b1: dirty 1/0/0; b2: dirty 1/0/0');
    await lab.volume.release(fd);
    await lab.stop();
  });

  it('ends when another client wants the lock', async () => {
    const lab = await ReplicaLab.of(3);
    const other = await lab.client();
    const gfid = await lab.volume.file('f', 'text');
    const fd = await lab.volume.open(gfid, O_WRONLY);
    const theirs = await other.volume.open(gfid, O_WRONLY);
    await lab.volume.write(fd, 'ours');
    await other.volume.write(theirs, 'them');
    await lab.volume.write(fd, 'again', 4);
    await other.volume.release(theirs);
    await lab.volume.release(fd);
    for (const brick of lab.bricks) assert.equal(await brick.content(gfid), 'themagain');
    await lab.settle();
    assert.equal(lab.marks(gfid), 'none');
    await lab.stop();
  });

  it('has overlapping writes follow each other in the same order everywhere', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    const fd = await lab.volume.open(gfid, O_WRONLY);
    const texts = Array.from({ length: 8 }, (_, number) => String(number).repeat(64));
    const writes = texts.map((text, number) => lab.volume.write(fd, text, number * 8));
    for (const write of writes) await write;
    await lab.volume.release(fd);
    const [first, ...rest] = lab.bricks;
    const text = await first?.content(gfid);
    for (const brick of rest) assert.equal(await brick.content(gfid), text);
    await lab.stop();
  });

  it('blames who was away for a moment: what was not synced may be lost there', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    const fd = await lab.volume.open(gfid, O_WRONLY);
    await lab.volume.write(fd, 'new!');
    lab.gate(1).down();
    lab.gate(1).up();
    await lab.settle();
    assert.equal(lab.marks(gfid), 'b0: b1 1/0/0; b1: dirty 1/0/0; b2: b1 1/0/0');
    await lab.volume.release(fd);
    await lab.stop();
  });

  it('empties a file that is opened so, everywhere', async () => {
    const lab = await ReplicaLab.of(2);
    const gfid = await lab.volume.file('f', 'text');
    await lab.volume.release(await lab.volume.open(gfid, O_WRONLY | O_TRUNC));
    for (const brick of lab.bricks) assert.equal((await brick.stat(gfid)).size, 0);
    await lab.stop();
  });
});

describe('replica set: names in the hands of a client', () => {
  const GRANULAR = { 'granular-entry-heal': 'on' };

  it('are noted from the first change of a directory until a while after the last one', async () => {
    const lab = await ReplicaLab.of(3, GRANULAR);
    await lab.volume.file('f');
    await lab.volume.rename(ROOT_GFID, 'f', ROOT_GFID, 'g');
    assert.deepEqual(
      [0, 1, 2].map((number) => lab.isInHand(number, ROOT_GFID)),
      [true, true, true],
    );
    assert.equal(lab.marks(ROOT_GFID), 'none', 'and nothing that would have a healer bring f back');
    const noted = lab.gate(0).seen.filter((fop) => fop === 'xattrop').length;
    assert.equal(noted, 1, 'once for all');
    await lab.pass(1000);
    assert.equal(lab.isInHand(0, ROOT_GFID), false);
    assert.ok(lab.gate(0).seen.includes('fsyncdir'));
    await lab.stop();
  });

  it('are looked at by a healer once that client is dead, and not before', async () => {
    const lab = await ReplicaLab.of(3, GRANULAR);
    const other = await lab.client();
    const [old, fresh] = [await lab.volume.file('f', 'old'), await lab.volume.file('t', 'new')];
    await lab.settle();
    // The client is gone in the middle of a rename that two bricks have not done.
    await lab.brick(1).rename(ROOT_GFID, 't', ROOT_GFID, 'f');
    const healer = other.healer;
    assert.equal((await healer.heal(ROOT_GFID)).result, 'clean');
    for (const number of [0, 1, 2]) lab.gate(number).down();
    assert.deepEqual(await healer.marked(0), [ROOT_GFID], 'and the worker finds it');
    assert.equal((await healer.heal(ROOT_GFID)).result, 'healed');
    for (const gfid of await healer.marked(0)) await healer.heal(gfid);
    assert.deepEqual(await healer.marked(0), []);
    const names = await Promise.all(lab.bricks.map((brick) => brick.names()));
    for (const each of names) assert.deepEqual(each, names[0]);
    assert.ok([old, fresh].includes((await other.volume.lookup(ROOT_GFID, 'f')).stat.gfid));
    await lab.stop();
  });

  it('may be lost on a brick that was away for a moment: it owes them', async () => {
    const lab = await ReplicaLab.of(3, GRANULAR);
    await lab.volume.file('f');
    lab.gate(2).down();
    lab.gate(2).up();
    await lab.settle();
    assert.equal(lab.marks(ROOT_GFID), 'b0: b2 0/0/1; b1: b2 0/0/1');
    assert.deepEqual(lab.owed(0, ROOT_GFID), ['f']);
    await lab.stop();
  });

  it('stay noted where a change was lost on its way to all: some may have done it', async () => {
    const lab = await ReplicaLab.of(3, GRANULAR);
    const other = await lab.client();
    await lab.volume.file('f');
    for (const number of [0, 1, 2]) lab.gate(number).down();
    await lab.pass(1000);
    await lab.brick(2).directory('half');
    for (const number of [0, 1, 2]) lab.gate(number).up();
    await lab.pass(1000);
    assert.equal(lab.isInHand(0, ROOT_GFID), true);
    assert.equal((await other.healer.heal(ROOT_GFID)).result, 'healed');
    const names = await Promise.all(lab.bricks.map((brick) => brick.names()));
    for (const each of names) assert.deepEqual(each, names[0]);
    assert.equal(lab.isInHand(0, ROOT_GFID), false);
    await lab.stop();
  });
});
