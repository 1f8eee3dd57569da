import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { O_DSYNC, O_RDONLY } from '../../src/fop/fd.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Subject } from './contract.js';
import { dict, refuses, textOf } from './volume.js';

/** put. */
export function putContract(subject: () => Subject): void {
  it('puts a new file, under the gfid asked for, at the time of its client', async () => {
    const { volume } = subject();
    const gfid = randomUUID();
    const at = volume.as({ time: { sec: 1000, nsec: 5 } });
    const xattr = dict({ 'user.a': Buffer.from('x') });
    const { stat } = await at.put('f', 'text', { xattr, xdata: volume.wantGfid(gfid) });
    assert.deepEqual([stat.gfid, stat.size, stat.nlink, stat.mtime], [gfid, 4, 1, 1000]);
    assert.equal(stat.mode & 0o7777, 0o644);
    assert.equal(await volume.content(gfid), 'text');
    const found = await volume.wind('getxattr', { gfid, name: 'user.a' });
    assert.equal(textOf(found.dict, 'user.a'), 'x');
    assert.deepEqual(await volume.names(), ['f']);
  });

  it('replaces the content and keeps the gfid and other attributes', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'old');
    const value = dict({ 'user.kept': Buffer.from('k') });
    await volume.wind('setxattr', { gfid, flags: 0, dict: value });
    const { stat } = await volume.put('f', 'new content', { flags: O_DSYNC });
    assert.deepEqual([stat.gfid, stat.size, stat.nlink], [gfid, 11, 1]);
    assert.equal(await volume.content(gfid), 'new content');
    assert.equal((await volume.lookup(ROOT_GFID, 'f')).stat.gfid, gfid);
    const found = await volume.wind('getxattr', { gfid, name: 'user.kept' });
    assert.equal(textOf(found.dict, 'user.kept'), 'k');
    await volume.put('f', '');
    assert.equal(await volume.content(gfid), '');
  });

  it('leaves the old content to those who have it open', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'old');
    const [first, second] = [await volume.open(gfid, O_RDONLY), await volume.open(gfid, O_RDONLY)];
    await volume.put('f', 'new');
    assert.equal(await volume.read(first), 'old');
    const third = await volume.open(gfid, O_RDONLY);
    await volume.put('f', 'newer');
    assert.equal(await volume.read(second), 'old');
    assert.equal(await volume.read(third), 'new');
    assert.equal(await volume.content(gfid), 'newer');
    for (const fd of [first, second, third]) await volume.release(fd);
    await volume.unlink(ROOT_GFID, 'f');
    await refuses('ESTALE', volume.stat(gfid));
  });

  it('lets one of two puts at once be the last', async () => {
    const { volume } = subject();
    await Promise.all(
      ['a', 'b', 'c'].map((text) => volume.put('f', text.repeat(10)).catch(() => undefined)),
    );
    const { stat } = await volume.lookup(ROOT_GFID, 'f');
    assert.match(await volume.content(stat.gfid), /^(a{10}|b{10}|c{10})$/);
    assert.deepEqual(await volume.names(), ['f']);
  });

  it('puts over plain files of one name only', async () => {
    const { volume } = subject();
    await volume.directory('d');
    await refuses('EISDIR', volume.put('d', 'x'));
    const gfid = await volume.file('f');
    await volume.link(gfid, ROOT_GFID, 'g');
    await refuses('EMLINK', volume.put('f', 'x'));
    await refuses('EINVAL', volume.put('new', 'x', { xdata: new Map() }));
    await refuses('EEXIST', volume.put('new', 'x', { xdata: volume.wantGfid(gfid) }));
    assert.deepEqual(await volume.names(), ['d', 'f', 'g']);
  });

  it('leaves everything as it was where it cannot be done', async () => {
    const { volume } = subject();
    const gfid = await volume.file('f', 'old');
    await refuses('EINVAL', volume.put('f', 'x', { offset: 3 }));
    await refuses('ESTALE', volume.put('f', 'x', { pargfid: randomUUID() }));
    assert.equal(await volume.content(gfid), 'old');
  });
}
