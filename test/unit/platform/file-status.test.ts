import assert from 'node:assert/strict';
import { closeSync, linkSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { isErrno } from '../../../src/fop/error.js';
import { fastFileStatus, portableFileStatus } from '../../../src/platform/node/file-status.js';
import { setTimes } from '../../../src/platform/node/inode.js';
import { systemCalls } from '../../../src/platform/node/syscalls.js';
import { TemporaryDirectory } from '../../contract/temporary.js';

const calls = systemCalls();

describe('status of files, by koffi and by Node', () => {
  const directory = new TemporaryDirectory('status');
  const at = (name: string) => `${directory.path}/${name}`;
  const fast = calls === undefined ? portableFileStatus : fastFileStatus(calls);

  before(() => {
    writeFileSync(at('file'), 'twelve bytes');
    linkSync(at('file'), at('second'));
    symlinkSync('nowhere', at('link'));
    writeFileSync(at('old'), '');
    setTimes(at('old'), { sec: -86_401, nsec: 1 }, { sec: -2, nsec: 500_000_000 });
  });
  after(() => directory.remove());

  for (const path of ['/', '/dev/null', '/proc/self'])
    it(`is the same of ${path}`, () =>
      assert.deepEqual(fast.find(path), portableFileStatus.find(path)));

  for (const name of ['file', 'second', 'link', 'old'])
    it(`is the same of a ${name}`, () =>
      assert.deepEqual(fast.find(at(name)), portableFileStatus.find(at(name))));

  it('has whole seconds below the time, also before 1970', () => {
    const { mtime, mtimeNsec } = fast.find(at('old')) ?? {};
    assert.deepEqual([mtime, mtimeNsec], [-2, 500_000_000]);
  });

  it('is the same of an open file', () => {
    const file = openSync(at('file'), 'r');
    assert.deepEqual(fast.ofFile(file), portableFileStatus.ofFile(file));
    assert.equal(fast.ofFile(file).size, 12);
    closeSync(file);
  });

  it('is nothing of a name that is not there, and an error of one below a file', () => {
    for (const status of [fast, portableFileStatus]) {
      assert.equal(status.find(at('absent')), undefined);
      assert.throws(
        () => status.find(at('file/below')),
        (error) => isErrno(error, 'ENOTDIR'),
      );
      assert.throws(
        () => status.ofFile(9999),
        (error) => isErrno(error, 'EBADF'),
      );
    }
  });
});
