import assert from 'node:assert/strict';
import { O_RDWR, O_WRONLY } from '../../src/fop/fd.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import { dict, refuses } from '../contract/volume.js';
import { gfidOf, ReplicaLab } from './replica-lab.js';

/*
 * What a replica set writes beside the files while a brick is away: who has missed what. The figures are those that
 * GlusterFS 10.3 leaves (engine reference, B.1), but for a file that is written several times in one session, which counts once.
 */

/** Does one thing to a volume of three with b1 away, and tells the marks of the root and of one more inode. */
const ROWS: readonly {
  readonly what: string;
  readonly before?: (lab: ReplicaLab) => Promise<Gfid>;
  readonly act: (lab: ReplicaLab, gfid: Gfid) => Promise<Gfid | undefined>;
  readonly root: string;
  readonly inode: string;
  readonly owed: readonly string[];
}[] = [
  {
    what: 'a file that is made and written',
    act: (lab) => lab.volume.file('f', 'text'),
    root: 'b1 0/0/1',
    inode: 'b1 2/1/0',
    owed: ['f'],
  },
  {
    what: 'a directory, all of whose names are owed',
    act: (lab) => lab.volume.directory('d'),
    root: 'b1 0/0/1',
    inode: 'b1 1/1/1',
    owed: ['d'],
  },
  {
    what: 'a symlink',
    act: async (lab) => {
      const request = { pargfid: ROOT_GFID, bname: 's', umask: 0, linkname: 'to' };
      return (await lab.volume.wind('symlink', request, lab.volume.wantGfid())).stat.gfid;
    },
    root: 'b1 0/0/1',
    inode: 'b1 0/1/0',
    owed: ['s'],
  },
  {
    what: 'a write in place',
    before: (lab) => lab.volume.file('f', 'text'),
    act: async (lab, gfid) => {
      const fd = await lab.volume.open(gfid, O_RDWR);
      await lab.volume.write(fd, 'more', 4);
      await lab.volume.release(fd);
      return gfid;
    },
    root: 'none',
    inode: 'b1 1/0/0',
    owed: [],
  },
  {
    what: 'attributes',
    before: (lab) => lab.volume.file('f', 'text'),
    act: async (lab, gfid) => {
      const value = dict({ 'user.a': Buffer.from('x') });
      await lab.volume.wind('setxattr', { gfid, flags: 0, dict: value });
      return gfid;
    },
    root: 'none',
    inode: 'b1 0/1/0',
    owed: [],
  },
  {
    what: 'a removal',
    before: (lab) => lab.volume.file('f'),
    act: async (lab) => {
      await lab.volume.unlink(ROOT_GFID, 'f');
      return undefined;
    },
    root: 'b1 0/0/1',
    inode: '',
    owed: ['f'],
  },
  {
    what: 'a rename within one directory, which counts twice',
    before: (lab) => lab.volume.file('f'),
    act: async (lab, gfid) => {
      await lab.volume.rename(ROOT_GFID, 'f', ROOT_GFID, 'g');
      return gfid;
    },
    root: 'b1 0/0/2',
    inode: 'none',
    owed: ['f', 'g'],
  },
  {
    what: 'a second name',
    before: (lab) => lab.volume.file('f'),
    act: async (lab, gfid) => {
      await lab.volume.link(gfid, ROOT_GFID, 'g');
      return gfid;
    },
    root: 'b1 0/0/1',
    inode: 'none',
    owed: ['g'],
  },
];

/** The same words for every brick but b1, which was away. */
function everywhereBut1(marks: string): string {
  if (marks === 'none' || marks === '') return 'none';
  return `b0: ${marks}; b2: ${marks}`;
}

