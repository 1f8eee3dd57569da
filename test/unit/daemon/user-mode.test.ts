import assert from 'node:assert/strict';
import { makeBrickDirectory } from '../../../src/daemon/brick-directory.js';
import { isUserMode } from '../../../src/daemon/user-mode.js';
import { FopError } from '../../../src/fop/error.js';
import type { ByteString } from '../../../src/fop/name.js';
import type { FileNumber } from '../../../src/platform/disk.js';
import { ManualClock, seeded } from '../../contract/platforms.js';
import { SimDisk } from '../../sim/disk.js';

const CLUSTER = '00000000-0000-4000-8000-00000000000c';

/** A filesystem that has no attributes of some namespaces, whoever asks. */
class PoorDisk extends SimDisk {
  constructor(
    private readonly lacks: readonly string[],
    isPrivileged: boolean,
  ) {
    super({ clock: new ManualClock(), random: seeded(1), isPrivileged });
  }

  override setxattr(
    target: ByteString | FileNumber,
    name: ByteString,
    value: Uint8Array,
    flags: 0 | 1 | 2,
  ): void {
    if (this.lacks.some((prefix) => name.startsWith(prefix)))
      throw new FopError('EOPNOTSUPP', 'setxattr');
    super.setxattr(target, name, value, flags);
  }
}

describe('attributes of a new config brick', () => {
  const modes = (disk: SimDisk) =>
    ['/brick/journal', '/brick/values'].map((path) => (disk.lstat(path).mode & 0o777).toString(8));

  it('trusted.* where that is possible', () => {
    const disk = new PoorDisk([], true);
    makeBrickDirectory(disk, '/brick', CLUSTER);
    assert.equal(isUserMode(disk, '/brick'), false);
    assert.deepEqual(modes(disk), ['755', '755']);
  });

  const CASES = [
    ['without the rights of root', new PoorDisk([], false)],
    ['as root on a filesystem without trusted.*', new PoorDisk(['trusted.'], true)],
  ] as const;
  for (const [title, disk] of CASES)
    it(`user.*, for its user alone, ${title}`, () => {
      makeBrickDirectory(disk, '/brick', CLUSTER);
      assert.equal(isUserMode(disk, '/brick'), true);
      assert.deepEqual(modes(disk), ['700', '700']);
    });

  for (const isPrivileged of [true, false])
    it(`none: a clear refusal, ${isPrivileged ? 'as root' : 'as a user'}`, () => {
      const disk = new PoorDisk(['trusted.', 'user.'], isPrivileged);
      assert.throws(() => makeBrickDirectory(disk, '/brick', CLUSTER), {
        code: 'HFS-5103',
        why: 'its filesystem takes neither trusted.* nor user.* attributes from this user',
        next: /--brick/,
      });
    });

  it('another failure is not mistaken for missing attributes', () => {
    const disk = new PoorDisk([], true);
    disk.mkdir('/brick', 0o755);
    disk.mkdir('/brick/journal', 0o755);
    assert.throws(() => makeBrickDirectory(disk, '/brick', CLUSTER), { code: 'HFS-5004' });
    assert.equal(isUserMode(disk, '/brick'), false);
    assert.equal(isUserMode(disk, '/nowhere'), false);
  });
});
