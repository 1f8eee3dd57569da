import { nodeDisk } from '../../src/platform/node/disk.js';
import { SimDisk } from '../sim/disk.js';
import { diskContract } from './disk.js';
import { instantly, seeded } from './platforms.js';
import { TemporaryDirectory, whyNoXattrs } from './temporary.js';

const why = whyNoXattrs();

if (why === undefined) {
  diskContract('this machine', 'user.', () => {
    const directory = new TemporaryDirectory('disk');
    return { disk: nodeDisk(), path: directory.path, close: () => directory.remove() };
  });
} else {
  it(`disk: this machine is skipped, because ${why}`);
}

diskContract('simulated', 'trusted.', () => {
  const disk = new SimDisk({ clock: instantly(), random: seeded(1) });
  disk.mkdir('/work', 0o755);
  return { disk, path: '/work', close: () => undefined };
});
