import assert from 'node:assert/strict';
import { isErrno } from '../../src/fop/error.js';
import { O_APPEND, O_CREAT, O_DSYNC, O_RDONLY, O_RDWR } from '../../src/fop/fd.js';
import type { Disk } from '../../src/platform/disk.js';
import { instantly, ManualClock, seeded } from '../contract/platforms.js';
import { SimDisk, type SimDiskOptions } from '../sim/disk.js';

function simDisk(seed: number, options: Partial<SimDiskOptions> = {}): SimDisk {
  return new SimDisk({ clock: instantly(), random: seeded(seed), ...options });
}

function append(disk: Disk, file: number, text: string): void {
  disk.write(file, Buffer.from(text), null);
}

function content(disk: Disk, path: string): string {
  const file = disk.open(path, O_RDONLY, 0);
  const into = Buffer.alloc(disk.fstat(file).size);
  disk.read(file, into, 0);
  disk.close(file);
  return into.toString('latin1');
}

function names(disk: Disk, path: string): string {
  return disk
    .readdir(path)
    .map(({ name }) => name)
    .sort()
    .join(' ');
}

const APPENDING = O_RDWR | O_CREAT | O_APPEND;

/** What is left after a power cut, over many seeds. */
async function outcomes(
  prepare: (disk: SimDisk) => Promise<void>,
  look: (disk: SimDisk) => string,
): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 200; seed++) {
    const disk = simDisk(seed);
    await prepare(disk);
    disk.crash();
    seen.add(look(disk));
  }
  return seen;
}

describe('sim disk: power cut', () => {
  it('keeps what was synced, and of the rest some prefix, perhaps torn', async () => {
    const seen = await outcomes(
      async (disk) => {
        const file = disk.open('/log', APPENDING, 0o600);
        append(disk, file, 'aaaa');
        await disk.fdatasync(file);
        append(disk, file, 'bbbb');
        append(disk, file, 'cccc');
      },
      (disk) => content(disk, '/log'),
    );
    for (const text of seen) assert.match(text, /^aaaa(b{0,4}\0{0,4}|bbbbc{0,4}\0{0,4})$/);
    for (const text of ['aaaa', 'aaaabb', 'aaaabbbb', 'aaaabbbbccc', 'aaaabbbbcccc', 'aaaab\0\0\0'])
      assert.ok(seen.has(text), `never saw ${JSON.stringify(text)}`);
  });

  it('undoes names from the end down to some point', async () => {
    const seen = await outcomes(
      async (disk) => {
        for (const name of ['a', 'b', 'c']) disk.mkdir(`/${name}`, 0o755);
        disk.rename('/a', '/z');
      },
      (disk) => names(disk, '/'),
    );
    assert.deepEqual([...seen].sort(), ['', 'a', 'a b', 'a b c', 'b c z']);
  });

  it('commits all earlier names with a sync of anything', async () => {
    const seen = await outcomes(
      async (disk) => {
        disk.mkdir('/a', 0o755);
        const file = disk.open('/f', APPENDING, 0o600);
        await disk.fsync(file);
        disk.unlink('/f');
      },
      (disk) => names(disk, '/'),
    );
    assert.deepEqual([...seen].sort(), ['a', 'a f']);
  });

  it('undoes each kind of change exactly', async () => {
    const seen = await outcomes(
      async (disk) => {
        disk.mkdir('/d', 0o755);
        disk.close(disk.open('/d/f', APPENDING, 0o600));
        disk.close(disk.open('/d/g', APPENDING, 0o600));
        disk.setxattr('/d/f', 'trusted.x', Buffer.from('1'), 0);
        await disk.fsyncdir('/d');
        disk.setxattr('/d/f', 'trusted.x', Buffer.from('2'), 0);
        disk.removexattr('/d/f', 'trusted.x');
        disk.link('/d/f', '/h');
        disk.rename('/d/f', '/d/g');
        disk.chmod('/h', 0o777);
        disk.rename('/d', '/e');
      },
      (disk) => {
        const directory = names(disk, '/').includes('e') ? '/e' : '/d';
        const [name] = names(disk, directory).split(' ');
        const path = `${directory}/${name}`;
        const { nlink, mode } = disk.lstat(path);
        const xattrs = disk.listxattr(path).map((x) => disk.getxattr(path, x).toString());
        return `${names(disk, '/')}|${names(disk, directory)}|${nlink} ${mode.toString(8)} ${xattrs}`;
      },
    );
    const possible = [
      'd|f g|1 100600 1',
      'd|f g|1 100600 2',
      'd|f g|1 100600 ',
      'd h|f g|2 100600 ',
      'd h|g|2 100600 ',
      'd h|g|2 100777 ',
      'e h|g|2 100777 ',
    ];
    assert.deepEqual([...seen].sort(), possible.sort());
  });

  it('keeps each O_DSYNC write', async () => {
    const seen = await outcomes(
      async (disk) => {
        const file = disk.open('/f', APPENDING | O_DSYNC, 0o600);
        append(disk, file, 'one');
        append(disk, file, 'two');
      },
      (disk) => content(disk, '/f'),
    );
    assert.deepEqual([...seen], ['onetwo']);
  });

  it('leaves nothing open and every other process dead', () => {
    const disk = simDisk(1);
    const other = disk.fork();
    const file = disk.open('/f', APPENDING, 0o600);
    disk.crash();
    assert.throws(
      () => disk.fstat(file),
      (error) => isErrno(error, 'EBADF'),
    );
    assert.throws(
      () => other.lstat('/'),
      (error) => isErrno(error, 'EIO'),
    );
    assert.ok(disk.fork().lstat('/'));
  });

  it('never ends a sync that it interrupts', async () => {
    const clock = new ManualClock();
    const disk = simDisk(1, { clock, syncMs: [5, 5] });
    let isOver = false;
    void disk.fsync(disk.open('/f', APPENDING, 0o600)).then(() => {
      isOver = true;
    });
    disk.crash();
    clock.advance(10);
    await Promise.resolve();
    assert.equal(isOver, false);
  });

  it('is the same for the same seed', () => {
    const run = () => {
      const disk = simDisk(42);
      for (let n = 0; n < 20; n++) disk.mkdir(`/${n}`, 0o755);
      disk.crash();
      return names(disk, '/');
    };
    assert.equal(run(), run());
  });
});