describe('replica set: what is noted while a brick is away', () => {
  for (const { what, before, act, root, inode, owed } of ROWS)
    it(what, async () => {
      const lab = await ReplicaLab.of(3, { 'granular-entry-heal': 'on' });
      const there = (await before?.(lab)) ?? ROOT_GFID;
      await lab.pass(1000);
      lab.gate(1).down();
      const gfid = await act(lab, there);
      await lab.settle();
      assert.equal(lab.marks(ROOT_GFID), everywhereBut1(root));
      if (gfid !== undefined) assert.equal(lab.marks(gfid), everywhereBut1(inode));
      assert.deepEqual([lab.owed(0, ROOT_GFID), lab.owed(1, ROOT_GFID)], [owed, []]);
      const listed = [root === 'none' ? [] : [ROOT_GFID], inode.startsWith('b1') ? [gfid] : []];
      assert.deepEqual(lab.index(0, 'xattrop'), listed.flat().sort());
      assert.deepEqual(lab.index(0, 'dirty'), []);
      await lab.stop();
    });

  it('nothing is noted where everybody is there', async () => {
    const lab = await ReplicaLab.of(3, { 'granular-entry-heal': 'on' });
    const gfid = await lab.volume.file('f', 'text');
    await lab.volume.rename(ROOT_GFID, 'f', ROOT_GFID, 'g');
    await lab.settle();
    assert.equal(`${lab.marks(ROOT_GFID)} ${lab.marks(gfid)}`, 'none none');
    assert.deepEqual([lab.index(0, 'xattrop'), lab.owed(0, ROOT_GFID)], [[], []]);
    await lab.stop();
  });

  it('a brick that is lost in the middle is blamed before the answer is there', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    const fd = await lab.volume.open(gfid, O_WRONLY);
    lab.gate(1).once.set('writev', () => lab.gate(1).down());
    await lab.volume.write(fd, 'new!');
    assert.match(lab.marks(gfid), /^b0: b1 1\/0\/0.*; b2: b1 1\/0\/0/);
    await lab.volume.write(fd, 'more', 4);
    await lab.volume.release(fd);
    assert.equal(lab.marks(gfid), 'b0: b1 2/0/0; b1: dirty 1/0/0; b2: b1 2/0/0');
    assert.equal(await lab.brick(2).content(gfid), 'new!more');
    await lab.stop();
  });

  it('a brick that has no room is blamed alike', async () => {
    const lab = await ReplicaLab.of(3);
    lab.gate(2).failures.set('create', 'ENOSPC');
    const gfid = await lab.volume.file('f', 'text');
    await lab.settle();
    assert.equal(lab.marks(ROOT_GFID), 'b0: b2 0/0/1; b1: b2 0/0/1');
    assert.equal(lab.marks(gfid), 'b0: b2 2/1/0; b1: b2 2/1/0');
    await lab.stop();
  });

  it('what all refuse alike blames nobody', async () => {
    const lab = await ReplicaLab.of(3, { 'granular-entry-heal': 'on' });
    await lab.volume.directory('d');
    await refuses('EEXIST', lab.volume.directory('d'));
    await lab.pass(1000);
    lab.gate(1).down();
    await refuses('EEXIST', lab.volume.directory('d'));
    await lab.settle();
    assert.equal(lab.marks(ROOT_GFID), 'none');
    assert.deepEqual(lab.owed(0, ROOT_GFID), []);
    await lab.stop();
  });

  it('a name stays owed when the same is refused later', async () => {
    const lab = await ReplicaLab.of(3, { 'granular-entry-heal': 'on' });
    lab.gate(1).down();
    await lab.volume.directory('d');
    await refuses('EEXIST', lab.volume.directory('d'));
    await lab.settle();
    assert.equal(lab.marks(ROOT_GFID), 'b0: b1 0/0/1; b2: b1 0/0/1');
    assert.deepEqual(lab.owed(0, ROOT_GFID), ['d']);
    await lab.stop();
  });

  it('a name that is another inode at one brick: that brick has missed something', async () => {
    const lab = await ReplicaLab.of(3);
    await lab.file('f', 'stray', gfidOf(9), [1]);
    const { gfid, fd } = await lab.volume.create(ROOT_GFID, 'f');
    await lab.volume.write(fd, 'mine');
    await lab.volume.release(fd);
    assert.equal(await lab.brick(1).content(gfidOf(9)), 'stray');
    assert.equal(lab.marks(ROOT_GFID), 'b0: b1 0/0/1; b2: b1 0/0/1');
    assert.equal(await lab.volume.content(gfid), 'mine');
    await lab.stop();
  });
});

