import assert from 'node:assert/strict';
import { closeSync, openSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { type ErrnoName, isErrno } from '../../../src/fop/error.js';
import { systemCalls } from '../../../src/platform/node/syscalls.js';
import { fastXattrs, portableXattrs, type Xattrs } from '../../../src/platform/node/xattr.js';
import { TemporaryDirectory, whyNoXattrs } from '../../contract/temporary.js';

function refuses(errno: ErrnoName, run: () => unknown): void {
  assert.throws(run, (error) => isErrno(error, errno), `expected ${errno}`);
}

const calls = systemCalls();
const implementations: [string, Xattrs | undefined][] = [
  ['koffi', calls && fastXattrs(calls)],
  ['fs-xattr', portableXattrs()],
];

for (const [name, xattrs] of implementations) {
  const why = xattrs === undefined ? 'it cannot be loaded' : whyNoXattrs();
  if (xattrs === undefined || why !== undefined) {
    it(`xattrs of ${name} are skipped, because ${why}`);
    continue;
  }
  describe(`xattrs of ${name}`, () => {
    const directory = new TemporaryDirectory('xattr');
    const path = `${directory.path}/\xc3\xa9\xff`;
    before(() => writeFileSync(Buffer.from(path, 'latin1'), ''));
    after(() => directory.remove());

    it('sets, gets, lists and removes, by path and by open file', () => {
      const file = openSync(Buffer.from(path, 'latin1'), 'r+');
      xattrs.set(path, 'user.one', Buffer.from([0, 1, 255]), 0);
      xattrs.set(file, 'user.two', Buffer.alloc(0), 0);
      assert.deepEqual(xattrs.get(file, 'user.one'), Buffer.from([0, 1, 255]));
      assert.deepEqual(xattrs.get(path, 'user.two'), Buffer.alloc(0));
      assert.deepEqual([...xattrs.list(file)].sort(), ['user.one', 'user.two']);
      xattrs.remove(file, 'user.one');
      xattrs.remove(path, 'user.two');
      assert.deepEqual(xattrs.list(path), []);
      closeSync(file);
    });

    it('keeps values of its own', () => {
      xattrs.set(path, 'user.one', Buffer.from('first'), 0);
      const first = xattrs.get(path, 'user.one');
      xattrs.set(path, 'user.one', Buffer.from('other'), 0);
      xattrs.get(path, 'user.one');
      assert.equal(first.toString(), 'first');
      xattrs.remove(path, 'user.one');
    });

    it('knows the flags and the errors', () => {
      refuses('ENODATA', () => xattrs.get(path, 'user.none'));
      refuses('ENODATA', () => xattrs.set(path, 'user.none', Buffer.alloc(1), 2));
      refuses('ENODATA', () => xattrs.remove(path, 'user.none'));
      xattrs.set(path, 'user.one', Buffer.alloc(1), 1);
      refuses('EEXIST', () => xattrs.set(path, 'user.one', Buffer.alloc(1), 1));
      xattrs.set(path, 'user.one', Buffer.alloc(2), 2);
      xattrs.remove(path, 'user.one');
      refuses('ENOENT', () => xattrs.get(`${path}x`, 'user.one'));
      refuses('EOPNOTSUPP', () => xattrs.set(path, 'odd', Buffer.alloc(1), 0));
    });

    it('refuses a NUL instead of cutting there', () => {
      refuses('EINVAL', () => xattrs.get(`${path}\0x`, 'user.one'));
      refuses('EINVAL', () => xattrs.get(path, 'user.one\0x'));
      refuses('EINVAL', () => xattrs.set(path, 'user.one\0x', Buffer.alloc(1), 0));
    });

    it('does not follow a symlink', () => {
      xattrs.set(path, 'user.one', Buffer.alloc(1), 0);
      const link = `${directory.path}/link`;
      symlinkSync(Buffer.from(path, 'latin1'), link);
      assert.deepEqual(xattrs.list(link), []);
      refuses('ENODATA', () => xattrs.get(link, 'user.one'));
      refuses('EPERM', () => xattrs.set(link, 'user.one', Buffer.alloc(1), 0));
      unlinkSync(link);
      xattrs.remove(path, 'user.one');
    });
  });
}
