import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../program/until.js';
import { shell } from './shell.js';
import { needInterop, type StockMount } from './stock-client.js';
import { StockVolume } from './stock-volume.js';

const BEGIN = `
cd $1
mkdir d dir; for name in same grown rewritten removed moved; do echo "first $name" > $name; done
dd if=/dev/urandom of=large bs=128k count=8 status=none
setfattr -n user.gone -v v same; ln -s same link; sync
`;
/** While one brick is away. */
const MESS = `
cd $1
echo more >> grown; printf other > rewritten; rm removed; mv moved d/moved; rmdir dir
mkdir -p new/deep; echo x > new/deep/file; ln -s ../deep new/link
chmod 600 same; chown 7:8 same; setfattr -n user.k -v v same; setfattr -x user.gone same
dd if=/dev/urandom of=large bs=128k count=2 seek=3 conv=notrunc status=none
for i in $(seq 20); do echo $i > d/$i; done
`;
const PICTURE = `
cd $1
find . -printf '%P %y %m %U:%G %s %l\\n' | sort; find . -type f | sort | xargs sha256sum; getfattr -d same
`;

describe('a stock disperse volume of two and one, one brick ours', function () {
  this.timeout(120_000);
  let volume: StockVolume;
  let mount: StockMount;
  let healLog = '';
  let written = '';

  before(async function () {
    needInterop(this, 'setfattr', 'glusterfsd');
    volume = await StockVolume.start('disperse', 'stock', 'stock', 'ours');
    mount = await volume.mount();
  });
  after(() => volume?.stop());

  it('is written to while our brick is away', async () => {
    await shell(BEGIN, mount.path);
    await volume.brick(2).kill();
    await shell(MESS, mount.path);
    written = await shell(PICTURE, mount.path);
  });

  it('is healed onto our brick by the stock daemon, to the last entry of the lists', async () => {
    assert.ok(owed(volume) > 20, `${owed(volume)} are owed`);
    await volume.brick(2).start();
    healLog = volume.startHealing();
    await until('nothing is owed', () => owed(volume) === 0, 60_000);
    await volume.stopHealing();
  });

  it('is read over our brick and one other, as it was written', async () => {
    await volume.unmount();
    await volume.brick(0).stop();
    const again = await volume.mount();
    assert.equal(await shell(PICTURE, again.path), written);
    mount = again;
    await volume.brick(0).start();
  });

  it('has found no brick to answer otherwise than the others', () => {
    const logs = readdirSync(volume.directory).filter((name) => name.endsWith('.log'));
    const lines = [...logs.map((name) => join(volume.directory, name)), healLog].flatMap((path) =>
      readFileSync(path, 'utf8').split('\n'),
    );
    assert.ok(lines.length > 20);
    assert.deepEqual(
      lines.filter((line) => /Mismatching/i.test(line)),
      [],
    );
  });
});

/** Entries in the lists of what is to be healed, of all bricks. */
function owed(volume: StockVolume): number {
  return volume.bricks
    .map(({ directory }) => join(directory, '.glusterfs/indices/xattrop'))
    .filter(existsSync)
    .flatMap((directory) => readdirSync(directory))
    .filter((name) => !name.startsWith('xattrop-')).length;
}