describe('replica set: what does not hold', () => {
  it('a change that fewer than a quorum did', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    for (const number of [1, 2]) lab.gate(number).failures.set('mkdir', 'ENOSPC');
    await refuses('ENOSPC', lab.volume.directory('d'));
    await lab.settle();
    assert.equal(lab.marks(ROOT_GFID), 'b0: dirty 0/0/1');
    for (const number of [1, 2]) lab.gate(number).failures.set('writev', 'ENOSPC');
    const fd = await lab.volume.open(gfid, O_WRONLY);
    await refuses('ENOSPC', lab.volume.write(fd, 'x'));
    await lab.volume.release(fd);
    assert.equal(lab.marks(gfid), 'b0: dirty 1/0/0; b1: dirty 1/0/0; b2: dirty 1/0/0');
    await lab.stop();
  });

  it('anything below the quorum', async () => {
    const lab = await ReplicaLab.of(3);
    lab.gate(1).down();
    lab.gate(2).down();
    await refuses('ENOTCONN', lab.volume.directory('d'));
    assert.deepEqual(await lab.brick(0).names(), []);
    await lab.stop();
  });

  it('a write that only a copy took which lags behind: else it would accuse the good one', async () => {
    const lab = await ReplicaLab.of(2);
    const gfid = await lab.volume.file('f', 'old');
    const fd = await lab.volume.open(gfid, O_WRONLY);
    lab.gate(1).down();
    await lab.volume.write(fd, 'new');
    await lab.settle();
    lab.gate(1).up();
    await lab.settle();
    lab.gate(0).once.set('writev', () => lab.gate(0).down());
    await refuses('ENOTCONN', lab.volume.write(fd, 'xxx'));
    await lab.settle();
    assert.doesNotMatch(lab.marks(gfid), /b1: b0/);
    await lab.stop();
  });

  it('a change where only the arbiter is good', async () => {
    const lab = await ReplicaLab.of(3, { 'arbiter-count': '1' });
    const gfid = await lab.volume.file('f', 'text');
    await lab.settle();
    await lab.accuse(2, 1, gfid, 'data');
    await lab.accuse(2, 0, gfid, 'data');
    await refuses('ENOTCONN', lab.volume.wind('truncate', { gfid, offset: 0 }));
    await lab.stop();
  });
});

describe('replica set: what has to be healed before it is changed', () => {
  it('a file that everybody accuses everybody of', async () => {
    const lab = await ReplicaLab.of(2);
    const gfid = await lab.volume.file('f', 'text');
    await lab.settle();
    await lab.accuse(0, 1, gfid, 'data');
    await lab.accuse(1, 0, gfid, 'data');
    await lab.volume.wind('truncate', { gfid, offset: 2 });
    await lab.volume.wind('fsync', { fd: await lab.volume.open(gfid, O_RDWR), datasync: 0 });
    for (const brick of lab.bricks) assert.equal(await brick.content(gfid), 'te');
    await lab.pass(1000);
    assert.equal(lab.marks(gfid), 'none');
    await lab.stop();
  });

  it('one of two copies, before it is the second one of what is answered', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    lab.gate(1).down();
    await lab.volume.wind('truncate', { gfid, offset: 2 });
    await lab.pass(1000);
    lab.gate(1).up();
    lab.gate(2).down();
    await lab.volume.wind('truncate', { gfid, offset: 1 });
    await lab.pass(1000);
    assert.equal(await lab.brick(1).content(gfid), 't');
    assert.equal(lab.marks(gfid), 'b0: b2 1/0/0; b1: b2 1/0/0; b2: b1 1/0/0');
    await lab.stop();
  });

  it('not by those that both lag behind, while the good one is away: what was removed would be back', async () => {
    const lab = await ReplicaLab.of(3, { 'granular-entry-heal': 'on' });
    await lab.volume.file('f', 'text');
    await lab.pass(1000);
    lab.gate(1).down();
    await lab.volume.directory('missed-by-b1');
    await lab.pass(1000);
    lab.gate(0).down();
    lab.gate(1).up();
    await lab.volume.unlink(ROOT_GFID, 'f');
    await lab.pass(1000);
    lab.gate(2).down();
    lab.gate(0).up();
    await refuses('ENOTCONN', lab.volume.directory('d'));
    await lab.volume.lookup(ROOT_GFID, 'f').catch(() => undefined);
    assert.deepEqual(
      [await lab.brick(0).names(), await lab.brick(1).names()],
      [['f', 'missed-by-b1'], ['missed-by-b1']],
    );
    lab.gate(2).up();
    await refuses('ENOENT', lab.volume.lookup(ROOT_GFID, 'f'));
    await lab.volume.directory('d');
    await lab.stop();
  });

  it('and where it cannot be healed, it is not changed', async () => {
    const lab = await ReplicaLab.of(3);
    const gfid = await lab.volume.file('f', 'text');
    lab.gate(1).down();
    await lab.volume.wind('truncate', { gfid, offset: 2 });
    await lab.pass(1000);
    lab.gate(1).up();
    lab.gate(2).down();
    lab.gate(1).failures.set('ftruncate', 'EIO');
    lab.gate(1).failures.set('truncate', 'EIO');
    lab.gate(1).failures.set('writev', 'EIO');
    await refuses('ENOTCONN', lab.volume.wind('truncate', { gfid, offset: 1 }));
    assert.equal(await lab.brick(0).content(gfid), 'te');
    await lab.stop();
  });
});
