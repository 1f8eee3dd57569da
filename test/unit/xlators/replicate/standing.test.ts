import assert from 'node:assert/strict';
import { ROOT_GFID } from '../../../../src/fop/gfid.js';
import { refuses } from '../../../contract/volume.js';
import { gfidOf, ReplicaLab } from '../../../scenario/replica-lab.js';
import { settle } from '../../rpc/manual-clock.js';

type Options = Readonly<Record<string, string>>;

describe('replicate: quorum', () => {
  const rows: readonly (readonly [
    Options,
    count: number,
    up: readonly number[],
    serves: boolean,
  ])[] = [
    [{}, 3, [0, 1], true],
    [{}, 3, [1], false],
    [{}, 2, [1], true],
    [{ 'quorum-type': 'none' }, 3, [2], true],
    [{ 'quorum-type': 'auto' }, 2, [0], true],
    [{ 'quorum-type': 'auto' }, 2, [1], false],
    [{ 'quorum-type': 'fixed', 'quorum-count': '3' }, 3, [0, 1], false],
    [{ 'quorum-type': 'fixed', 'quorum-count': '1' }, 3, [1], true],
    [{ 'consistent-io': 'on' }, 3, [0, 1], false],
    [{ 'consistent-io': 'on' }, 3, [0, 1, 2], true],
  ];
  for (const [options, count, up, serves] of rows)
    it(`${JSON.stringify(options)} of ${count} with ${up.join()} up ${serves ? 'serves' : 'is ENOTCONN'}`, async () => {
      const lab = await ReplicaLab.of(count, options);
      const gfid = await lab.file('f', 'text', gfidOf(3));
      for (const number of lab.bricks.keys()) if (!up.includes(number)) lab.gate(number).down();
      const reads = [
        () => lab.volume.lookup(ROOT_GFID, 'f'),
        () => lab.volume.content(gfid),
        () => lab.volume.names(),
        () => lab.volume.wind('statfs', { gfid: ROOT_GFID }),
      ];
      for (const read of reads)
        if (serves) await read();
        else await refuses('ENOTCONN', read());
      assert.equal(lab.events.at(-1), serves ? 'child-up' : 'child-down');
      await lab.stop();
    });

  it('counts those that answer, not those that were up when they were asked', async () => {
    const lab = await ReplicaLab.of(3);
    await lab.file('f', 'text', gfidOf(3));
    for (const number of [1, 2]) lab.gate(number).failures.set('lookup', 'ENOTCONN');
    await assert.rejects(lab.volume.lookup(ROOT_GFID, 'f'), (error: Error) => {
      assert.match(String(error.cause), /1 subvolumes answered, it takes 2 of 3/);
      return true;
    });
    await lab.stop();
  });

  it('never reads an arbiter', async () => {
    const lab = await ReplicaLab.of(3, { 'arbiter-count': '1' });
    const gfid = gfidOf(5);
    await lab.file('f', 'text', gfid, [0, 1]);
    await lab.file('f', '', gfid, [2]);
    assert.equal(await lab.volume.content(gfid), 'text');
    assert.deepEqual(lab.asked('readv'), [0]);
    await lab.accuse(2, 1, gfid, 'data');
    lab.gate(0).down();
    await refuses('ENOTCONN', lab.volume.content(gfid));
    await lab.stop();
  });
});

describe('replicate: the start', () => {
  it('waits with the first fops until every child has been heard of', async () => {
    const lab = new ReplicaLab(3, { 'quorum-type': 'none' });
    lab.gate(2).isSilent = true;
    await lab.start();
    const found = lab.volume.stat(ROOT_GFID);
    await settle();
    assert.deepEqual(lab.asked('lookup'), []);
    lab.gate(2).up();
    await found;
    assert.deepEqual(lab.asked('lookup'), [0, 1, 2]);
    await lab.stop();
  });

  it('waits two seconds at most', async () => {
    const lab = new ReplicaLab(3);
    lab.gate(2).isSilent = true;
    await lab.start();
    const found = lab.volume.stat(ROOT_GFID);
    lab.clock.advance(1999);
    await settle();
    assert.deepEqual(lab.asked('lookup'), []);
    lab.clock.advance(1);
    await found;
    assert.deepEqual(lab.asked('lookup'), [0, 1]);
    await lab.stop();
  });

  it('lets go of those who wait when it stops', async () => {
    const lab = new ReplicaLab(2);
    for (const number of [0, 1]) lab.gate(number).isSilent = true;
    await lab.start();
    const found = lab.volume.stat(ROOT_GFID);
    await lab.stop();
    await refuses('ENOTCONN', found);
  });
});

