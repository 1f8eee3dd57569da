import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT, SETATTR_MODE, SETATTR_UID } from '../../src/fop/iatt.js';
import { dict, refuses } from '../contract/volume.js';
import { HealLab } from './heal-lab.js';
import { gfidOf } from './replica-lab.js';

const F = gfidOf(1);
const BLOCK = 128 * 1024;

describe('heal of the bytes of a file', () => {
  it('brings a write over that a brick has missed, with the time of the source', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'old text', F);
    lab.clock.advance(5000);
    await lab.rewrite(F, 'new', [0]);
    await lab.mark(0, 1, F, { data: 1 });
    await lab.healAll();
    const lines = await lab.assertEqual();
    assert.match(lines.join(), /"new"/);
  });

  it('sends the blocks that differ, and no others', async () => {
    const lab = await HealLab.of(2);
    const text = 'x'.repeat(20 * BLOCK);
    await lab.file('f', text, F);
    await lab.on([0], async (brick) => {
      const fd = await brick.open(F, 2);
      await brick.write(fd, 'changed', 17 * BLOCK + 5);
      await brick.write(fd, 'changed', 3 * BLOCK);
      await brick.release(fd);
    });
    await lab.mark(0, 1, F, { data: 2 });
    const sent: number[] = [];
    await lab.healAll({ take: async (bytes) => void sent.push(bytes), isStopped: false });
    await lab.assertEqual();
    assert.deepEqual(sent, [BLOCK, BLOCK]);
  });

  it('leaves holes in what was not there', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', '', F);
    await lab.on([0], async (brick) => {
      const fd = await brick.open(F, 2);
      await brick.write(fd, 'the end', 50 * BLOCK);
      await brick.release(fd);
    });
    await lab.mark(0, 1, F, { data: 1 });
    const sent: number[] = [];
    await lab.healAll({ take: async (bytes) => void sent.push(bytes), isStopped: false });
    await lab.assertEqual();
    assert.deepEqual(sent, [7]);
  });

  it('shortens a copy that is too long', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'a longer text', F);
    await lab.rewrite(F, 'short', [0, 2]);
    await lab.mark(0, 1, F, { data: 1 });
    await lab.mark(2, 1, F, { data: 1 });
    await lab.healAll();
    await lab.assertEqual();
  });

  it('heals two of three while the third is away, which stays accused, by both (H7)', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'old', F);
    lab.gate(2).down();
    await lab.rewrite(F, 'new', [0]);
    await lab.mark(0, 1, F, { data: 1 });
    await lab.mark(0, 2, F, { data: 1 });
    await lab.healer.heal(F);
    assert.equal(await lab.brick(1).content(F), 'new');
    assert.deepEqual(await lab.marksOf(0, F), ['b2=1,0,0']);
    assert.deepEqual(await lab.marksOf(1, F), ['b2=1,0,0']);
    lab.gate(0).down();
    lab.gate(2).up();
    await lab.healAll();
    assert.equal(await lab.brick(2).content(F), 'new');
    lab.gate(0).up();
    await lab.healAll();
    await lab.assertEqual();
  });

  it('never leaves a copy that is half healed to be read alone (H4)', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'a'.repeat(12 * BLOCK), F);
    await lab.rewrite(F, 'b'.repeat(12 * BLOCK), [0]);
    await lab.mark(0, 1, F, { data: 1 });
    let left = 3;
    const cut = {
      take: async () => {
        left -= 1;
      },
      get isStopped() {
        return left <= 0;
      },
    };
    const { result } = await lab.healer.heal(F, cut);
    assert.equal(result, 'partly');
    assert.deepEqual(await lab.marksOf(1, F), ['b1=1,0,0']);
    lab.gate(0).down();
    await refuses('EIO', lab.volume.content(F));
    lab.gate(0).up();
    await lab.healAll();
    await lab.assertEqual();
  });

  it('a write that was not seen to end is the same everywhere afterwards', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'one', F);
    await lab.rewrite(F, 'two', [1]);
    for (const number of lab.numbers) await lab.mark(number, 'dirty', F, { data: 1 });
    await lab.healAll();
    await lab.assertEqual();
  });

  it('a split-brain stays, and is told, until a policy decides it', async () => {
    const split = async (options: Readonly<Record<string, string>>) => {
      const lab = await HealLab.of(2, options);
      await lab.file('f', 'x', F);
      await lab.rewrite(F, 'mine', [0]);
      await lab.mark(0, 1, F, { data: 1 });
      await lab.rewrite(F, 'longest', [1]);
      await lab.mark(1, 0, F, { data: 1 });
      return lab;
    };
    const lab = await split({});
    assert.deepEqual(await lab.healAll(), ['split-brain']);
    const decided = await split({ 'favorite-child-policy': 'size' });
    await decided.healAll();
    assert.match((await decided.assertEqual()).join(), /"longest"/);
  });

  it('takes an inode that nobody has out of the lists', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'x', F);
    await lab.mark(0, 1, F, { data: 1 });
    for (const number of lab.numbers) await lab.brick(number).unlink(ROOT_GFID, 'f');
    await lab.healAll();
    await lab.assertEqual();
  });
});

describe('heal of attributes', () => {
  it('brings owner, permissions and extended attributes over', async () => {
    const lab = await HealLab.of(3);
    await lab.file('f', 'x', F);
    await lab.on([2], (brick) =>
      brick.wind('setxattr', { gfid: F, dict: dict({ 'user.old': Buffer.from('1') }), flags: 0 }),
    );
    await lab.on([0, 1], async (brick) => {
      const stbuf = { ...NO_IATT, mode: 0o4750, uid: 7 };
      await brick.wind('setattr', { gfid: F, stbuf, valid: SETATTR_MODE | SETATTR_UID });
      const value = dict({ 'user.new': Buffer.from('2') });
      await brick.wind('setxattr', { gfid: F, dict: value, flags: 0 });
    });
    await lab.mark(0, 2, F, { metadata: 2 });
    await lab.mark(1, 2, F, { metadata: 2 });
    await lab.healAll();
    assert.match((await lab.assertEqual()).join(), /4750 7:0 .* user.new=2$/);
  });

  it('blame over nothing but times is taken off (H6)', async () => {
    const lab = await HealLab.of(2);
    await lab.file('f', 'x', F);
    await lab.mark(0, 1, F, { metadata: 1 });
    await lab.mark(1, 0, F, { metadata: 1 });
    await lab.healAll();
    await lab.assertEqual();
  });
});