describe('sim disk: sync', () => {
  it('takes its time on the clock', async () => {
    const clock = new ManualClock();
    const disk = simDisk(1, { clock, syncMs: [5, 5] });
    let isOver = false;
    const sync = disk.fsync(disk.open('/f', APPENDING, 0o600)).then(() => {
      isOver = true;
    });
    clock.advance(4);
    await Promise.resolve();
    assert.equal(isOver, false);
    clock.advance(1);
    await sync;
  });

  it('saves what was written before it began', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed < 100; seed++) {
      const clock = new ManualClock();
      const disk = simDisk(seed, { clock, syncMs: [5, 5] });
      const file = disk.open('/f', APPENDING, 0o600);
      append(disk, file, 'a');
      const sync = disk.fsync(file);
      append(disk, file, 'b');
      clock.advance(5);
      await sync;
      disk.crash();
      seen.add(content(disk, '/f'));
    }
    assert.deepEqual([...seen].sort(), ['a', 'a\0', 'ab']);
  });

  it('that has failed is not made good by a later one', async () => {
    const seen = await outcomes(
      async (disk) => {
        const file = disk.open('/f', APPENDING, 0o600);
        append(disk, file, 'a');
        await disk.fsync(file);
        append(disk, file, 'b');
        disk.failsSync = true;
        await assert.rejects(disk.fsync(file), (error) => isErrno(error, 'EIO'));
        disk.failsSync = false;
        await disk.fsync(file);
        assert.equal(content(disk, '/f'), 'ab');
      },
      (disk) => content(disk, '/f'),
    );
    assert.deepEqual([...seen], ['a']);
  });
});

describe('sim disk: processes and room', () => {
  it('closes the files of a killed process and loses nothing', () => {
    const disk = simDisk(1);
    const process = disk.fork();
    append(process, process.open('/f', APPENDING, 0o600), 'kept');
    process.gone();
    assert.equal(content(disk, '/f'), 'kept');
    assert.throws(
      () => process.lstat('/f'),
      (error) => isErrno(error, 'EIO'),
    );
  });

  it('refuses what does not fit, and gives room back', () => {
    const disk = simDisk(1, { capacityBytes: 8192 });
    const file = disk.open('/f', O_RDWR | O_CREAT, 0o600);
    assert.equal(disk.write(file, Buffer.alloc(20_000), 0), 4096);
    assert.equal(disk.write(file, Buffer.alloc(4096), 4096), 4096);
    const full = (run: () => unknown) => assert.throws(run, (error) => isErrno(error, 'ENOSPC'));
    full(() => disk.write(file, Buffer.alloc(1), 8192));
    full(() => disk.fallocate(file, 0, 0, 1 << 30));
    assert.equal(disk.write(file, Buffer.alloc(5), 10), 5);
    disk.unlink('/f');
    assert.equal(disk.statfs('/').bfree, 0);
    disk.close(file);
    assert.equal(disk.statfs('/').bfree, 2);
    disk.isFull = true;
    full(() => disk.mkdir('/d', 0o755));
  });

  it('hides trusted attributes from those who are not root', () => {
    const disk = simDisk(1);
    disk.setxattr('/', 'trusted.x', Buffer.alloc(1), 0);
    const plain = simDisk(1, { isPrivileged: false });
    assert.throws(
      () => plain.setxattr('/', 'trusted.x', Buffer.alloc(1), 0),
      (error) => isErrno(error, 'EPERM'),
    );
    plain.setxattr('/', 'user.x', Buffer.alloc(1), 0);
  });
});