describe('replicate: notices', () => {
  type Said = readonly [child: number, event: 'up' | 'down' | 'refused'];
  const rows: readonly (readonly [quorum: string, readonly Said[], readonly string[]])[] = [
    ['none', [[0, 'up']], ['child-up']],
    [
      'none',
      [
        [0, 'up'],
        [1, 'up'],
        [0, 'down'],
      ],
      ['child-up'],
    ],
    [
      'none',
      [
        [0, 'up'],
        [0, 'down'],
      ],
      ['child-up', 'child-down'],
    ],
    [
      'none',
      [
        [0, 'up'],
        [1, 'up'],
        [0, 'down'],
        [1, 'down'],
      ],
      ['child-up', 'child-down'],
    ],
    ['none', [[0, 'down']], []],
    [
      'none',
      [
        [0, 'down'],
        [1, 'down'],
      ],
      ['child-down'],
    ],
    [
      'none',
      [
        [0, 'down'],
        [1, 'down'],
        [0, 'down'],
      ],
      ['child-down'],
    ],
    [
      'none',
      [
        [0, 'down'],
        [1, 'down'],
        [1, 'up'],
      ],
      ['child-down', 'child-up'],
    ],
    [
      'none',
      [
        [0, 'refused'],
        [1, 'down'],
      ],
      ['child-down'],
    ],
    [
      'none',
      [
        [0, 'refused'],
        [1, 'refused'],
      ],
      ['auth-failed'],
    ],
    ['auto', [[1, 'up']], []],
    [
      'auto',
      [
        [1, 'up'],
        [0, 'up'],
      ],
      ['child-up'],
    ],
    [
      'auto',
      [
        [0, 'up'],
        [1, 'up'],
        [0, 'down'],
      ],
      ['child-up', 'child-down'],
    ],
    [
      'auto',
      [
        [0, 'up'],
        [1, 'up'],
        [1, 'down'],
      ],
      ['child-up'],
    ],
  ];
  for (const [quorum, said, told] of rows) {
    const words = said.map(([child, event]) => `${child} ${event}`).join(', ');
    it(`quorum ${quorum}: ${words}: ${told.join(', ') || 'nothing'}`, async () => {
      const lab = new ReplicaLab(2, { 'quorum-type': quorum });
      for (const number of [0, 1]) lab.gate(number).isSilent = true;
      await lab.start();
      for (const [child, event] of said) {
        if (event === 'up') lab.gate(child).up();
        else if (event === 'down') lab.gate(child).down();
        else lab.gate(child).refuse();
      }
      assert.deepEqual(lab.events, told);
      await lab.stop();
    });
  }
});

describe('replicate: options that cannot be', () => {
  const rows: readonly (readonly [Options, RegExp])[] = [
    [{ 'afr-pending-xattr': 'a' }, /afr-pending-xattr names 1 subvolumes, there are 2/],
    [{ 'read-subvolume': 'b7' }, /read-subvolume b7 is none/],
    [{ 'read-subvolume-index': '2' }, /read-subvolume 2 is none/],
    [{ 'quorum-type': 'fixed' }, /needs a quorum-count from 1 to 2/],
    [{ 'quorum-type': 'most' }, /quorum-type.*not served/],
    [{ 'read-hash-mode': '4' }, /read-hash-mode.*not served/],
    [{ 'choose-local': 'on' }, /choose-local.*not served/],
    [{ 'arbiter-count': '1' }, /arbiter-count needs 3/],
  ];
  for (const [options, fault] of rows)
    it(JSON.stringify(options), () => {
      assert.throws(() => new ReplicaLab(2, options), fault);
    });
});
