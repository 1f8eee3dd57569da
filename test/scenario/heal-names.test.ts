import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { HealLab } from './heal-lab.js';
import { gfidOf } from './replica-lab.js';

const [D, E, F, G] = [gfidOf(13), gfidOf(14), gfidOf(1), gfidOf(2)] as const;

/** What GlusterFS's client notes where brick `away` misses a change of names in a directory. */
const missed = (
  lab: HealLab,
  by: readonly number[],
  away: number,
  ...names: readonly string[]
): Promise<void> =>
  Promise.all(
    by.map((number) => lab.mark(number, away, ROOT_GFID, { entry: names.length }, ...names)),
  ).then(() => undefined);

describe('heal of names', () => {
  it('makes what was made and removes what was removed', async () => {
    const lab = await HealLab.of(2);
    await lab.file('removed', 'gone', F);
    await lab.file('made', 'content', G, [0]);
    await lab.mark(0, 1, G, { data: 2, metadata: 1 });
    await lab.brick(0).unlink(ROOT_GFID, 'removed');
    await missed(lab, [0], 1, 'removed', 'made');
    await lab.healAll();
    assert.deepEqual(
      (await lab.assertEqual()).map((line) => line.replace(/ at .*/, '')),
      ['/made 644 0:0 0002 x1 "content"'],
    );
  });

  it('makes a whole tree, with links, symlinks and owners, on an empty brick', async () => {
    const lab = await HealLab.of(3);
    await lab.directory('d', D, [0, 2]);
    await lab.file('f', 'in the directory', F, [0, 2], D);
    await lab.on([0, 2], async (brick) => {
      await brick.link(F, ROOT_GFID, 'second');
      await brick.wind(
        'symlink',
        { pargfid: D, bname: 'l', umask: 0, linkname: '../second' },
        brick.wantGfid(G),
      );
    });
    for (const by of [0, 2]) await lab.mark(by, 1, ROOT_GFID, { data: 1, metadata: 1, entry: 1 });
    await lab.healAll();
    assert.equal((await lab.assertEqual()).length, 4);
    const seen = await lab.brick(1).wind('readlink', { gfid: G, size: 99 });
    assert.equal(seen.path, '../second');
  });

  it('a rename that was missed sends no bytes', async () => {
    const lab = await HealLab.of(2);
    await lab.directory('d', D);
    await lab.file('f', 'a file of some size', F);
    await lab.brick(0).rename(ROOT_GFID, 'f', D, 'moved');
    await missed(lab, [0], 1, 'f');
    await lab.mark(0, 1, D, { entry: 1 }, 'moved');
    const sent: number[] = [];
    await lab.healAll({ take: async (bytes) => void sent.push(bytes), isStopped: false });
    await lab.assertEqual();
    assert.deepEqual(sent, []);
  });

  it('a directory that was moved keeps what is in it', async () => {
    const lab = await HealLab.of(2);
    await lab.directory('from', D);
    await lab.directory('to', E);
    await lab.directory('inner', G, lab.numbers, D);
    await lab.file('f', 'kept', F, lab.numbers, G);
    await lab.brick(0).rename(D, 'inner', E, 'elsewhere');
    await lab.mark(0, 1, E, { entry: 1 }, 'elsewhere');
    await lab.mark(0, 1, D, { entry: 1 }, 'inner');
    const sent: number[] = [];
    await lab.healAll({ take: async (bytes) => void sent.push(bytes), isStopped: false });
    assert.match((await lab.assertEqual()).join('\n'), /^\/to\/elsewhere\/f .*"kept"/m);
    assert.deepEqual(sent, []);
  });

  it('a file that was replaced is the new one everywhere', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'old', F);
    await lab.file('t', 'new', G, [0, 1]);
    await lab.on([0, 1], (brick) => brick.rename(ROOT_GFID, 't', ROOT_GFID, 'f'));
    await missed(lab, [0, 1], 2, 't', 'f', 'f');
    for (const by of [0, 1]) await lab.mark(by, 2, G, { data: 2, metadata: 1 });
    await lab.healAll();
    assert.match((await lab.assertEqual()).join('\n'), /^\/f .*"new"[^\n]*$/);
  });

  it('an acknowledged write to what was replaced is kept (H3)', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'old', F);
    await lab.file('t', 'new', G, [0]);
    await lab.brick(0).rename(ROOT_GFID, 't', ROOT_GFID, 'f');
    await missed(lab, [0], 1, 't', 'f', 'f');
    await lab.mark(0, 1, G, { data: 2, metadata: 1 });
    await lab.rewrite(F, 'old, and an order', [1]);
    await lab.mark(1, 0, F, { data: 1 });
    await lab.healAll();
    const text = (await lab.assertEqual()).join('\n');
    assert.match(text, /^\/f .*"new"/m);
    assert.match(text, /^\/f\.conflict-b1-\d{8}T\d{6}Z .*"old, and an order"/m);
  });

  it('both replaced it while apart: both stay, and the directory answers', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'of b0', F, [0]);
    await lab.file('f', 'of b1', G, [1]);
    await missed(lab, [0], 1, 'f');
    await missed(lab, [1], 0, 'f');
    await lab.mark(0, 1, F, { data: 2, metadata: 1 });
    await lab.mark(1, 0, G, { data: 2, metadata: 1 });
    await lab.healAll();
    const text = (await lab.assertEqual()).join('\n');
    assert.match(text, /"of b0"/);
    assert.match(text, /"of b1"/);
    assert.equal((await lab.volume.lookup(ROOT_GFID, 'f')).stat.gfid, F);
  });

  it('until then all names are listed that any copy has (H9)', async () => {
    const lab = await HealLab.of(2);
    const names = Array.from({ length: 40 }, (_, number) => `both-${number}`);
    for (const [at, name] of names.entries()) await lab.file(name, '', gfidOf(100 + at));
    await lab.file('of b0', 'x', F, [0]);
    await lab.file('of b1', 'x', G, [1]);
    await missed(lab, [0], 1, 'of b0');
    await missed(lab, [1], 0, 'of b1');
    const listed = await lab.volume.names();
    assert.deepEqual(listed, [...names, 'of b0', 'of b1'].sort());
    await lab.healAll();
    assert.deepEqual(await lab.volume.names(), listed);
    await lab.assertEqual();
  });

  it('each changed another name while apart: both changes stay', async () => {
    const lab = await HealLab.of(2);
    await lab.file('a', 'a', F);
    await lab.file('b', 'b', G);
    await lab.brick(0).unlink(ROOT_GFID, 'a');
    await missed(lab, [0], 1, 'a');
    await lab.brick(1).rename(ROOT_GFID, 'b', ROOT_GFID, 'c');
    await missed(lab, [1], 0, 'b', 'c');
    await lab.healAll();
    assert.match((await lab.assertEqual()).join('\n'), /^\/c [^\n]*$/);
  });

  for (const applied of [[0], [1], [0, 1]])
    it(`a rename that was torn goes on, done on ${applied.join(' ')} of three (H1, H2)`, async () => {
      const lab = await HealLab.of(3);
      await lab.file('f', 'old', F);
      await lab.file('t', 'new', G);
      await lab.on(applied, (brick) => brick.rename(ROOT_GFID, 't', ROOT_GFID, 'f'));
      assert.equal((await lab.volume.lookup(ROOT_GFID, 'f')).stat.gfid, G);
      await assert.rejects(lab.volume.lookup(ROOT_GFID, 't'), { errno: 'ENOENT' });
      await lab.healAll();
      assert.match((await lab.assertEqual()).join('\n'), /^\/f .*"new"[^\n]*$/);
    });

  it('two creates that nobody knows of each other are found by a lookup', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'of b0', F, [0]);
    await lab.file('f', 'of b1', G, [1]);
    await lab.volume.lookup(ROOT_GFID, 'f');
    await lab.healAll();
    const text = (await lab.assertEqual()).join('\n');
    assert.match(text, /"of b0"/);
    assert.match(text, /"of b1"/);
  });

  it('a name that others change all the time is looked up under its lock (seed 7116 of the replica world)', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'x', F);
    const gate = lab.gate(1);
    // Whoever does not hold the lock sees another inode there, one that is just being replaced.
    let locks = 0;
    gate.impostor = G;
    gate.before = (fop) => {
      if (fop === 'entrylk') locks += 1;
      gate.impostor = locks % 2 === 1 ? undefined : G;
    };
    assert.equal((await lab.volume.lookup(ROOT_GFID, 'f')).stat.gfid, F);
    assert.equal(locks, 2);
  });

  it('an inode that is marked is made where it is missing, though no directory is marked', async () => {
    const lab = await HealLab.of(3);
    await lab.directory('d', D);
    await lab.file('f', 'content', F, [0, 2], D);
    for (const by of [0, 2]) await lab.mark(by, 1, F, { data: 1, metadata: 1 });
    await lab.healAll();
    assert.match((await lab.assertEqual()).join('\n'), /^\/d\/f .*"content"/m);
  });

  it('can be cut off after any fop and begun again', async () => {
    for (let most = 1; ; most += 1) {
      const lab = await HealLab.of(2);
      await lab.file('f', 'old', F);
      await lab.file('t', 'new', G, [0]);
      await lab.brick(0).rename(ROOT_GFID, 't', ROOT_GFID, 'f');
      await missed(lab, [0], 1, 't', 'f', 'f');
      await lab.mark(0, 1, G, { data: 2, metadata: 1 });
      await lab.rewrite(F, 'old, and an order', [1]);
      await lab.mark(1, 0, F, { data: 1 });
      const isCut = await lab.cutOff(most);
      await lab.healAll();
      const text = (await lab.assertEqual()).join('\n');
      assert.match(text, /^\/f .*"new"/m, `cut after ${most} fops:\n${text}`);
      assert.match(text, /"old, and an order"/, `cut after ${most} fops`);
      assert.equal(text.split('\n').length, 2, `cut after ${most} fops:\n${text}`);
      if (!isCut) break;
      assert.ok(most < 500);
    }
  });
});
