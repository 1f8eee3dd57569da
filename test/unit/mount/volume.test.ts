import assert from 'node:assert/strict';
import { dictOfBytes } from '../../../src/fop/dict.js';
import { FopError } from '../../../src/fop/error.js';
import type { FopName } from '../../../src/fop/fops.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../../src/fop/gfid.js';
import { NO_IATT, S_IFDIR, S_IFREG } from '../../../src/fop/iatt.js';
import { Volume } from '../../../src/mount/volume.js';
import { components, parentAndName, pathName } from '../../../src/mount/volume-path.js';
import { MemoryVolume } from './memory-volume.js';

const newGfids = () => {
  let count = 0x100;
  return (): Gfid => {
    count += 1;
    return `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
  };
};

const GIVEN: Gfid = '11111111-2222-4333-8444-555555555555';

function volumeOf(memory = new MemoryVolume(), remembersDirectories = false) {
  return { memory, volume: new Volume(memory, { newGfid: newGfids(), remembersDirectories }) };
}

describe('Volume', () => {
  it('writes, reads and overwrites a file, which keeps its gfid', async () => {
    const { volume } = volumeOf();
    const { gfid } = await volume.writeFile('a', Buffer.from('one'), { gfid: GIVEN });
    assert.equal(gfid, GIVEN);
    await volume.writeFile('/a', Buffer.from('two'));
    assert.equal((await volume.readFile('a')).toString(), 'two');
    assert.equal((await volume.stat('a')).gfid, GIVEN);
  });

  for (const size of [0, 1, 1024 * 1024 - 1, 1024 * 1024, 3 * 1024 * 1024 + 1])
    it(`reads ${size} bytes`, async () => {
      const { volume } = volumeOf();
      const data = Buffer.alloc(size, 'x');
      await volume.writeFile('a', data);
      assert.ok(data.equals(await volume.readFile('a')));
    });

  it('keeps a small file to one lookup and one read', async () => {
    const { volume, memory } = volumeOf();
    await volume.writeFile('a', Buffer.from('one'));
    memory.wound.length = 0;
    await volume.readFile('a');
    assert.deepEqual(memory.wound, ['lookup', 'readv']);
  });

  it('reads no more than it may', async () => {
    const { volume } = volumeOf();
    await volume.writeFile('a', Buffer.alloc(11));
    await assert.rejects(volume.readFile('a', 10), { errno: 'EFBIG' });
  });

  it('writes piece by piece where the volume has no put', async () => {
    const { volume, memory } = volumeOf();
    memory.refused.add('put');
    const data = Buffer.alloc(2 * 1024 * 1024 + 3, 'y');
    await volume.writeFile('a', data, { gfid: GIVEN });
    assert.ok(data.equals(await volume.readFile('a')));
    await volume.writeFile('a', Buffer.from('short'));
    assert.equal((await volume.readFile('a')).toString(), 'short');
    assert.equal((await volume.stat('a')).gfid, GIVEN);
    assert.equal(memory.openFiles, 0);
  });

  it('closes what it opened when a read fails', async () => {
    const { volume, memory } = volumeOf();
    await volume.writeFile('a', Buffer.alloc(2 * 1024 * 1024));
    memory.failing.set('readv', new FopError('EIO', 'disk'));
    await assert.rejects(volume.readFile('a'), { errno: 'EIO' });
    assert.equal(memory.openFiles, 0);
  });

  it('makes directories, lists them sorted, and removes them', async () => {
    const { volume } = volumeOf();
    await volume.mkdir('d', { gfid: GIVEN, mode: 0o700 });
    for (const name of ['c', 'a', 'b']) await volume.writeFile(`d/${name}`, Buffer.from(name));
    const listed = await volume.list('d');
    assert.deepEqual(
      listed.map(({ name, stat }) => [name, stat.size, stat.mode & S_IFREG]),
      ['a', 'b', 'c'].map((name) => [name, 1, S_IFREG]),
    );
    const { gfid, mode } = await volume.stat('d');
    assert.deepEqual([gfid, mode], [GIVEN, S_IFDIR | 0o700]);
    await assert.rejects(volume.rmdir('d'), { errno: 'ENOTEMPTY' });
    for (const name of ['a', 'b', 'c']) await volume.unlink(`d/${name}`);
    await volume.rmdir('d');
    assert.deepEqual(await volume.list('/'), []);
  });

  it('lists as many names as several answers hold, and no more than it may', async () => {
    const { volume, memory } = volumeOf();
    for (let index = 0; index < 20; index += 1)
      await volume.writeFile(`f${index}`, Buffer.alloc(0));
    memory.wound.length = 0;
    assert.equal((await volume.list('/')).length, 20);
    assert.ok(memory.wound.filter((fop) => fop === 'readdirp').length > 2);
    await assert.rejects(volume.list('/', 19), { errno: 'E2BIG' });
    assert.equal(memory.openFiles, 0);
  });

  it('renames, over what is there too', async () => {
    const { volume } = volumeOf();
    await volume.mkdir('d');
    await volume.writeFile('a', Buffer.from('a'));
    await volume.writeFile('d/b', Buffer.from('b'));
    await volume.rename('a', 'd/b');
    assert.equal((await volume.readFile('d/b')).toString(), 'a');
    await assert.rejects(volume.stat('a'), { errno: 'ENOENT' });
  });

  it('sets and gets extended attributes', async () => {
    const { volume } = volumeOf();
    await volume.writeFile('a', Buffer.alloc(0));
    await volume.setxattr('a', 'user.colour', Buffer.from('blue'));
    assert.equal((await volume.getxattr('a', 'user.colour')).toString(), 'blue');
    await assert.rejects(volume.getxattr('a', 'user.other'), { errno: 'ENODATA' });
  });

  it('does it on behalf of the frame that is asked for', async () => {
    const { volume, memory } = volumeOf();
    const frame = { ...ROOT_FRAME, uid: 7, time: { sec: 1, nsec: 2 } };
    await volume.as(frame).writeFile('a', Buffer.alloc(0));
    assert.equal(memory.lastFrame, frame);
    await volume.stat('a');
    assert.equal(memory.lastFrame, ROOT_FRAME);
  });

  const errors: readonly (readonly [string, (volume: Volume) => Promise<unknown>, string])[] = [
    ['a file as a directory', (volume) => volume.stat('file/x'), 'ENOTDIR'],
    ['a listing of a file', (volume) => volume.list('file'), 'ENOTDIR'],
    ['the content of a directory', (volume) => volume.readFile('d'), 'EISDIR'],
    ['a missing name', (volume) => volume.readFile('missing'), 'ENOENT'],
    ['a missing directory', (volume) => volume.writeFile('m/x', Buffer.alloc(0)), 'ENOENT'],
    ['a name that is taken', (volume) => volume.mkdir('d'), 'EEXIST'],
    ['the root as a file', (volume) => volume.writeFile('/', Buffer.alloc(0)), 'EINVAL'],
    ['..', (volume) => volume.stat('d/../file'), 'EINVAL'],
    ['an empty component', (volume) => volume.stat('d//x'), 'EINVAL'],
    ['a NUL', (volume) => volume.stat('d\0x'), 'EINVAL'],
    ['a long component', (volume) => volume.stat('x'.repeat(256)), 'ENAMETOOLONG'],
    ['a long path', (volume) => volume.stat('x/'.repeat(2100)), 'ENAMETOOLONG'],
  ];
  for (const [what, act, errno] of errors)
    it(`answers ${errno} for ${what}`, async () => {
      const { volume } = volumeOf();
      await volume.mkdir('d');
      await volume.writeFile('file', Buffer.alloc(0));
      await assert.rejects(act(volume), { errno });
    });
});

describe('Volume that remembers directories', () => {
  const lookups = (wound: readonly FopName[]): number =>
    wound.filter((fop) => fop === 'lookup').length;

  it('looks up a directory once', async () => {
    const { volume, memory } = volumeOf(undefined, true);
    await volume.mkdir('a');
    await volume.mkdir('a/b');
    memory.wound.length = 0;
    for (const name of ['x', 'y', 'z']) await volume.writeFile(`a/b/${name}`, Buffer.alloc(0));
    assert.equal(lookups(memory.wound), 1);
  });

  it('forgets it when it is removed or renamed', async () => {
    const { volume } = volumeOf(undefined, true);
    await volume.mkdir('a');
    await volume.writeFile('a/x', Buffer.from('1'));
    await volume.rename('a', 'b');
    await assert.rejects(volume.stat('a/x'), { errno: 'ENOENT' });
    assert.equal((await volume.readFile('b/x')).toString(), '1');
    await volume.unlink('b/x');
    await volume.rmdir('b');
    await volume.mkdir('b');
    await volume.writeFile('b/y', Buffer.from('2'));
    assert.equal((await volume.readFile('b/y')).toString(), '2');
  });

  it('finds a directory that somebody else made anew', async () => {
    const { volume, memory } = volumeOf(undefined, true);
    await volume.mkdir('a');
    await volume.writeFile('a/x', Buffer.alloc(0));
    const other = new Volume(memory, { newGfid: newGfids() });
    await other.rename('a', 'gone');
    await other.unlink('gone/x');
    await other.rmdir('gone');
    await other.mkdir('a', { gfid: GIVEN });
    await volume.writeFile('a/y', Buffer.from('y'));
    assert.equal((await other.readFile('a/y')).toString(), 'y');
  });
});

describe('paths', () => {
  const rows = [
    ['/', []],
    ['', []],
    ['a', ['a']],
    ['/a/b', ['a', 'b']],
    ['é', ['\u00c3\u00a9']],
  ] as const;
  for (const [path, names] of rows)
    it(`takes ${JSON.stringify(path)} apart`, () => {
      assert.deepEqual(components(path), names);
    });

  it('splits the name off', () => {
    assert.deepEqual(parentAndName('/a/b/c'), { parent: ['a', 'b'], name: 'c' });
  });
});

// The memory volume's own promise, on which the rest stands.
describe('MemoryVolume', () => {
  it('knows its root', async () => {
    const memory = new MemoryVolume();
    const request = { gfid: ROOT_GFID, pargfid: ROOT_GFID, bname: '', xdata: dictOfBytes([]) };
    const { stat } = await memory.wind('lookup', request, ROOT_FRAME);
    assert.deepEqual(stat, { ...NO_IATT, gfid: ROOT_GFID, mode: S_IFDIR | 0o755, nlink: 1 });
  });

  it('names a path whose bytes are no text, and finds it again', () => {
    const latin = Buffer.from([0x6c, 0xe4, 0x2e, 0x62]).toString('latin1');
    for (const name of [latin, 'plain', Buffer.from('schön 😀').toString('latin1')])
      assert.deepEqual(components(`a/${pathName(name)}`), ['a', name]);
    assert.equal(pathName(Buffer.from('schön 😀').toString('latin1')), 'schön 😀');
  });
});
