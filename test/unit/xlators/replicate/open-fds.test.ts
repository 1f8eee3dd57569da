import assert from 'node:assert/strict';
import { Fd, O_RDONLY } from '../../../../src/fop/fd.js';
import type { Dirent } from '../../../../src/fop/fops.js';
import { NULL_GFID, ROOT_GFID } from '../../../../src/fop/gfid.js';
import { Volume } from '../../../../src/mount/volume.js';
import { refuses } from '../../../contract/volume.js';
import { gfidOf, ReplicaLab } from '../../../scenario/replica-lab.js';

const FIRST = gfidOf(3);

describe('replicate: open files', () => {
  let lab: ReplicaLab;
  beforeEach(async () => {
    lab = await ReplicaLab.of(3);
    await lab.file('f', 'text', FIRST);
  });
  afterEach(() => lab.stop());

  it('opens one copy, and others when they are read', async () => {
    const fd = await lab.volume.open(FIRST, O_RDONLY);
    assert.equal(await lab.volume.read(fd), 'text');
    assert.deepEqual(lab.asked('open'), [0]);
    lab.gate(0).down();
    assert.equal(await lab.volume.read(fd), 'text');
    assert.deepEqual(lab.asked('open'), [1]);
    await lab.volume.release(fd);
    assert.deepEqual(lab.asked('release'), [1]);
  });

  it('opens it again where the connection was lost meanwhile', async () => {
    const fd = await lab.volume.open(FIRST, O_RDONLY);
    lab.gate(0).down();
    lab.gate(0).up();
    lab.asked('open');
    assert.equal(await lab.volume.read(fd), 'text');
    assert.deepEqual(lab.asked('open'), [0]);
    await lab.volume.release(fd);
  });

  it('opens it once elsewhere for reads at once', async () => {
    const fd = await lab.volume.open(FIRST, O_RDONLY);
    lab.gate(0).down();
    await Promise.all([1, 2, 3].map(() => lab.volume.read(fd)));
    assert.equal(lab.gate(1).seen.filter((fop) => fop === 'open').length, 1);
    await lab.volume.release(fd);
  });

  it('reads an open file that has no name any more', async () => {
    const fd = await lab.volume.open(FIRST, O_RDONLY);
    for (const brick of lab.bricks) await brick.unlink(ROOT_GFID, 'f');
    lab.gate(2).down();
    assert.equal(await lab.volume.read(fd), 'text');
    await lab.volume.release(fd);
  });

  it('knows no fd that was not opened, nor one that was released', async () => {
    await refuses('EBADF', lab.volume.read(new Fd(FIRST, O_RDONLY)));
    const fd = await lab.volume.open(FIRST, O_RDONLY);
    await lab.volume.release(fd);
    await refuses('EBADF', lab.volume.read(fd));
    await refuses('EBADF', lab.volume.wind('release', { fd }));
  });

  it('closes a file whose brick is lost', async () => {
    const fd = await lab.volume.open(FIRST, O_RDONLY);
    for (const number of [0, 1, 2]) lab.gate(number).down();
    await lab.volume.release(fd);
  });
});

