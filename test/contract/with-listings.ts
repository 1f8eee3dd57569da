import assert from 'node:assert/strict';
import { inodeNumber, ROOT_GFID } from '../../src/fop/gfid.js';
import type { Subject } from './contract.js';
import { dict, refuses, textOf } from './volume.js';

/** opendir, readdir, readdirp. */
export function listingContract(subject: () => Subject): void {
  it('lists all names in parts, with itself and its parent', async () => {
    const { volume } = subject();
    const directory = await volume.directory('d');
    const names = Array.from({ length: 50 }, (_, n) => `file-${n}`);
    for (const name of names) await volume.file(name, '', directory);
    const fd = await volume.opendir(directory);
    const entries = await volume.entries(fd, 1500);
    assert.deepEqual(entries.map(({ name }) => name).sort(), ['.', '..', ...names].sort());
    assert.equal(new Set(entries.map(({ offset }) => offset)).size, entries.length);
    for (const { offset } of entries) assert.ok(offset > 0n && offset < 1n << 55n);
    await volume.wind('releasedir', { fd });
  });

  it('continues after a name that is gone, and neither skips nor repeats', async () => {
    const { volume } = subject();
    for (let n = 0; n < 20; n++) await volume.file(`f${n}`);
    const fd = await volume.opendir(ROOT_GFID);
    const first = await volume.wind('readdir', { fd, offset: 0n, size: 2300 });
    const last = first.entries.at(-1);
    assert.ok(last !== undefined && !first.isEof && first.entries.length === 10);
    if (last.name.startsWith('f')) await volume.unlink(ROOT_GFID, last.name);
    await volume.wind('releasedir', { fd });
    const again = await volume.opendir(ROOT_GFID);
    const rest = await volume.wind('readdir', { fd: again, offset: last.offset, size: 100_000 });
    assert.ok(rest.isEof);
    assert.equal(first.entries.length + rest.entries.length, 22);
    await volume.wind('releasedir', { fd: again });
  });

  it('begins anew at offset 0', async () => {
    const { volume } = subject();
    const fd = await volume.opendir(ROOT_GFID);
    assert.equal((await volume.entries(fd)).length, 2);
    await volume.file('new');
    assert.equal((await volume.entries(fd)).length, 3);
    await volume.wind('releasedir', { fd });
  });

  it('tells attributes along with the names', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    const value = dict({ 'user.a': Buffer.from('x') });
    await volume.wind('setxattr', { gfid, flags: 0, dict: value });
    const fd = await volume.opendir(ROOT_GFID);
    const request = { fd, offset: 0n, size: 65_536 };
    const { entries, isEof } = await volume.wind('readdirp', request, dict({ 'user.a': 0 }));
    assert.ok(isEof);
    const entry = entries.find(({ name }) => name === 'f');
    assert.equal(entry?.stat.gfid, gfid);
    assert.equal(entry.stat.size, 4);
    assert.equal(entry.ino, inodeNumber(gfid));
    assert.equal(textOf(entry.dict, 'user.a'), 'x');
    await volume.wind('releasedir', { fd });
  });

  it('opens directories only', async () => {
    const { volume } = subject();
    await refuses('ENOTDIR', volume.opendir(await volume.file('f')));
    const directory = await volume.directory('d');
    const fd = await volume.opendir(directory);
    await volume.wind('rmdir', { pargfid: ROOT_GFID, bname: 'd', xflags: 0 });
    await refuses('ESTALE', volume.entries(fd));
    await volume.wind('releasedir', { fd });
  });
}
