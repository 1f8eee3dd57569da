import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { O_CREAT, O_RDWR } from '../../../../src/fop/fd.js';
import { gfidBytes } from '../../../../src/fop/gfid.js';
import type { Disk } from '../../../../src/platform/disk.js';
import { Brick } from '../../../../src/xlators/storage/posix/brick.js';
import { GFID_XATTR } from '../../../../src/xlators/storage/posix/xattr-name.js';
import { ManualClock, seeded } from '../../../contract/platforms.js';
import { SimDisk } from '../../../sim/disk.js';

const OPTIONS = {
  directory: '/brick',
  volumeId: undefined,
  sharedBrickCount: 1,
  maxHardLinks: 100,
  isFips: true,
  reserve: { bytes: 0 },
  janitorSeconds: 600,
  fileMode: { mask: 0o777, force: 0 },
  directoryMode: { mask: 0o777, force: 0 },
  owner: { uid: undefined, gid: undefined },
  countsLinks: false,
  hasUuidInPathinfo: false,
  pathSeparator: ':',
  healthSeconds: 0,
  healthTimeoutSeconds: 20,
  marksFailedSyncs: false,
  nodeUuid: undefined,
};

describe('attributes that posix remembers', () => {
  const FILE = '/brick/f';
  const [one, other] = [randomUUID(), randomUUID()];
  let clock: ManualClock;
  let disk: SimDisk;
  let brick: Brick;
  let questions: number;
  const gfid = () => brick.gfidOf(FILE, disk.lstat(FILE));
  const setByHand = (value: string) => disk.setxattr(FILE, GFID_XATTR, gfidBytes(value), 0);

  beforeEach(() => {
    clock = new ManualClock();
    disk = new SimDisk({ clock, random: seeded(1) });
    disk.mkdir('/brick', 0o755);
    disk.close(disk.open(FILE, O_RDWR | O_CREAT, 0o644));
    setByHand(one);
    questions = 0;
    const counting: Disk = new Proxy(disk, {
      get: (target, key) => {
        if (key === 'findxattr' || key === 'listxattr') questions += 1;
        const member = Reflect.get(target, key);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const outside = { disk: counting, clock, random: seeded(2), notice: () => undefined };
    brick = new Brick('brick', OPTIONS, outside);
    brick.attributes.isReliable = true;
  });

  it('are not asked for again while the inode stands still', () => {
    clock.advance(1000);
    for (let count = 0; count < 5; count++) assert.equal(gfid(), one);
    assert.equal(questions, 1);
  });

  it('are asked for again when another process has changed one', () => {
    clock.advance(1000);
    assert.equal(gfid(), one);
    setByHand(other);
    assert.equal(gfid(), other);
  });

  it('are not remembered of an inode that has just changed: a second change may have the same ctime', () => {
    assert.equal(gfid(), one);
    setByHand(other);
    assert.equal(gfid(), other);
  });

  it('are not remembered of another inode with the same number', () => {
    clock.advance(1000);
    assert.equal(gfid(), one);
    const stat = disk.lstat(FILE);
    assert.equal(brick.attributes.of({ ...stat, dev: stat.dev + 1 }).gfid, undefined);
    assert.equal(brick.attributes.of({ ...stat, ctimeNsec: stat.ctimeNsec + 1 }).gfid, undefined);
  });

  it('are not remembered where the disk does not tell of changes', () => {
    brick.attributes.isReliable = false;
    clock.advance(1000);
    gfid();
    gfid();
    assert.equal(questions, 2);
  });

  it('are so many at most', () => {
    clock.advance(1000);
    const stat = disk.lstat(FILE);
    gfid();
    for (let ino = 1000n; ino < 10_000n; ino++) brick.attributes.of({ ...stat, ino }).gfid = other;
    assert.equal(gfid(), one);
    assert.equal(questions, 2);
  });
});
