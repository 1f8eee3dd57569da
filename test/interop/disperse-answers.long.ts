import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../program/free-port.js';
import { startBrick } from './brick-process.js';
import { shell } from './shell.js';
import { startStockBrick } from './stock-brick.js';
import { needInterop, type StockMount, stockMount } from './stock-client.js';

/*
 * cluster/disperse compares the answers of its bricks word for word, their xdata too, and leaves out a brick whose answer is another one. So a
 * volume of two stock bricks and one of ours is a hard judge: whatever we answer otherwise stands in the client's log.
 */

const brickVolfile = (path: string, port: number): string => `
volume posix
    type storage/posix
    option directory ${path}
end-volume
volume locks
    type features/locks
    subvolumes posix
end-volume
volume index
    type features/index
    option index-base ${path}/.glusterfs/indices
    option xattrop-pending-watchlist trusted.ec.dirty
    subvolumes locks
end-volume
volume brick
    type debug/io-stats
    subvolumes index
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.address-family inet
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port ${port}
    option auth.addr.brick.allow 127.0.0.1
    subvolumes brick
end-volume
`;

const clientVolfile = (ports: readonly number[]): string => `
${ports
  .map(
    (port, index) => `
volume client-${index}
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume brick
end-volume
`,
  )
  .join('')}
volume disperse
    type cluster/disperse
    option redundancy 1
    subvolumes ${ports.map((_, index) => `client-${index}`).join(' ')}
end-volume
volume utime
    type features/utime
    option noatime on
    subvolumes disperse
end-volume
`;

const WORK = `
cd "$1"
mkdir d; echo hello > d/f; cat d/f; ln d/f d/g; mv d/g d/h
dd if=/dev/urandom of=big bs=64k count=20 status=none; truncate -s 100000 big
cp big copy; cmp big copy; echo more >> copy; mv copy big
chmod 640 d/f; chown 5:6 d/f; touch -d @1000 d/f
setfattr -n user.x -v y d/f; getfattr -n user.x d/f; setfattr -x user.x d/f
ln -s d/f s; readlink s; mkfifo p; stat -c '%h %s %a' d/f
ls -la d . > ls.txt; df . > df.txt; rmdir d || true
fallocate -l 100000 fa; fallocate -p -o 0 -l 4096 fa
mkdir e; mv big e; mv e e2; echo text > e2/big; rm -r e2 d; rm s p fa ls.txt df.txt
ls; head -c 300000 /dev/urandom > kept
`;

describe('a stock disperse of two stock bricks and one of ours', function () {
  this.timeout(120_000);
  let directory = '';
  let mount: StockMount | undefined;
  const stops: (() => Promise<unknown>)[] = [];

  before(async function () {
    needInterop(this, 'glusterfsd', 'setfattr', 'fallocate', 'mkfifo');
    directory = mkdtempSync(join(tmpdir(), 'hekafs-disperse-'));
    const first = await freePorts(3);
    const ports = [first, first + 1, first + 2];
    for (const [index, port] of ports.entries()) {
      const path = join(directory, `brick-${index}`);
      mkdirSync(join(path, '.glusterfs/indices'), { recursive: true });
      const start = index === 2 ? startBrick : startStockBrick;
      const brick = await start(directory, `b${index}`, brickVolfile(path, port));
      stops.push(() => brick.stop());
    }
    mount = await stockMount(directory, 'client', clientVolfile(ports), ['-L', 'DEBUG']);
  });

  after(async () => {
    await mount?.unmount();
    for (const stop of stops) await stop();
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  it('finds no answer that differs', async () => {
    assert.ok(mount);
    const said = await shell(WORK, mount.path);
    assert.match(said, /^hello\n/);
    const sizes = [0, 1, 2].map((index) => statSync(join(directory, `brick-${index}/kept`)).size);
    assert.ok(
      sizes.every((size) => size > 0 && size === sizes[0]),
      'all three take part',
    );
    const log = readFileSync(mount.log, 'utf8').split('\n');
    assert.ok(
      log.some((line) => line.includes(' D [')),
      'the log has what is looked for',
    );
    const differing = log.filter((line) => /mismatch|Operation failed on/i.test(line));
    assert.deepEqual(differing, []);
  });
});