describe('replicate: listings', () => {
  const NAMES = Array.from({ length: 40 }, (_, number) => `name-${number}`);
  let lab: ReplicaLab;
  beforeEach(async () => {
    lab = await ReplicaLab.of(3, { 'read-subvolume': 'b0' });
    for (const [index, name] of NAMES.entries()) await lab.file(name, '', gfidOf(100 + index));
  });
  afterEach(() => lab.stop());

  const list = (fd: Fd, offset: bigint) => lab.volume.wind('readdir', { fd, offset, size: 2500 });

  /** The rest of a listing, after what was told up to now. */
  async function rest(fd: Fd, entries: readonly Dirent[]): Promise<string[]> {
    const told = [...entries];
    for (;;) {
      const part = await list(fd, told.at(-1)?.offset ?? 0n);
      told.push(...part.entries);
      if (part.isEof) return told.map(({ name }) => name).sort();
    }
  }

  it('are read at one child from beginning to end', async () => {
    const fd = await lab.volume.opendir(ROOT_GFID);
    assert.deepEqual(await rest(fd, []), ['.', '..', ...NAMES].sort());
    assert.deepEqual(lab.asked('readdir'), [0]);
  });

  it('go on elsewhere, without a gap or a repetition, where the bricks have one order', async () => {
    const fd = await lab.volume.opendir(ROOT_GFID);
    const { entries } = await list(fd, 0n);
    lab.gate(0).down();
    assert.deepEqual(await rest(fd, entries), ['.', '..', ...NAMES].sort());
    assert.deepEqual(lab.asked('readdir'), [0, 1]);
    await lab.volume.wind('releasedir', { fd });
  });

  it('fail where another brick has another order, and begin anew there', async () => {
    const fd = await lab.volume.opendir(ROOT_GFID);
    const { entries } = await list(fd, 0n);
    lab.gate(0).down();
    for (const number of [1, 2]) lab.gate(number).turnsCookies = true;
    await refuses('ENOTCONN', rest(fd, entries));
    assert.deepEqual(await rest(fd, []), ['.', '..', ...NAMES].sort());
  });

  it('go on at the same brick when it comes back', async () => {
    const fd = await lab.volume.opendir(ROOT_GFID);
    const { entries } = await list(fd, 0n);
    lab.gate(0).down();
    lab.gate(0).up();
    lab.asked('readdir');
    assert.deepEqual(await rest(fd, entries), ['.', '..', ...NAMES].sort());
    assert.deepEqual(lab.asked('readdir'), [0]);
  });

  it('are read where the names are good', async () => {
    await lab.brick(0).unlink(ROOT_GFID, 'name-7');
    await lab.accuse(2, 0, ROOT_GFID, 'entry');
    const fd = await lab.volume.opendir(ROOT_GFID);
    assert.ok((await rest(fd, [])).includes('name-7'));
    assert.deepEqual(lab.asked('readdir'), [1]);
  });

  it('can be read where all directories accuse each other', async () => {
    for (const [by, whom] of [[0, 1] as const, [1, 2] as const, [2, 0] as const])
      await lab.accuse(by, whom, ROOT_GFID, 'entry');
    const fd = await lab.volume.opendir(ROOT_GFID);
    assert.deepEqual(await rest(fd, []), ['.', '..', ...NAMES].sort());
  });

  it('tell attributes of good copies only', async () => {
    await lab.accuse(1, 0, gfidOf(100), 'data');
    const fd = await lab.volume.opendir(ROOT_GFID);
    const request = { fd, offset: 0n, size: 65_536 };
    const { entries } = await lab.volume.wind('readdirp', request);
    const gfids = new Map(entries.map(({ name, stat }) => [name, stat.gfid]));
    assert.equal(gfids.get('name-0'), NULL_GFID);
    assert.equal(gfids.get('name-1'), gfidOf(101));
    const volume = new Volume(lab.volume.top, { newGfid: () => gfidOf(1) });
    const [first] = await volume.list('/');
    assert.deepEqual([first?.name, first?.stat.gfid], ['name-0', gfidOf(100)], 'and others asked');
  });
});

describe('replicate: listings with consistent-metadata', () => {
  it('tell attributes of what is read where the directory is', async () => {
    const lab = await ReplicaLab.of(3, { 'consistent-metadata': 'on' });
    for (const last of [3, 4, 5]) await lab.file(`f${last}`, '', gfidOf(last));
    const fd = await lab.volume.opendir(ROOT_GFID);
    const request = { fd, offset: 0n, size: 65_536 };
    const { entries } = await lab.volume.wind('readdirp', request);
    const told = entries.filter(({ stat }) => stat.gfid !== NULL_GFID);
    assert.deepEqual(
      told.map(({ name }) => name),
      ['.', 'f4'],
      'the root, whose gfid ends in 1, is read at b1, and so is f4',
    );
    await lab.stop();
  });
});
