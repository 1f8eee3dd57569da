import assert from 'node:assert/strict';
import type { Gfid } from '../../../../src/fop/gfid.js';
import { NO_IATT } from '../../../../src/fop/iatt.js';
import { RecentChanges } from '../../../../src/xlators/features/upcall/recent-changes.js';
import { Rememberers } from '../../../../src/xlators/features/upcall/rememberers.js';
import { WatchedXattrs } from '../../../../src/xlators/features/upcall/watched-xattrs.js';

const inode = (number: number): Gfid => `inode ${number}`;

describe('who remembers what', () => {
  it('is bounded: the inode left alone longest is given up, and said so', () => {
    const givenUp: string[] = [];
    const rememberers = new Rememberers(1000, 3, (gfid, client) =>
      givenUp.push(`${gfid} ${client}`),
    );
    for (const number of [1, 2, 3]) rememberers.seen(inode(number), 'bob', number);
    rememberers.seen(inode(1), 'ann', 4);
    assert.deepEqual(givenUp, ['inode 2 bob']);
    assert.deepEqual(rememberers.of(inode(1), 5), ['bob', 'ann']);
    assert.equal(rememberers.size, 3);
  });

  it('makes room of what is out of date, and says nothing of it', () => {
    const givenUp: string[] = [];
    const rememberers = new Rememberers(1000, 100, (gfid) => givenUp.push(gfid));
    for (const number of [1, 2, 3]) rememberers.seen(inode(number), 'bob', number);
    rememberers.seen(inode(4), 'bob', 2000);
    assert.equal(rememberers.size, 1);
    assert.deepEqual(givenUp, []);
  });

  it('keeps nothing of a client that is gone', () => {
    const rememberers = new Rememberers(1000, 100, () => assert.fail());
    for (const number of [1, 2, 3]) rememberers.seen(inode(number), 'bob', 0);
    rememberers.seen(inode(2), 'ann', 0);
    rememberers.gone('bob');
    assert.equal(rememberers.size, 1);
    assert.deepEqual(rememberers.of(inode(2), 0), ['ann']);
  });
});

describe('recent changes', () => {
  const changed = (number: number) => ({
    gfid: inode(number),
    flags: number,
    stat: NO_IATT,
    parent: NO_IATT,
    oldParent: NO_IATT,
  });

  it('tell what was changed since, by others', () => {
    const recent = new RecentChanges(10);
    recent.add(changed(1), 'ann');
    const since = recent.now;
    assert.equal(recent.after(since, inode(1), 'bob'), undefined);
    recent.add(changed(1), 'ann');
    assert.deepEqual(recent.after(since, inode(1), 'bob'), changed(1));
    assert.equal(recent.after(since, inode(1), 'ann'), undefined);
  });

  it('are bounded: beyond that anything may have changed', () => {
    const recent = new RecentChanges(2);
    const since = recent.now;
    for (const number of [1, 2, 3]) recent.add(changed(number), 'ann');
    assert.equal(recent.after(since, inode(7), 'bob'), 'unknown');
    assert.equal(recent.after(recent.now, inode(7), 'bob'), undefined);
  });
});

describe('watched attributes', () => {
  it('are those that were named, with a star for the rest of a name', () => {
    const watched = new WatchedXattrs();
    const asked = { type: 'int', int: 0n } as const;
    watched.register(
      new Map([
        ['user.one', asked],
        ['trusted.some.*', asked],
      ]),
    );
    assert.deepEqual(
      ['user.one', 'user.two', 'trusted.some.thing'].map((name) => watched.has(name)),
      [true, false, true],
    );
    const changed = new Map(['user.one', 'user.two'].map((name) => [name, Buffer.alloc(0)]));
    assert.deepEqual([...watched.of(changed).keys()], ['user.one']);
  });

  it('are all, where more are named than anybody keeps', () => {
    const watched = new WatchedXattrs();
    const asked = { type: 'int', int: 0n } as const;
    watched.register(new Map(Array.from({ length: 300 }, (_, at) => [`user.${at}`, asked])));
    assert.ok(watched.has('security.anything'));
  });
});
