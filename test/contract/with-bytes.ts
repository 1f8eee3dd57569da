import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  Fd,
  O_APPEND,
  O_CREAT,
  O_DIRECT,
  O_DSYNC,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
} from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Subject } from './contract.js';
import { dict, refuses } from './volume.js';

/** open, readv, writev, truncate, fsync, seek, fallocate and their like. */
export function bytesContract(subject: () => Subject): void {
  it('writes and reads, and knows the end', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    const reply = await volume.write(fd, 'hello');
    assert.deepEqual([reply.prebuf.size, reply.postbuf.size, reply.written], [0, 5, 5]);
    const part = await volume.wind('readv', { fd, offset: 0, size: 3, flags: 0 });
    assert.deepEqual([part.data.toString(), part.isEof, part.stat.size], ['hel', false, 5]);
    const rest = await volume.wind('readv', { fd, offset: 3, size: 100, flags: 0 });
    assert.deepEqual([rest.data.toString(), rest.isEof], ['lo', true]);
    const beyond = await volume.wind('readv', { fd, offset: 50, size: 100, flags: 0 });
    assert.deepEqual([beyond.data.length, beyond.isEof], [0, true]);
    await volume.release(fd);
  });

  it('appends whatever the offset, with exact sizes', async () => {
    const { volume } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT | O_APPEND);
    const texts = Array.from({ length: 40 }, (_, n) => `<${String(n).repeat((n % 7) + 1)}>`);
    const exact = dict({ 'glusterfs.write-update-atomic': 1 });
    const flags = O_DSYNC;
    const replies = await Promise.all(
      texts.map((text) => volume.write(fd, text, 1_000_000, flags, exact)),
    );
    const content = await volume.content(gfid);
    assert.equal(content.length, texts.join('').length);
    for (const [index, { prebuf, postbuf }] of replies.entries()) {
      const text = texts[index] ?? '';
      assert.equal(postbuf.size - prebuf.size, text.length);
      assert.equal(content.slice(prebuf.size, postbuf.size), text);
    }
    await volume.release(fd);
  });

  it('appends large and small data without mixing them', async () => {
    const { volume } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f', O_RDWR | O_CREAT | O_APPEND);
    const other = await volume.open(gfid, O_RDWR | O_APPEND | O_DSYNC);
    // Without this a stock brick's sizes are only near where others append too.
    const exact = dict({ 'glusterfs.write-update-atomic': 1 });
    const texts = ['a'.repeat(100_000), 'b', 'c'.repeat(70_000), 'dd', 'e'.repeat(66_000)];
    const replies = await Promise.all(
      texts.map((text, n) => volume.write(n % 2 === 0 ? fd : other, text, 0, 0, exact)),
    );
    const content = await volume.read(fd, 0, 400_000);
    for (const [index, { prebuf, postbuf }] of replies.entries())
      assert.equal(content.slice(prebuf.size, postbuf.size), texts[index]);
    await volume.release(fd);
    await volume.release(other);
  });

  it('tells whether a write was an append', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    const asked = dict({ 'glusterfs.write-is-append': 0 });
    const first = await volume.write(fd, 'abc', 0, 0, asked);
    const inside = await volume.write(fd, 'x', 1, 0, asked);
    const key = 'glusterfs.write-is-append';
    assert.deepEqual(first.xdata?.get(key), { type: 'uint', uint: 1n });
    assert.deepEqual(inside.xdata?.get(key), { type: 'uint', uint: 0n });
    await volume.release(fd);
  });

  it('opens files only, empties them when told to', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    await refuses('EISDIR', volume.open(await volume.directory('d'), O_RDONLY));
    await refuses('ESTALE', volume.open(randomUUID(), O_RDONLY));
    const reader = await volume.open(gfid, O_RDONLY);
    await refuses('EBADF', volume.write(reader, 'x'));
    const fd = await volume.open(gfid, O_RDWR | O_TRUNC);
    assert.equal(await volume.read(reader), '');
    await volume.release(fd);
    await volume.release(reader);
    await refuses('EBADF', volume.read(fd));
  });

  it('takes bytes of any length at any place from an fd with O_DIRECT', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    const fd = await volume.open(gfid, O_RDWR | O_DIRECT);
    await volume.write(fd, 'xyz', 3);
    assert.equal(await volume.read(fd, 1, 4), 'exxy');
    await volume.release(fd);
  });

  it('serves fds that nobody opened', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'text');
    const fd = Fd.anonymous(gfid);
    await volume.write(fd, 'T');
    assert.equal(await volume.read(fd), 'Text');
    assert.equal((await volume.wind('fsync', { fd, datasync: 0 })).postbuf.size, 4);
    await refuses('ENOENT', volume.read(Fd.anonymous(randomUUID())));
  });

  it('truncates by gfid and by fd', async () => {
    const { volume } = subject();
    const { gfid, fd } = await volume.create(ROOT_GFID, 'f');
    await volume.write(fd, 'text');
    const cut = await volume.wind('truncate', { gfid, offset: 2 });
    assert.deepEqual([cut.prebuf.size, cut.postbuf.size], [4, 2]);
    await volume.wind('ftruncate', { fd, offset: 4 });
    assert.equal(await volume.read(fd), 'te\0\0');
    await refuses('EISDIR', volume.wind('truncate', { gfid: ROOT_GFID, offset: 0 }));
    await volume.release(fd);
  });

  it('syncs files and directories', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    await volume.write(fd, 'text');
    for (const datasync of [0, 1]) {
      const { prebuf, postbuf } = await volume.wind('fsync', { fd, datasync });
      assert.deepEqual([prebuf.size, postbuf.size], [4, 4]);
    }
    const directory = await volume.opendir(ROOT_GFID);
    await volume.wind('fsyncdir', { fd: directory, datasync: 0 });
    await volume.wind('releasedir', { fd: directory });
    await volume.release(fd);
  });

  it('finds data and holes', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    await volume.write(fd, 'x', 1_000_000);
    const data = await volume.wind('seek', { fd, offset: 0, what: 0 });
    assert.ok(data.offset > 0 && data.offset <= 1_000_000);
    assert.equal((await volume.wind('seek', { fd, offset: 0, what: 1 })).offset, 0);
    await refuses('ENXIO', volume.wind('seek', { fd, offset: 2_000_000, what: 0 }));
    await volume.release(fd);
  });

  it('allocates, discards and zeroes', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    await volume.write(fd, 'x'.repeat(20_000));
    const kept = await volume.wind('fallocate', { fd, mode: 1, offset: 0, size: 50_000 });
    assert.equal(kept.postbuf.size, 20_000);
    const grown = await volume.wind('fallocate', { fd, mode: 0, offset: 0, size: 30_000 });
    assert.equal(grown.postbuf.size, 30_000);
    await volume.wind('discard', { fd, offset: 0, size: 4096 });
    await volume.wind('zerofill', { fd, offset: 8192, size: 4096 });
    const content = await volume.read(fd);
    assert.equal(content.slice(0, 4096), '\0'.repeat(4096));
    assert.equal(content.slice(4096, 8192), 'x'.repeat(4096));
    assert.equal(content.slice(8192, 12_288), '\0'.repeat(4096));
    await volume.release(fd);
  });

  it('sums ranges', async () => {
    const { volume } = subject();
    const { fd } = await volume.create(ROOT_GFID, 'f');
    await volume.write(fd, 'abc');
    const sum = await volume.wind('rchecksum', { fd, offset: 0, len: 3, flags: 0 });
    assert.equal(sum.weak, 97 + 98 + 99 + 65_536 * (97 + 195 + 294));
    assert.equal(sum.strong.length, 32);
    assert.equal(sum.strong.toString('hex', 0, 16), '900150983cd24fb0d6963f7d28e17f72');
    await volume.release(fd);
  });
}
