import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { NO_IATT, SETATTR_MODE, SETATTR_UID } from '../../src/fop/iatt.js';
import { dict, refuses, textOf } from '../contract/volume.js';
import { AS_GLUSTERD, HealLab } from './heal-lab.js';
import { gfidOf } from './replica-lab.js';

const F = gfidOf(1);
const D = gfidOf(13);
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
    await lab.file('f', 'a'.repeat(72 * BLOCK), F);
    await lab.rewrite(F, 'b'.repeat(72 * BLOCK), [0]);
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
    await refuses('ENOTCONN', lab.volume.content(F));
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

  const split = async (count: number, options: Readonly<Record<string, string>> = AS_GLUSTERD) => {
    const lab = await HealLab.of(count, options);
    await lab.directory('d', D);
    await lab.file('f', 'x', F, lab.numbers, D);
    await lab.rewrite(F, 'mine', [0]);
    await lab.mark(0, 1, F, { data: 1 });
    lab.clock.advance(5000);
    await lab.rewrite(F, 'the longest', [1]);
    await lab.mark(1, 0, F, { data: 1 });
    return lab;
  };

  it('both versions of a file stay that both sides have changed while apart', async () => {
    const lab = await split(2);
    await lab.healAll();
    const text = (await lab.assertEqual()).join('\n');
    assert.match(text, /^\/d\/f .*"the longest"/m);
    assert.match(text, /^\/d\/f\.conflict-b0-\d{8}T\d{6}Z 644 .*"mine"/m);
  });

  it('they stay whatever change the heal is cut off after', async () => {
    for (let most = 1; ; most += 1) {
      const lab = await split(2);
      const isCut = await lab.cutOff(most);
      await lab.healAll();
      const text = (await lab.assertEqual()).join('\n');
      assert.match(text, /"the longest"/, `cut after ${most} changes`);
      assert.match(text, /"mine"/, `cut after ${most} changes`);
      assert.equal(text.split('\n').length, 3, `cut after ${most} changes:\n${text}`);
      if (!isCut) break;
      assert.ok(most < 500);
    }
  });

  it('until then it is told by the attributes that GlusterFS’s tools ask for', async () => {
    const lab = await split(2);
    const asked = async (name: string, gfid = F): Promise<string | undefined> => {
      const { dict: found } = await lab.volume.wind('getxattr', { gfid, name });
      const value = found?.get(name);
      return value?.type === 'string' ? value.text : textOf(found, name);
    };
    const status = 'replica.split-brain-status';
    assert.equal(
      await asked(status),
      'data-split-brain:yes    metadata-split-brain:no    Choices:b0,b1\0',
    );
    assert.equal(await asked('glusterfs.heal-info'), 'split-brain-pending');
    assert.equal(await asked('glusterfs.heal-info', D), 'no-heal');
    await lab.mark(0, 1, D, { entry: 1 });
    assert.equal(await asked('glusterfs.heal-info', D), 'heal-pending');
    await lab.healAll();
    assert.equal(await asked(status), 'The file is not under data or metadata split-brain\0');
    assert.equal(await asked('glusterfs.heal-info'), 'no-heal');
  });

  it('somebody decides by name, and hears what became of it (H11)', async () => {
    const lab = await split(2);
    const finalize = (name: string, gfid = F) => {
      const value = dict({ 'replica.split-brain-heal-finalize': Buffer.from(name) });
      return lab.volume.wind('setxattr', { gfid, dict: value, flags: 0 });
    };
    await refuses('EINVAL', finalize('b7'));
    await refuses('EINVAL', finalize('b0', D));
    lab.gate(0).failures.set('readv', 'EIO');
    await refuses('EIO', finalize('b0'));
    lab.gate(0).failures.clear();
    await finalize('b0').catch(() => undefined);
    await lab.healAll();
    const lines = await lab.assertEqual();
    assert.match(lines.join('\n'), /"mine"/);
    assert.equal(lines.length, 2);
  });

  it('a policy decides between them', async () => {
    const lab = await split(2, { ...AS_GLUSTERD, 'favorite-child-policy': 'size' });
    await lab.healAll();
    const lines = await lab.assertEqual();
    assert.match(lines.join('\n'), /"the longest"/);
    assert.equal(lines.length, 2);
  });

  it('nothing decides while somebody is away who may know better', async () => {
    const lab = await split(3);
    await lab.rewrite(F, 'the longest', [2]);
    await lab.mark(2, 0, F, { data: 1 });
    lab.gate(2).down();
    const { result } = await lab.healer.heal(F);
    assert.equal(result, 'split-brain');
    lab.gate(2).up();
    await lab.healAll();
    assert.match((await lab.assertEqual()).join('\n'), /"the longest"/);
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
