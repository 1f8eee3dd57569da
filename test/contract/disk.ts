import assert from 'node:assert/strict';
import { type ErrnoName, isErrno } from '../../src/fop/error.js';
import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
} from '../../src/fop/fd.js';
import { S_IFMT, S_IFREG } from '../../src/fop/iatt.js';
import type { Disk } from '../../src/platform/disk.js';

const S_IFIFO = 0o010000;

export interface DiskStack {
  readonly disk: Disk;
  /** A directory that is there and empty. */
  readonly path: string;
  close(): void;
}

/** Asserts that `run` fails with this errno. */
function refuses(errno: ErrnoName, run: () => unknown): void {
  assert.throws(run, (error) => isErrno(error, errno), `expected ${errno}`);
}

/** What every Disk does alike. `prefix` is an xattr namespace that the test may write. */
export function diskContract(name: string, prefix: string, make: () => DiskStack): void {
  describe(`disk: ${name}`, () => {
    let stack: DiskStack;
    const at = (path: string) => `${stack.path}/${path}`;
    const put = (path: string, text: string, flags = 0) => {
      const file = stack.disk.open(at(path), O_RDWR | O_CREAT | flags, 0o644);
      stack.disk.write(file, Buffer.from(text), 0);
      return file;
    };
    const content = (path: string) => {
      const file = stack.disk.open(at(path), O_RDONLY, 0);
      const into = Buffer.alloc(1000);
      const size = stack.disk.read(file, into, 0);
      stack.disk.close(file);
      return into.toString('latin1', 0, size);
    };
    beforeEach(() => {
      stack = make();
    });
    afterEach(() => stack.close());

    it('writes, reads, truncates, and appends wherever the offset points', () => {
      const { disk } = stack;
      disk.close(put('f', 'hello'));
      const file = disk.open(at('f'), O_RDWR | O_APPEND, 0);
      assert.equal(disk.write(file, Buffer.from(' you'), null), 4);
      assert.equal(content('f'), 'hello you');
      disk.truncate(file, 4);
      assert.equal(disk.fstat(file).size, 4);
      disk.close(file);
      refuses('EBADF', () => disk.fstat(file));
      disk.close(disk.open(at('f'), O_RDWR | O_TRUNC, 0));
      assert.equal(content('f'), '');
    });

    it('leaves zeros in a hole, and finds it', () => {
      const { disk } = stack;
      const file = put('f', 'x');
      disk.write(file, Buffer.from('y'), 100_000);
      assert.equal(disk.fstat(file).size, 100_001);
      const into = Buffer.alloc(10, 1);
      assert.equal(disk.read(file, into, 50_000), 10);
      assert.deepEqual(into, Buffer.alloc(10));
      assert.equal(disk.seek(file, 0, 1), 4096);
      assert.equal(disk.seek(file, 50_000, 0), 98_304);
      refuses('ENXIO', () => disk.seek(file, 200_000, 0));
      disk.fallocate(file, 3, 98_304, 4096);
      disk.read(file, into, 100_000);
      assert.equal(into[0], 0);
      disk.fallocate(file, 0, 100_000, 10_000);
      assert.equal(disk.fstat(file).size, 110_000);
      disk.close(file);
    });

    it('reads nothing at the end', () => {
      const file = put('f', 'abc');
      assert.equal(stack.disk.read(file, Buffer.alloc(5), 3), 0);
      assert.equal(stack.disk.read(file, Buffer.alloc(5), 1), 2);
      stack.disk.close(file);
    });

    it('tells which names there are, with their inodes and kinds', () => {
      const { disk } = stack;
      disk.mkdir(at('d'), 0o700);
      disk.symlink('nowhere', at('l'));
      disk.close(put('f', ''));
      disk.mknod(at('p'), S_IFIFO | 0o600, 0);
      const found = [...disk.readdir(stack.path)].sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(
        found.map(({ name, type }) => [name, type]),
        [
          ['d', 4],
          ['f', 8],
          ['l', 10],
          ['p', 1],
        ],
      );
      for (const { name, ino } of found) assert.equal(disk.lstat(at(name)).ino, ino);
      assert.equal(disk.lstat(at('p')).mode & S_IFMT, S_IFIFO);
      refuses('ENOTDIR', () => disk.readdir(at('f')));
    });

    it('takes any byte in a name but slash and NUL', () => {
      const odd = '\xff\xfe \n*';
      stack.disk.close(put(odd, 'odd'));
      assert.deepEqual(
        stack.disk.readdir(stack.path).map(({ name }) => name),
        [odd],
      );
      refuses('EINVAL', () => stack.disk.lstat(at('a\0b')));
      refuses('ENAMETOOLONG', () => stack.disk.mkdir(at('n'.repeat(256)), 0o700));
    });

    it('counts hard links', () => {
      const { disk } = stack;
      disk.close(put('f', 'one'));
      disk.link(at('f'), at('g'));
      assert.equal(disk.lstat(at('f')).nlink, 2);
      assert.equal(disk.lstat(at('f')).ino, disk.lstat(at('g')).ino);
      disk.unlink(at('f'));
      assert.equal(disk.lstat(at('g')).nlink, 1);
      refuses('EEXIST', () => disk.link(at('g'), at('g')));
      refuses('ENOENT', () => disk.link(at('f'), at('h')));
    });

    it('hard links a symlink itself', () => {
      const { disk } = stack;
      disk.symlink('target', at('l'));
      disk.link(at('l'), at('m'));
      assert.equal(disk.readlink(at('m')), 'target');
      refuses('EINVAL', () => disk.readlink(stack.path));
    });

    it('follows symlinks on the way but not at the end', () => {
      const { disk } = stack;
      disk.mkdir(at('d'), 0o755);
      disk.close(put('d/f', 'deep'));
      disk.symlink('d', at('l'));
      disk.symlink('../l', at('d/up'));
      assert.equal(content('l/f'), 'deep');
      assert.equal(content('d/up/up/../d/f'), 'deep');
      assert.notEqual(disk.lstat(at('l')).ino, disk.stat(at('l')).ino);
      refuses('ELOOP', () => disk.open(at('l'), O_RDONLY | O_NOFOLLOW, 0));
      disk.symlink('loop', at('loop'));
      refuses('ELOOP', () => disk.stat(at('loop/x')));
    });

    it('keeps an unlinked file for those who have it open', () => {
      const { disk } = stack;
      const file = put('f', 'still');
      disk.unlink(at('f'));
      refuses('ENOENT', () => disk.lstat(at('f')));
      const into = Buffer.alloc(5);
      assert.equal(disk.read(file, into, 0), 5);
      assert.equal(disk.fstat(file).nlink, 0);
      disk.close(file);
    });

    it('renames over files and empty directories', () => {
      const { disk } = stack;
      disk.close(put('a', 'A'));
      disk.close(put('b', 'B'));
      disk.rename(at('a'), at('b'));
      assert.equal(content('b'), 'A');
      refuses('ENOENT', () => disk.rename(at('a'), at('c')));
      disk.mkdir(at('d'), 0o755);
      disk.mkdir(at('e'), 0o755);
      disk.close(put('e/x', ''));
      refuses('ENOTEMPTY', () => disk.rename(at('d'), at('e')));
      disk.rename(at('e'), at('d'));
      assert.equal(content('d/x'), '');
      refuses('EINVAL', () => disk.rename(at('d'), at('d/y')));
      refuses('ENOTDIR', () => disk.rename(at('d'), at('b')));
      refuses('EISDIR', () => disk.rename(at('b'), at('d')));
    });

    it('makes a name exclusively', () => {
      stack.disk.close(put('f', ''));
      refuses('EEXIST', () => stack.disk.open(at('f'), O_RDWR | O_CREAT | O_EXCL, 0o600));
      refuses('EEXIST', () => stack.disk.mkdir(at('f'), 0o600));
      refuses('ENOENT', () => stack.disk.open(at('g'), O_RDWR, 0));
      refuses('ENOENT', () => stack.disk.mkdir(at('no/d'), 0o700));
      refuses('ENOTDIR', () => stack.disk.mkdir(at('f/d'), 0o700));
      refuses('EISDIR', () => stack.disk.open(stack.path, O_RDWR, 0));
    });

    it('removes directories when they are empty', () => {
      const { disk } = stack;
      disk.mkdir(at('d'), 0o755);
      assert.equal(disk.lstat(stack.path).nlink, 3);
      disk.close(put('d/f', ''));
      refuses('ENOTEMPTY', () => disk.rmdir(at('d')));
      refuses('EISDIR', () => disk.unlink(at('d')));
      refuses('ENOTDIR', () => disk.rmdir(at('d/f')));
      disk.unlink(at('d/f'));
      disk.rmdir(at('d'));
      assert.equal(disk.lstat(stack.path).nlink, 2);
    });

    it('sets permissions, owners and exact times', () => {
      const { disk } = stack;
      disk.close(put('f', ''));
      disk.chmod(at('f'), 0o640);
      disk.utimes(at('f'), { sec: 1, nsec: 987_654_321 }, { sec: 1_700_000_000, nsec: 1 });
      const { uid, gid } = disk.lstat(at('f'));
      disk.chown(at('f'), -1, -1);
      const stat = disk.lstat(at('f'));
      assert.equal(stat.mode, S_IFREG | 0o640);
      assert.deepEqual([stat.uid, stat.gid], [uid, gid]);
      assert.deepEqual([stat.atime, stat.atimeNsec], [1, 987_654_321]);
      assert.deepEqual([stat.mtime, stat.mtimeNsec], [1_700_000_000, 1]);
      disk.utimes(at('f'), 'omit', 'now');
      assert.equal(disk.lstat(at('f')).atime, 1);
      assert.ok(disk.lstat(at('f')).mtime > 1_700_000_000);
    });

    it('keeps attributes of paths and open files', () => {
      const { disk } = stack;
      const file = put('f', '');
      const name = `${prefix}hekafs.one`;
      refuses('ENODATA', () => disk.getxattr(at('f'), name));
      disk.setxattr(at('f'), name, Buffer.from([0, 255]), 1);
      refuses('EEXIST', () => disk.setxattr(file, name, Buffer.alloc(1), 1));
      refuses('ENODATA', () => disk.setxattr(file, `${name}x`, Buffer.alloc(1), 2));
      disk.setxattr(file, `${prefix}empty`, Buffer.alloc(0), 0);
      assert.deepEqual(disk.getxattr(file, name), Buffer.from([0, 255]));
      assert.deepEqual(disk.findxattr(at('f'), name), Buffer.from([0, 255]));
      assert.equal(disk.findxattr(file, `${name}x`), undefined);
      disk.setxattr(file, `${prefix}long`, Buffer.alloc(2000, 'l'), 0);
      assert.equal(disk.getxattr(at('f'), `${prefix}long`).length, 2000);
      disk.removexattr(file, `${prefix}long`);
      assert.deepEqual([...disk.listxattr(at('f'))].sort(), [`${prefix}empty`, name]);
      disk.removexattr(at('f'), name);
      refuses('ENODATA', () => disk.removexattr(file, name));
      disk.close(file);
      refuses('ENOENT', () => disk.getxattr(at('g'), name));
      refuses('ENOENT', () => disk.findxattr(at('g'), name));
      assert.equal(disk.find(at('g')), undefined);
      refuses('ENOTDIR', () => disk.find(at('f/g')));
    });

    it('syncs files and directories', async () => {
      const file = put('f', 'x');
      await stack.disk.fsync(file);
      await stack.disk.fdatasync(file);
      stack.disk.close(file);
      await stack.disk.fsyncdir(stack.path);
      await assert.rejects(stack.disk.fsyncdir(at('f')), (error) => isErrno(error, 'ENOTDIR'));
    });

    it('reads and writes much without blocking', async () => {
      const file = put('f', '');
      const data = Buffer.alloc(300_000, 'abc');
      assert.equal(await stack.disk.writeLarge(file, data, 5), data.length);
      const into = Buffer.alloc(400_000);
      assert.equal(await stack.disk.readLarge(file, into, 5), data.length);
      assert.deepEqual(into.subarray(0, data.length), data);
      stack.disk.close(file);
    });

    it('tells how much room there is', () => {
      const statfs = stack.disk.statfs(stack.path);
      assert.ok(statfs.blocks >= statfs.bfree && statfs.bfree >= 0 && statfs.bsize > 0);
    });
  });
}
